"""What the checks of a store say about one thing that is not as it should be."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

#: Which part of a store it is about.
Part: TypeAlias = Literal["blob", "journal", "database"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in a store that is not as it should be: ``what``, and the next step (``fix``).

    ``file`` is where, ``offset`` the byte in it where that is known. ``blob`` is the digest of a blob. ``table`` and ``row`` (its naming
    columns) tell the row, ``column`` the first of its values that differs; ``document_id`` is the document that it concerns, ``model`` the
    model with its file.
    """

    part: Part
    what: str
    fix: str
    file: str
    offset: int | None = None
    blob: str = ""
    table: str = ""
    row: dict[str, Any] = {}
    column: str = ""
    document_id: str = ""
    model: str = ""

    def __str__(self) -> str:
        row = f" ({', '.join(f'{name} {value}' for name, value in self.row.items())})" if self.row else ""
        return f"{self.what}{row}. {self.fix}."
