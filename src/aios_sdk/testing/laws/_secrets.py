"""Laws about secrets: they stay where they were given."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from aios_sdk.errors import AiosError
from aios_sdk.plugins import ComponentInfo, Instance
from aios_sdk.stages import Stage

from .._answers import Answer
from .._law import LawBroken, law
from .._subject import Subject
from .._watch import printed
from ._metamorphic import SOUND, each_of_few


def _no_secrets(info: ComponentInfo) -> str:
    return "" if info.secrets else "it declares no secrets"


@law("operation", after=SOUND, unless=_no_secrets)
def secrets_stay_secret(subject: Subject) -> None:
    """The value of a secret stands in no result, refusal, log, line that is printed, or configuration.

    Results and refusals are recorded for years and read by many; logs are sent to other companies. Log and raise the name of a secret, not
    its value; beware of ``repr()`` of clients and requests, of URLs that carry a key, and of headers that are logged for debugging. The kit
    looks for the value as it is, in Base64, as hexadecimal digits and as in URLs, in logs of every level and of every library.
    """
    known = {form: name for name, value in subject.secrets.items() for form in _forms(value)}

    def judge(text: str, where: str) -> None:
        for form, name in known.items():
            if form in text:
                raise LawBroken(f"the value of the secret {name} stands in {where}: {_round(text, form, name)}")

    for stage in subject.stages:
        with _overheard() as logged, printed() as said:
            instance = _opened(subject, stage, judge)
        _judge_all(judge, logged, said, "when it is opened")
        if instance is not None:
            judge(instance.config_json, "its configuration")
            instance.close()

    def body(stage: Stage, given: Any) -> None:
        with _overheard() as logged, printed() as said:
            answer = subject.answer(stage, given)
        judge(_told(answer), "its refusal" if answer.refusal is not None else "its result")
        _judge_all(judge, logged, said, "in a call")

    each_of_few(subject, body)


def _opened(subject: Subject, stage: Stage, judge: Any) -> Instance | None:
    """A new instance, opened; None when it refuses to, and that refusal is judged."""
    instance = subject.create(stage)
    try:
        subject.open(instance)
    except AiosError as error:
        judge("".join(traceback.format_exception_only(error)), "its refusal")
        return None
    return instance


def _judge_all(judge: Any, logged: list[str], said: list[str], when: str) -> None:
    for text in logged:
        judge(text, f"a log, {when}")
    for text in said:
        judge(text, f"what it prints {when}")


def _told(answer: Answer) -> str:
    """Everything that is recorded of an answer."""
    if answer.refusal is None:
        return answer.content.decode(errors="replace")
    return "\n".join([str(answer.refusal), *map(str, getattr(answer.refusal, "__notes__", ()))])


def _forms(value: str) -> list[str]:
    """How a value may be written."""
    data = value.encode()
    return list(dict.fromkeys((value, base64.b64encode(data).decode().rstrip("="), data.hex(), quote(value, safe=""))))


def _round(text: str, form: str, name: str) -> str:
    """The place in ``text`` where the value stands, with the secret's name in its stead."""
    place = text.index(form)
    return repr(text[max(0, place - 60) : place] + f"<{name}>" + text[place + len(form) :][:20])


class _Ear(logging.Handler):
    """Keeps all that is logged, formatted as most do."""

    def __init__(self, heard: list[str]) -> None:
        super().__init__(logging.NOTSET)
        self.heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        extra = {key: value for key, value in record.__dict__.items() if key not in _PLAIN}
        self.heard.append(f"{self.format(record)} {extra or ''}")


_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


@contextmanager
def _overheard() -> Iterator[list[str]]:
    """All that any logger is told within the block, at every level."""
    heard: list[str] = []
    ear = _Ear(heard)
    loggers: list[logging.Logger] = [logging.getLogger()]
    loggers += [each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    before = {each: (each.level, each.disabled) for each in loggers}
    silenced = logging.root.manager.disable
    logging.disable(logging.NOTSET)
    for each in loggers:
        each.disabled = False
        if each.level or each is logging.root:
            each.setLevel(logging.DEBUG)
        if each is logging.root or not each.propagate:
            each.addHandler(ear)
    try:
        yield heard
    finally:
        logging.disable(silenced)
        for each, (level, disabled) in before.items():
            each.removeHandler(ear)
            each.setLevel(level)
            each.disabled = disabled
