"""Names of columns, and whether a first row is a header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

#: What kind of value a cell holds.
Kind: TypeAlias = Literal["empty", "text", "number", "date", "boolean"]

_NUMBER: Final = re.compile(r"[-+(]?[$€£]?\s?\d[\d.,' ]*(?:[eE][-+]?\d+)?\s?[%€$£)]?|[-+]?\.\d+")
_DATE: Final = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[T ]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_BOOLEANS: Final = frozenset({"true", "false"})


def kind_of_text(value: str) -> Kind:
    """What a cell of text looks like."""
    value = value.strip()
    if not value:
        return "empty"
    if _DATE.fullmatch(value):
        return "date"
    if _NUMBER.fullmatch(value):
        return "number"
    return "boolean" if value.lower() in _BOOLEANS else "text"


def is_header(first: Sequence[tuple[str, Kind | None]], below: Iterable[Sequence[Kind]]) -> bool:
    """Whether ``first`` names the columns, judged by the kinds in the rows ``below``.

    A row of different texts does, where at most a third of it is empty; with other things in it, or the same text twice, only if it
    differs from what stands below. A text all alone is a value. Cells of kind None lie under a wide one and say nothing.
    """
    named = [(column, text.strip(), kind) for column, (text, kind) in enumerate(first) if kind and kind != "empty"]
    asked = sum(kind is not None for _, kind in first)
    if not named or 3 * (asked - len(named)) > asked:
        return False
    kinds: dict[int, set[Kind]] = {}
    for row in below:
        for column, kind in enumerate(row):
            kinds.setdefault(column, set()).add(kind)
    if not kinds and len(named) == 1:
        return False
    beneath = {column: kinds.get(column, set()) - {"empty"} for column, _, _ in named}
    texts = [(text, kind) for _, text, kind in named]
    is_unique = len({text.casefold() for text, _ in texts}) == len(texts)
    if all(kind == "text" for _, kind in texts):
        return is_unique or any(found and "text" not in found for found in beneath.values())
    if is_unique and any(kind == "text" for _, kind in texts) and all(kind == "text" or _YEAR.fullmatch(text) for text, kind in texts):
        return True
    return all(beneath[column] and kind not in beneath[column] for column, _, kind in named)


def column_names(header: Sequence[str], count: int) -> list[str]:
    """``count`` different names: those of the header in one line each, letters as in a spreadsheet where there is none.

    Names that are equal but for their case are numbered.

    Example::

        column_names(["id", "", "ID"], 4) == ["id", "B", "ID_1", "D"]
    """
    wanted = [re.sub(r"\s+", " ", name.replace("\0", "")).strip() for name in header[:count]]
    wanted.extend([""] * (count - len(wanted)))
    names = [""] * count
    taken: set[str] = set()
    for column in sorted(range(count), key=lambda column: not wanted[column]):  # names that are given come before those that are made up
        name = first = wanted[column] or letters(column)
        number = 0
        while name.casefold() in taken:
            number += 1
            name = f"{first}_{number}"
        taken.add(name.casefold())
        names[column] = name
    return names


def letters(column: int) -> str:
    """The name of a column in a spreadsheet: A to Z, AA, AB ..."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name
