"""``aios sql``: ask a store in SQL."""

from __future__ import annotations

import contextlib
import csv
import io
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError
from aios_sdk.store import Store

from ._printing import as_json, printable

if TYPE_CHECKING:
    import duckdb


class Format(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def sql(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The folder of a store, such as claims.aios.")],
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The query; without it, or with -, it is read from standard input.")] = "-",
    format: Annotated[Format, typer.Option(help="How to print the answer; csv and json print all rows.")] = Format.TABLE,
    rows: Annotated[int, typer.Option(min=1, help="Rows of the table to print.")] = 40,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=0.01, help="End the query after so many seconds.")] = 300,
) -> None:
    """Ask a store in SQL; the answer holds everything recorded so far.

    Start from the views current_documents, current_fields, current_routes and errors.

    Examples:

      aios sql claims.aios "from current_routes"

      aios sql claims.aios "select path, value_text from current_fields" --format csv > fields.csv
    """
    text = sys.stdin.read() if query == "-" else query
    if not text.strip():
        raise UsageError("There is no query", fix='Give one, such as "from current_documents"')
    with Store(store, create=False) as opened:
        answer = opened.sql(text, timeout=timeout)
    if format is Format.JSON:
        typer.echo(as_json([dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]))
    elif format is Format.CSV:
        _print_csv(answer)
    else:
        typer.echo(_table(answer, rows), nl=False)


def _print_csv(answer: duckdb.DuckDBPyRelation) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.fetchall())


def _table(answer: duckdb.DuckDBPyRelation, rows: int) -> str:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        answer.show(max_width=width, max_rows=rows)
    return printable(text.getvalue())
