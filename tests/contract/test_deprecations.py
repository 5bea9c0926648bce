"""What goes away says so to whoever uses it: with a code, the versions, and a next step."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Iterator, Mapping

import msgspec
import pytest

from aios_sdk import AiosDeprecation, Context, Document, Extraction, __version__, component, implements
from aios_sdk.deprecations import DEPRECATIONS
from aios_sdk.plugins import check_component
from aios_sdk.plugins._adapters import ADAPTERS, hooks_of, specification
from aios_sdk.stages import Stages
from tests.conftest import REPOSITORY

GONE = AiosDeprecation("AIOS-D902", "The argument 'hints' of extract", "0.2.0", "0.4.0", "Take context.hints")


def test_a_deprecation_says_what_since_when_until_when_and_what_to_do() -> None:
    assert str(GONE) == "[AIOS-D902] The argument 'hints' of extract. Deprecated since 0.2.0, removed in 0.4.0. Take context.hints."
    assert str(GONE.concerning("acme.ocr")).endswith("Take context.hints. (acme.ocr)")
    assert (GONE.code, GONE.since, GONE.removed_in, GONE.fix) == ("AIOS-D902", "0.2.0", "0.4.0", "Take context.hints")


def test_a_deprecation_survives_the_way_to_another_process() -> None:
    concerned = GONE.concerning("acme.ocr")
    assert str(pickle.loads(pickle.dumps(concerned))) == str(concerned) == str(AiosDeprecation(*concerned.args))


# -- the three ways to deprecate -------------------------------------------------------------------------------------------------


@pytest.fixture
def _hints_go(monkeypatch: pytest.MonkeyPatch) -> None:
    def extract(self: Stages, document: Document, context: Context, hints: str = "") -> Extraction: ...  # type: ignore[empty-body]

    monkeypatch.setattr(Stages, "extract", specification(extract, warn_on_impl_args={"hints": GONE}))


class Takes:
    @implements
    def extract(self, document: Document, hints: str) -> Extraction:  # type: ignore[type-var]
        return Extraction()


class Leaves:
    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.takes", stage="extract")  # type: ignore[arg-type]
def takes(document: Document, hints: str) -> Extraction:
    return Extraction()


@pytest.mark.usefixtures("_hints_go")
@pytest.mark.parametrize("code", [Takes, takes])
def test_who_takes_an_argument_that_goes_is_told_where(code: object) -> None:
    with pytest.warns(AiosDeprecation, match="AIOS-D902") as caught:
        check_component(code)
    [told] = caught
    assert told.filename == __file__


@pytest.mark.usefixtures("_hints_go")
def test_who_leaves_it_out_is_told_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_component(Leaves)


class Page(msgspec.Struct):
    """A record whose field ``label`` was renamed to ``number``."""

    number: str = ""

    @property
    def label(self) -> str:
        warnings.warn(GONE, stacklevel=2)
        return self.number


def test_who_reads_a_field_or_calls_a_function_that_goes_is_told_at_the_line() -> None:
    with pytest.warns(AiosDeprecation, match="AIOS-D902") as caught:
        assert Page(number="7").label == "7"
    assert caught[0].filename == __file__


# -- the register ----------------------------------------------------------------------------------------------------------------


def _wrong(register: Mapping[str, AiosDeprecation]) -> Iterator[str]:
    def number(version: str) -> tuple[int, ...]:
        return tuple(map(int, version.split(".")))

    for code, each in register.items():
        if not re.fullmatch(r"AIOS-D\d{3}", code) or each.code != code:
            yield f"{code} is no code, or not that of its entry"
        if not number(each.since) < number(each.removed_in):
            yield f"{code} is removed before it is deprecated"
        if number(each.removed_in) <= number(__version__):
            yield f"{code} was to be removed in {each.removed_in}: remove it"
        if not (each.what and each.fix):
            yield f"{code} does not say what, or what to do"


def test_every_deprecation_has_a_code_an_end_that_lies_ahead_and_a_next_step() -> None:
    assert list(_wrong(DEPRECATIONS)) == []
    assert list(_wrong({"AIOS-D902": GONE})) == []
    late, early = (AiosDeprecation("AIOS-D1", "", since, "0.1.0", "") for since in ("0.0.1", "0.1.0"))
    assert len(list(_wrong({"AIOS-D903": late}))) == 3
    assert len(list(_wrong({"AIOS-D903": early}))) == 4


def test_what_warns_is_in_the_register_and_on_its_page() -> None:
    page = (REPOSITORY / "docs" / "reference" / "contract-versions.md").read_text(encoding="utf-8")
    of_hooks = [
        each
        for stages in (Stages, *(adapter.specification for adapter in ADAPTERS.values()))
        for hook in hooks_of(stages).values()
        for each in (getattr(hook, "aios_spec")["warn_on_impl_args"] or {}).values()  # noqa: B009
    ]
    for each in [*of_hooks, *(adapter.deprecation for adapter in ADAPTERS.values())]:
        assert DEPRECATIONS[each.code] is each
    for each in DEPRECATIONS.values():
        assert f"| `{each.code}` | {each.what} | {each.since} | {each.removed_in} | {each.fix} |" in page
