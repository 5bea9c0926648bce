"""The reference says what the code says."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import aios_sdk
from aios_sdk import errors
from aios_sdk.cli import Exit
from aios_sdk.engine import Limits
from aios_sdk.expressions import DOCUMENT_ATTRIBUTES, FALLBACK_ATTRIBUTES, MEMBER_ATTRIBUTES
from aios_sdk.pipelines import Step
from aios_sdk.stages import STAGES
from tests.conftest import REPOSITORY

from .generate import PAGES, REFERENCE, markdown

_SOURCES = [*(REPOSITORY / "src").rglob("*.py"), *REPOSITORY.glob("plugins/*/src/**/*.py")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_generated_page_is_what_the_code_says_now(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == PAGES[page](), "run `python -m tests.docs.generate`"


def _tree(kind: type[errors.AiosError] = errors.AiosError) -> Iterator[type[errors.AiosError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


@pytest.mark.parametrize("kind", list(_tree()), ids=lambda kind: kind.__name__)
def test_every_error_has_a_section_with_what_it_means_its_cause_and_the_next_step(kind: type[errors.AiosError]) -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {kind.code} {kind.__name__}\n")[1].split("\n## ")[0]
    summary = " ".join(markdown(kind.__doc__).partition("\n\n")[0].split())
    said = " ".join(section.split())
    assert summary in said
    assert "**Cause**:" in said
    assert "**Next step**:" in said
    if issubclass(kind, errors.StepError) and kind is not errors.StepError:
        assert f"ategory `{kind.category}`" in said


def test_every_category_of_failure_is_explained() -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    assert [category for category in errors.CATEGORIES if f"`{category}`" not in page] == []


def test_every_option_of_a_step_and_of_a_run_is_explained() -> None:
    page = (REFERENCE / "pipelines.md").read_text(encoding="utf-8")
    options = {*Step.__struct_fields__, *aios_sdk.Fallback.__struct_fields__} - {"stage", "component"}
    running = set(inspect.signature(aios_sdk.Pipeline.arun).parameters) - {"self", "inputs"}
    events = {name for name in vars(aios_sdk.Observer) if not name.startswith("_")}
    for name in sorted({*options, *running, *STAGES, *Limits.__struct_fields__, *events}):
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", page), name


def test_every_environment_variable_is_explained_and_exists() -> None:
    page = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
    read = {name for path in _SOURCES for name in re.findall(r"AIOS_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))}
    assert set(re.findall(r"^\| `(AIOS_\w+)`", page, re.MULTILINE)) == read - {"AIOS_PLUGINS"}


def test_the_page_on_running_gives_the_exit_codes() -> None:
    page = (REPOSITORY / "docs" / "how-to" / "run-on-a-folder.md").read_text(encoding="utf-8")
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == {int(code) for code in Exit}


def test_every_attribute_of_documents_and_members_is_explained() -> None:
    how_to = REPOSITORY / "docs" / "how-to"
    conditions, cases = ((how_to / name).read_text(encoding="utf-8") for name in ("fallbacks-and-conditions.md", "cases.md"))
    assert [name for name in FALLBACK_ATTRIBUTES if f"`{name}`" not in conditions] == []
    assert [name for name in set(MEMBER_ATTRIBUTES) - set(DOCUMENT_ATTRIBUTES) if f"`{name}`" not in cases] == []
