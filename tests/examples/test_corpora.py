"""Over folders of real files the run conserves documents, and reads what other tools can open."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pypdfium2
import pytest
import python_calamine

from aios_sdk import Outcome, Pipeline, Store

KINDS = ("ingest", "invoices", "tabular", "forms")


@pytest.fixture(scope="module")
def read(corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], dict[str, Outcome]]:
    """The conservation rows of one run over the folders, and the outcomes by the key of what was delivered."""
    with Store(tmp_path_factory.mktemp("corpora") / "all.aios") as store:
        pipeline = Pipeline("everything").ingest().extract("tesseract")
        outcomes = list(pipeline.run([corpora / kind for kind in KINDS], store=store))
        answer = store.sql("from conservation")
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]
    return rows, {str(corpora / outcome.document.key): outcome for outcome in outcomes if outcome.document.key}


def _pdf(path: Path) -> bool:
    document = pypdfium2.PdfDocument(path)
    try:
        return len(document) > 0 and all(document[index] is not None for index in range(len(document)))
    finally:
        document.close()


def _mail(path: Path) -> bool:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    return bool(message.keys())


def _csv_rows(path: Path) -> int:
    text = path.read_bytes().decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), csv.Sniffer().sniff(text[:8192], ",;\t|")) if row]
    return len(rows)


def _sheet_rows(path: Path) -> int:
    book = python_calamine.CalamineWorkbook.from_path(path)
    return sum(len(book.get_sheet_by_name(name).to_python(skip_empty_area=True)) for name in book.sheet_names)


def _parquet_rows(path: Path) -> int:
    with duckdb.connect() as connection:
        counted = connection.execute("select count(*) from read_parquet($1)", [str(path)]).fetchall()
        connection.execute("create temp table whole as select * from read_parquet($1)", [str(path)])
    return int(counted[0][0])


#: How another tool opens a file; what it cannot open counts for nobody.
TOOLS: dict[str, Callable[[Path], object]] = {
    ".pdf": _pdf,
    ".eml": _mail,
    ".csv": _csv_rows,
    ".xlsx": _sheet_rows,
    ".parquet": _parquet_rows,
}


def test_every_document_of_the_run_is_conserved(read: tuple[list[dict[str, Any]], dict[str, Outcome]]) -> None:
    (row,) = read[0]
    assert row["holds"]
    assert row["found"] == row["completed"] + row["partial"] + row["failed"] + row["refused"]


def test_no_document_completes_with_empty_layers(read: tuple[list[dict[str, Any]], dict[str, Outcome]]) -> None:
    for outcome in read[1].values():
        layers = outcome.document.layers
        assert outcome.status != "completed" or layers.pages or layers.text or layers.tables or layers.fields, outcome.name


def test_what_does_not_complete_says_why(read: tuple[list[dict[str, Any]], dict[str, Outcome]]) -> None:
    for outcome in read[1].values():
        if outcome.status != "completed":
            assert outcome.failures, outcome.name
            assert all(failure.category != "internal" for failure in outcome.failures), outcome.failures


def test_text_or_exact_rows_come_of_nearly_every_file_that_other_tools_open(
    corpora: Path, read: tuple[list[dict[str, Any]], dict[str, Outcome]]
) -> None:
    opened, missed = 0, []
    for kind in KINDS:
        for path in sorted((corpora / kind).rglob("*")):
            tool = TOOLS.get(path.suffix.lower())
            if tool is None or not path.is_file():
                continue
            try:
                found = tool(path)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                continue
            if not found:
                continue
            opened += 1
            outcome = read[1].get(str(corpora / path.relative_to(corpora / kind)))
            problem = _problem(outcome, path.suffix.lower(), found)
            if problem:
                missed.append(f"{path.relative_to(corpora)}: {problem}")
    assert opened > 150
    assert len(missed) <= 0.05 * opened, json.dumps(missed, indent=1)


def _problem(outcome: Outcome | None, suffix: str, found: object) -> str:
    if outcome is None:
        return "no outcome"
    if outcome.status != "completed":
        return f"{outcome.status}: {outcome.failures}"
    if suffix in (".pdf", ".eml"):
        return "" if outcome.document.text.strip() else "no text"
    rows = sum(table.rows + table.rejected for table in outcome.document.tables)
    # Other tools count header rows; of a table that has one it is no row of data.
    headers = len(outcome.document.tables)
    return "" if rows == found or (suffix != ".parquet" and rows <= int(str(found)) <= rows + headers) else f"{rows} rows, not {found}"
