"""Taking a store out: every table and view as a Parquet file, or its provenance as PROV-O; of all of it, of a run, or of a document."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ..errors import InputError, StoreError, StoreFull, UsageError
from ._connect import BOUNDED, SNAPSHOT, disk_is_full, patiently
from ._documents import find
from ._files import DISK_FULL
from ._fold import fold, snapshot
from ._forgetting import family
from ._layout import read_layout
from ._prov import write_prov
from ._renewal import ready
from ._schema import TABLES, VIEWS, create_statements

if TYPE_CHECKING:
    import duckdb

#: The forms in which a store is taken out.
ExportFormat: TypeAlias = Literal["parquet", "prov"]

# Tables without a run or document that concern the database itself.
_OWN: Final = "applied_segments"

# Tables that tell more of the versions in the table models.
_OF_MODELS: Final = ("model_files", "model_aliases", "model_evaluations")


class Exported(NamedTuple):
    """What was written: a file each of tables and views, or one; with its rows (Parquet) or nodes (PROV), and its bytes."""

    files: tuple[tuple[Path, int, int], ...]

    @property
    def bytes(self) -> int:
        """The bytes of all files together."""
        return sum(size for _, _, size in self.files)


def export(
    store: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    format: ExportFormat = "parquet",
    run: str | None = None,
    document: str | None = None,
    timeout: float = 10.0,
) -> Exported:
    """Write what ``store`` holds to ``to``: a folder for Parquet, a file for PROV-O (JSON-LD); files of the same name are replaced.

    With ``run`` (an id, or its beginning) only what that run recorded, with ``document`` (as for `Store.document`) only that of it, its
    parts and its cases, in both with the models that were worked with; the views then say what they would say of a store with nothing
    else. Memory stays bounded, however large the store. It reads a snapshot that it makes, so that nobody waits for it.

    Raises `UsageError` when there is no such run or document, `InputError` when ``to`` cannot be written, `StoreBusy` when the database
    stays locked for ``timeout`` seconds, `StoreFull` on a full disk. Example::

        export("claims.aios", "claims-parquet", run="019a0c")
    """
    directory, target = Path(store), Path(to)
    ready(directory, read_layout(directory))
    fold(directory, timeout=timeout)
    snapshot(directory, timeout=timeout)
    with (
        _writing(target),
        _workplace(target if format == "parquet" else target.parent) as folder,
        _opened(directory / SNAPSHOT, folder, run, document) as connection,
    ):
        if format == "prov":
            return Exported((_placed(folder / "prov", target, write_prov(connection, folder / "prov")),))
        names = [*TABLES, *VIEWS]
        return Exported(tuple(_placed(folder / name, target / f"{name}.parquet", _copied(connection, name, folder)) for name in names))


def _copied(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> int:
    rows: int = connection.execute(f"COPY (FROM {name}) TO {_quoted(folder / name)} (FORMAT parquet, COMPRESSION zstd)").fetchall()[0][0]
    return rows


def _placed(written: Path, place: Path, count: int) -> tuple[Path, int, int]:
    """Give a file that is complete its name."""
    written.replace(place)
    return place, count, place.stat().st_size


@contextmanager
def _workplace(folder: Path) -> Iterator[Path]:
    """A folder for what is not complete, on the disk where it shall be."""
    folder.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(prefix=".export-", dir=folder))
    try:
        yield workplace
    finally:
        shutil.rmtree(workplace)


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    import duckdb

    try:
        yield
    except (OSError, duckdb.Error) as error:
        if isinstance(error, OSError) and error.errno not in DISK_FULL:
            raise InputError(
                f"{target} cannot be written: {error.strerror or error}", fix="Give a place that you may write to with --to"
            ) from error
        if isinstance(error, OSError) or disk_is_full(error):
            raise StoreFull(f"The disk is full: {target} is not complete", cause=str(error), fix="Free some space") from error
        raise StoreError(f"The store cannot be exported: {error}", cause="A fault of the SDK, or too little memory") from error


@contextmanager
def _opened(file: Path, folder: Path, run: str | None, document: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that may write files, to the snapshot or to a database with nothing but what was asked for."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": BOUNDED["memory_limit"],
        "temp_directory": str(folder),
        "preserve_insertion_order": "false",
    }
    if run is None and document is None:
        with patiently(file, lambda: duckdb.connect(str(file), read_only=True, config=settings)) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        return
    with duckdb.connect(str(folder / "part.duckdb"), config=settings) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        patiently(file, lambda: connection.execute(f"ATTACH {_quoted(file)} AS whole (READ_ONLY)"))
        _select(connection, run, document)
        yield connection


def _select(connection: duckdb.DuckDBPyConnection, run: str | None, document: str | None) -> None:
    """Copy the rows that were asked for, and say what tables and views are there."""
    connection.execute("USE whole")
    runs = _runs(connection, run)
    documents = [each for each, _, _ in family(connection, find(connection, document, run).document_id)] if document is not None else None
    connection.execute("USE part")
    for statement in create_statements():
        connection.execute(statement)
    for name, table in TABLES.items():
        columns = {column.name for column in table.columns}
        conditions = []
        if "run_id" in columns and run is not None:
            conditions.append("list_contains($1, run_id)")
        if "document_id" in columns and documents is not None:
            conditions.append("list_contains($2, document_id)")
        elif "document_id" in columns and "run_id" not in columns:
            conditions.append("document_id IN (SELECT document_id FROM part.documents)")
        elif "run_id" in columns and documents is not None:
            conditions.append("run_id IN (SELECT DISTINCT run_id FROM whole.documents WHERE list_contains($2, document_id))")
        if name == "models":
            conditions.append("digest IN (SELECT model_digest FROM part.model_uses)")
        elif name in _OF_MODELS:
            conditions.append("(name, version) IN (SELECT (name, version) FROM part.models)")
        if name != _OWN:
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            values = {1: runs, 2: documents or []}
            used = {str(number): value for number, value in values.items() if f"${number}" in where}
            connection.execute(f"INSERT INTO part.{name} FROM whole.{name}{where}", used or None)
    connection.execute("DETACH whole")


def _runs(connection: duckdb.DuckDBPyConnection, run: str | None) -> list[str]:
    if run is None:
        return []
    found = [each for (each,) in connection.execute("SELECT DISTINCT run_id FROM runs WHERE starts_with(run_id, $1)", [run]).fetchall()]
    if len(found) != 1:
        raise UsageError(
            f"The store has {'several runs' if found else 'no run'} {run!r}", fix="Take an id from: select run_id, pipeline from runs"
        )
    return found


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
