"""The reference page names every function and shows examples that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aios_sdk.expressions._functions import AGGREGATES, ARITIES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "expressions.md"


@pytest.mark.parametrize("name", sorted({*ARITIES, *AGGREGATES, "date", "days", "field", "label", "check"}))
def test_every_function_is_on_the_page(name: str) -> None:
    assert f"{name}(" in PAGE.read_text("utf-8")


def test_the_examples_of_the_table_are_those_that_are_run() -> None:
    page = PAGE.read_text("utf-8")
    table = page.split("## Operators and functions")[1].split("## Over the members")[0]
    shown = re.findall(r"\| `([^`]+)` \|$", table, re.MULTILINE)
    assert len(shown) == 19
    for example in shown:
        assert f"'{example}'" in page
