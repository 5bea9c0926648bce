"""The section `tables` of `reading.py`: cells whose truth is known, workbooks that are written here, and files that are broken."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import random
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import openpyxl
from _corpora import folder
from _table import Row

from aios_sdk import Outcome, Pipeline, Store, Table

#: The kinds of columns of the workbooks, with the types that they are to get.
_KINDS = {
    "text": ("VARCHAR",),
    "whole": ("BIGINT",),
    "amount": ("DECIMAL", "DOUBLE"),
    "day": ("DATE",),
    "moment": ("TIMESTAMP",),
    "so": ("BOOLEAN",),
}
_WORDS = ("oak planks", "Groß, Jürgen", 'the "blue" door', "Zürich", "a\nb", "007", "x")


class Sheet(NamedTuple):
    """A sheet as it is written: its name, the kinds of its columns, its rows, and its merged cells (row, column, row, column)."""

    name: str
    kinds: tuple[str, ...]
    rows: list[list[Any]]
    merged: list[tuple[int, int, int, int]]


def tables(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    corpora = folder("tabular").parent
    manifest = [entry for entry in json.loads((corpora / "MANIFEST.json").read_text()) if entry["kind"] == "tabular"]
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "read.aios") as store:
        books = {Path(place) / f"{number}.xlsx": _book(number) for number in range(3 if quick else 20)}
        for path, sheets in books.items():
            _write(path, sheets)
        known = [entry for entry in manifest if entry.get("gt", "").startswith("tabular/")]
        broken = [entry for entry in manifest if str(entry.get("gt", "")).startswith("must_reject")]
        read = _read([*books, *(corpora / entry["file"] for entry in (*known, *broken))], store)
        return [_known(known, corpora, read), *_books(books, read), _broken(broken, corpora, read)]


def _read(files: Sequence[Path], store: Store) -> dict[str, Outcome]:
    outcomes = Pipeline("read").ingest().run(list(files), store=store, progress=False, workers=2, ordered=True)
    return dict(zip(map(str, files), outcomes, strict=True))


def _known(entries: Sequence[dict[str, Any]], corpora: Path, read: dict[str, Outcome]) -> Row:
    """Files with a truth: its cells, and those that are there, as texts; numbers are compared as numbers."""
    cells, wrong = 0, []
    for entry in entries:
        truth = _truth(corpora / entry["gt"])
        found = read[str(corpora / entry["file"])].document.tables
        rows = _cells(found[0]) if found else []
        cells += sum(map(len, truth))
        if [[_same(value) for value in row] for row in rows] != [[_same(value) for value in row] for row in truth]:
            wrong.append(Path(entry["file"]).name)
    case = f"tables, CSV and Parquet with a truth: files whose cells are all right, of {len(entries)} ({cells:,} cells)"
    return Row(case=case, figure=len(entries) - len(wrong), unit="files", bar=len(entries), at_least=True, beside="; ".join(wrong))


def _cells(table: Table) -> list[tuple[Any, ...]]:
    with duckdb.connect() as connection:
        return table.relation(connection).fetchall()


def _truth(path: Path) -> list[list[Any]]:
    if path.suffix == ".json":
        return [list(row.values()) for row in json.loads(path.read_text(encoding="utf-8"))]
    with path.open(newline="", encoding="utf-8") as file:
        return [*csv.reader(file)][1:]


def _same(value: Any) -> str:
    # Line ends within a cell are compared alike: the repository that has them as a truth holds the file itself with others.
    text = "" if value is None else str(value).replace("\r\n", "\n")
    try:
        return f"number {Decimal(text).normalize()}"
    except ArithmeticError:
        return text


def _book(number: int) -> list[Sheet]:
    chance = random.Random(number)
    sheets = []
    for place in range(chance.randint(1, 8)):
        kinds = tuple(chance.choice(list(_KINDS)) for _ in range(chance.randint(2, 9)))
        # A first column of texts without gaps, so that each row has something in it.
        rows = [[f"row {row}", *(_value(kind, chance) for kind in kinds)] for row in range(chance.randint(2, 60))]
        merged = []
        if chance.random() < 0.5:
            top = chance.randrange(len(rows) - 1)
            merged.append((top, 0, top + 1, 0))
            rows[top + 1][0] = None
            rows[top + 1][1] = rows[top + 1][1] if rows[top + 1][1] is not None else _value(kinds[0], chance, filled=True)
        sheets.append(Sheet(f"sheet {place}", ("text", *kinds), rows, merged))
    return sheets


def _value(kind: str, chance: random.Random, *, filled: bool = False) -> Any:
    if not filled and chance.random() < 0.1:
        return None
    day = dt.date(2000, 1, 1) + dt.timedelta(days=chance.randrange(12_000))
    made = {
        "text": chance.choice(_WORDS),
        "whole": chance.randint(-(10**9), 10**9),
        "amount": Decimal(chance.randint(-(10**8), 10**8)) / 100 + Decimal("0.01"),
        "day": day,
        "moment": dt.datetime.combine(day, dt.time(chance.randrange(24), chance.randrange(60), chance.randrange(1, 60))),
        "so": chance.random() < 0.5,
    }
    return made[kind]


def _write(path: Path, sheets: Sequence[Sheet]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for sheet in sheets:
        page = book.create_sheet(sheet.name)
        page.append([f"{kind} {place}" for place, kind in enumerate(sheet.kinds)])
        for row in sheet.rows:
            page.append([float(value) if isinstance(value, Decimal) else value for value in row])
        for top, left, bottom, right in sheet.merged:  # below the head, and openpyxl counts from 1
            page.merge_cells(start_row=top + 2, start_column=left + 1, end_row=bottom + 2, end_column=right + 1)
    book.save(path)


def _books(books: dict[Path, list[Sheet]], read: dict[str, Outcome]) -> list[Row]:
    cells = wrong = columns = mistyped = merged = unmerged = lost = 0
    said: list[str] = []
    for path, sheets in books.items():
        found = {table.name: table for table in read[str(path)].document.tables}
        for sheet in sheets:
            table = found.get(sheet.name)
            if table is None or table.rows != len(sheet.rows):
                lost += 1
                said.append(f"{path.name} {sheet.name}")
                continue
            there = _cells(table)
            for place, kind in enumerate(sheet.kinds):
                values = [row[place] for row in sheet.rows]
                columns += 1
                if any(value is not None for value in values) and not table.columns[place].type.startswith(_KINDS[kind]):
                    mistyped += 1
                    said.append(f"{kind} became {table.columns[place].type}")
                for row, value in enumerate(values):
                    cells += 1
                    wrong += not _equal(there[row][place], value)
            merged += len(sheet.merged)
            spans = {(top, left, bottom - top + 1, right - left + 1) for top, left, bottom, right in sheet.merged}
            unmerged += spans != set(table.merged)
    count = sum(map(len, books.values()))
    of = f"of {count} sheets in {len(books)} workbooks"
    return [
        Row(case=f"tables, workbooks written here: sheets that are lost or have other rows, {of}", figure=lost, unit="sheets", bar=0),
        Row(case=f"tables, workbooks written here: cells that differ, of {cells:,}", figure=wrong, unit="cells", bar=0),
        Row(case=f"tables, workbooks written here: columns of another type, of {columns}", figure=mistyped, unit="columns", bar=0,
            beside="; ".join(dict.fromkeys(said))),
        Row(case=f"tables, workbooks written here: sheets with other merged cells ({merged})", figure=unmerged, unit="sheets", bar=0),
    ]  # fmt: skip


def _equal(found: Any, value: Any) -> bool:
    if isinstance(value, Decimal) and found is not None:
        return bool(Decimal(str(found)) == value)
    if isinstance(value, dt.datetime) and isinstance(found, dt.datetime):
        return bool(found.replace(tzinfo=None) == value)
    return bool(found == value and type(found) is type(value))


def _broken(entries: Sequence[dict[str, Any]], corpora: Path, read: dict[str, Outcome]) -> Row:
    taken, said = [], []
    for entry in entries:
        outcome = read[str(corpora / entry["file"])]
        name = Path(entry["file"]).name
        if outcome.status == "completed" and entry["gt_fields"].startswith("must load"):
            said.append(f"{name} loads, {len(outcome.document.tables)} tables")
        elif outcome.status == "completed":
            taken.append(f"{name} was taken for whole")
        else:
            category = outcome.failures[0].category if outcome.failures else ""
            said.append(f"{name} {outcome.status}: {category}")
    case = f"tables, broken and encrypted Parquet and spreadsheets that are rejected or flagged, of {len(entries)}"
    beside = "; ".join((*taken, *said))
    return Row(case=case, figure=len(said), unit="files", bar=len(entries), at_least=True, beside=beside)
