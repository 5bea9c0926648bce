"""DuckDB for files of others: in bounded memory, with its errors as the SDK's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aios_sdk import Encrypted, LimitExceeded, Malformed, Unsupported

if TYPE_CHECKING:
    import duckdb

#: What may stand between the columns of a file: a copy of their metadata in Thrift's compact protocol, from old writers, or padding.
_NO_VALUES: Final = re.compile(rb"&[\x80-\xff]*[\x00-\x7f]\x1c\x15|\x00*\Z", re.DOTALL)
_GAP: Final = 4096
_UNKNOWN: Final = ("not supported", "only supported", "unsupported", "not implemented", "unrecognized", "unknown encoding")


@contextmanager
def database(scratch: Path, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own with one thread and a memory limit, spilling to ``scratch``; it fetches nothing from anywhere."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1, "memory_limit": f"{memory_mb}MB", "temp_directory": str(scratch / "spill"), "preserve_insertion_order": True,
        "autoinstall_known_extensions": False, "autoload_known_extensions": False,
    }  # fmt: skip
    with duckdb.connect(config=config) as connection:
        yield connection


@contextmanager
def typed_errors(name: str) -> Iterator[None]:
    """DuckDB's errors about a file as the SDK's."""
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, MemoryError) as error:
        raise LimitExceeded(
            f"{name!r} needs more memory than is allowed: {_first_line(error)}", fix="Raise memory_mb of aios.tables"
        ) from error
    except duckdb.Error as error:
        what = _first_line(error)
        if "encrypted" in what.lower() or "encryption" in what.lower():
            raise Encrypted(f"{name!r} is encrypted", fix="Give a file that is not") from error
        if isinstance(error, duckdb.NotImplementedException) or any(word in what.lower() for word in _UNKNOWN):
            raise Unsupported(f"{name!r} uses what DuckDB cannot read: {what}") from error
        raise Malformed(f"{name!r} cannot be read: {what}", cause="It is damaged, or of another kind", fix="Get the file again") from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def quoted(path: Path) -> str:
    """``path`` as an SQL string; it lies in scratch, so that DuckDB sees no pattern in it."""
    return "'" + str(path).replace("'", "''") + "'"


def check_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Read every value of a Parquet file, so that damage shows now. Raises ``duckdb.Error``."""
    connection.execute(f"SELECT bit_xor(hash(everything)) FROM read_parquet({quoted(path)}) AS everything").fetchone()


def unnamed_bytes(connection: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """The columns of a Parquet file after which there are bytes that the footer names as no column's: what a damaged footer leaves out.

    Readers go by the footer and see nothing amiss.
    """
    chunks = connection.execute(
        f"""SELECT row_group_id, path_in_schema, least(coalesce(nullif(dictionary_page_offset, 0), data_page_offset), data_page_offset),
        total_compressed_size FROM parquet_metadata({quoted(path)}) ORDER BY 1, 3"""
    ).fetchall()
    found = []
    with path.open("rb") as file:
        for (group, name, start, size), (next_group, _, next_start, _) in pairwise(chunks):
            if group == next_group and start + size < next_start:
                file.seek(start + size)
                if not _NO_VALUES.match(file.read(min(next_start - start - size, _GAP))):
                    found.append(name)
    return found
