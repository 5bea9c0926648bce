"""Laws about asking again: the same question has the same answer, wherever and whenever it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from aios_sdk.plugins import ComponentInfo, Instance
from aios_sdk.records import Document, Source
from aios_sdk.stages import Stage

from .._answers import Answer
from .._elsewhere import probe
from .._judging import difference, facts
from .._law import LawBroken, law
from .._show import shown
from .._subject import Subject

#: Inputs of each kind that are handed to other processes.
_FEW: Final = 6
_SEED: Final = 471102


def varies(info: ComponentInfo) -> str:
    """Why answers of a component may differ from one call to the next; empty where they may not."""
    return "" if info.deterministic is True else f"it declares deterministic={info.deterministic!r}"


@law("behaviour", after=("spans-resolve",), unless=varies)
def deterministic(subject: Subject) -> None:
    """The same document gets the same answer, from any instance and after any other calls.

    A component is deterministic unless it declares otherwise, and the engine relies on it: an answer that was computed once is taken for
    every other run. Look for the time or a random number in the result, for a counter, and for caches or class attributes that
    calls leave something in. If it cannot be helped, as with a service that samples, declare ``deterministic=False``; if a seed decides,
    ``deterministic="seeded"``.
    """
    with _fresh(subject) as fresh:

        def body(stage: Stage, given: Any) -> None:
            first, other = subject.answer(stage, given), subject.call(fresh[stage], stage, given)
            _same(first, other, ("one instance", "another"), "two instances, which have seen other inputs before, gave two answers")

        subject.each(body)


@law("behaviour", after=("deterministic",), unless=varies)
def deterministic_across_processes(subject: Subject) -> None:
    """Another process gives the same answer.

    Sets of strings, and whatever else hangs on ``hash()``, have another order in every process, so that answers which depend on it
    differ between workers and between runs. Sort what comes out of a set, or use ``dict.fromkeys``, which keeps the order. Other
    causes are the process id, the environment, and the order in which a folder is listed.
    """
    inputs = [(stage, given) for stage in subject.stages for given in subject.some(stage, _FEW)]
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda seed: probe(subject, inputs, environment={"PYTHONHASHSEED": seed}).calls, ("1", "2"))
    pairs = zip(inputs, one, other, strict=True)
    differing = [given for (_, given), first, second in pairs if (first.content, first.broke) != (second.content, second.broke)]
    if differing:
        raise LawBroken(
            f"two processes, which differ in PYTHONHASHSEED alone, gave two answers for {len(differing)} of {len(inputs)} inputs",
            example=min(differing, key=lambda given: len(shown(given))),
        )


@law("behaviour", after=("spans-resolve",), unless=lambda info: "" if info.deterministic == "seeded" else "it is not declared seeded")
def seeded(subject: Subject) -> None:
    """With the same ``seed`` in its configuration, the same document gets the same answer, from any instance and after any other calls.

    What says that it is seeded has a setting ``seed``, so that a run can be repeated. Workers share the documents of a run in an order
    that nobody can foretell, so one generator for all calls is not enough: make one for each call out of the seed and the document,
    ``random.Random(f"{config.seed}:{document.content_id}")``.
    """
    if "seed" not in subject.info.config_schema.get("properties", {}):
        raise LawBroken("it declares deterministic='seeded', but its configuration has no setting 'seed'")
    settings = {"seed": _SEED, **subject.config}
    with _fresh(subject, settings) as one, _fresh(subject, settings) as other:
        for stage in subject.stages:
            inputs = subject.some(stage, subject.examples)
            forth = [subject.call(one[stage], stage, given) for given in inputs]
            back = [subject.call(other[stage], stage, given) for given in reversed(inputs)]
            for given, first, second in zip(inputs, forth, reversed(back), strict=True):
                _same(first, second, ("one instance", "another"), "two instances with one seed gave two answers", given)


@contextmanager
def _fresh(subject: Subject, config: dict[str, Any] | None = None) -> Iterator[dict[Stage, Instance]]:
    """A new instance for each stage."""
    with ExitStack() as stack:
        yield {stage: stack.enter_context(subject.opened(stage, config)) for stage in subject.stages}


def _same(first: Answer, second: Answer, names: tuple[str, str], said: str, example: Document | Source | None = None) -> None:
    if first.content != second.content:
        raise LawBroken(said, example=example, details=difference(facts(first), facts(second), names))
