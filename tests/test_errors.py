"""Errors: one tree, a code each, a text that helps, and none that nobody raises."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path

import pytest

from aios_sdk import errors
from aios_sdk.errors import CATEGORIES, AiosError, ContractError, Retryable, StepError

SOURCE = Path(errors.__file__).resolve().parent
REPOSITORY = SOURCE.parent.parent


def _all(kind: type[AiosError] = AiosError) -> list[type[AiosError]]:
    """The class and all below it that this module defines, in the order they are drawn in."""
    return [kind, *(below for child in kind.__subclasses__() if child.__module__ == errors.__name__ for below in _all(child))]


EVERY = _all()


def test_every_error_has_a_code_of_its_own() -> None:
    assert len({error.code for error in EVERY}) == len(EVERY)
    assert all(re.fullmatch(r"AIOS-[0-9]{3}", error.code) for error in EVERY)


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = re.findall(r"^ {4}([│ ]*)[├└]── (\w+) +(AIOS-\d+)  \S", errors.__doc__ or "", re.MULTILINE)
    built = [("" if error.__base__ is AiosError else "below", error.__name__, error.code) for error in EVERY[1:]]
    assert [("below" if indent else "", name, code) for indent, name, code in drawn] == built
    assert [error.__base__.__name__ for error in EVERY[1:] if error.__base__ is not None] == [
        _parent(drawn, number) for number in range(len(drawn))
    ]


def _parent(drawn: list[tuple[str, str, str]], number: int) -> str:
    above = [name for indent, name, _ in drawn[:number] if not indent]
    return above[-1] if drawn[number][0] else "AiosError"


def test_every_error_is_documented() -> None:
    assert all(error.__doc__ and "__doc__" in vars(error) for error in EVERY)


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_an_error_says_what_happened_why_what_to_do_and_where(kind: type[AiosError]) -> None:
    error = kind("It broke", cause="Too hot", fix="Cool it", component="acme.ocr", stage="extract", document="d1")
    assert str(error) == f"[{kind.code}] It broke. Too hot. Cool it. (component acme.ocr, stage extract, document d1)"
    assert str(kind("It broke!")) == f"[{kind.code}] It broke!"
    assert str(kind("It broke", fix="Cool it", stage="extract")) == f"[{kind.code}] It broke. Cool it. (stage extract)"


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])
def test_an_error_comes_whole_out_of_another_process(kind: type[AiosError], copied: object) -> None:
    error = kind("It broke", cause="Too hot", fix="Cool it", component="acme.ocr", stage="extract", document="d1")
    error.add_note("seen twice")
    back = copied(error)  # type: ignore[operator]
    assert type(back) is kind
    assert str(back) == str(error)
    assert vars(back) == vars(error)
    assert back.args == error.args


def test_when_to_try_again_survives_too() -> None:
    error = pickle.loads(pickle.dumps(Retryable("busy", after=2.5, document="d1")))
    assert (error.after, error.document, error.retryable) == (2.5, "d1", True)


def test_every_failure_of_a_step_has_a_category_of_the_closed_list() -> None:
    kinds = [error for error in EVERY if issubclass(error, StepError | ContractError)]
    assert {error.category for error in kinds} == set(CATEGORIES)
    retryable = {error.__name__ for error in kinds if error.retryable}
    assert retryable == {"DeadlineExceeded", "Unavailable", "Retryable"}


def test_every_error_is_raised_somewhere() -> None:
    code = "\n".join(
        path.read_text()
        for folder in (REPOSITORY / "src", REPOSITORY / "plugins")
        for path in folder.rglob("*.py")
        if path != SOURCE / "errors.py" and "tests" not in path.parts
    )
    made = {error.__name__ for error in EVERY if re.search(rf"\b{error.__name__}\(", code)}
    # AiosError, PluginError, StepError and StoreError are there to be caught; Retryable is for components that call services.
    assert {error.__name__ for error in EVERY} - made <= {"AiosError", "StepError", "Retryable"}
