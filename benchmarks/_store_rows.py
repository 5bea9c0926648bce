"""Rows as runs record them, for the sections of `store.py`: a group is one document's attempts, artifacts and fields."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from aios_sdk.store import TABLES

#: Rows of a group; a third of each table, and one attempt more.
GROUP = 256
_TOTAL = Decimal("471.30")
_NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_NUMBERS = {name: TABLES[name].number for name in ("attempts", "artifacts", "fields")}


class Options(NamedTuple):
    """How much is measured: a quick look, the rows of the large store, and where that is kept."""

    quick: bool
    rows: int
    store: Path | None = None


def group(number: int) -> tuple[str, list[tuple[int, tuple[Any, ...]]]]:
    """The id and the rows of document ``number``."""
    run = f"{0x019A0000 << 96:032x}"
    document = sha256(f"document {number}".encode()).hexdigest()[:32]
    made = (_attempt, _artifact, _field)
    return document, [made[position % 3](run, document, position // 3) for position in range(GROUP)]


def _id(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()


def _attempt(run: str, document: str, position: int) -> tuple[int, tuple[Any, ...]]:
    attempt, digest = _id(document, position)[:32], _id("code")
    values = (attempt, run, document, f"step-{position}", "extract", "bench.fields", "1.0", digest, digest, "", "ok", "", "", "miss")
    return _NUMBERS["attempts"], (*values, _id("key", document, position)[:32], _NOW, 0.01, 0.01, 0.0, None, None, None, 1)


def _artifact(run: str, document: str, position: int) -> tuple[int, tuple[Any, ...]]:
    attempt, step = _id(document, position)[:32], f"step-{position}"
    content = '[{"path":"total","value":"471.30","currency":"EUR","confidence":0.93,"status":"extracted","step":"' + step + '"}]'
    artifact = _id("artifact", document, position)
    return _NUMBERS["artifacts"], (artifact, run, document, attempt, step, "fields", position, 1, len(content), content)


def _field(run: str, document: str, position: int) -> tuple[int, tuple[Any, ...]]:
    attempt, field = _id(document, position)[:32], _id("field", document, position)[:32]
    values = (field, run, document, attempt, f"step-{position}", position, "total", "decimal", "471.30", _TOTAL, None, "EUR", "471.30")
    place = ("471,30 EUR", _id("text", document), document, 0, 100, 110, None, None, None, None, None, None, 1, None)
    return _NUMBERS["fields"], (*values, "extracted", 0.93, 0.9, None, None, *place)
