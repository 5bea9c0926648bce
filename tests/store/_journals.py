"""Rows, strategies and processes that the tests of the journal and of folding share."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from hypothesis import strategies as st

from aios_sdk.store._payloads import Row
from aios_sdk.store._reader import Group, JournalReader
from aios_sdk.store._tables import TABLES

_DECIMALS = st.integers(-(10**38 - 1), 10**38 - 1).map(lambda number: Decimal(f"{number}e-10"))
_DOCUMENT = [column.name for column in TABLES["members"].columns].index("document_id")
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)

VALUES = {
    "VARCHAR": _TEXTS,
    "JSON": st.sampled_from(['{"a":1}', "[]", '"ü"', "null"]),
    "BOOLEAN": st.booleans(),
    "BIGINT": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False),
    "DECIMAL(38,10)": _DECIMALS,
    "DATE": st.dates(),
    "TIMESTAMPTZ": st.datetimes(dt.datetime(1800, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC)),
    "BLOB": st.binary(max_size=20),
    "VARCHAR[]": st.lists(_TEXTS, max_size=3),
}

#: A row of any journaled table, with any values that its columns can hold.
# A recall stands for rows of another group, which are not there.
ROWS = st.sampled_from([table for table in TABLES.values() if table.number and table.name != "recalls"]).flatmap(
    lambda table: st.tuples(st.just(table.number), st.tuples(*(st.none() | VALUES[column.type] for column in table.columns)))
)


def row_of(table: str, **values: object) -> Row:
    """A row with these values in their columns, and None in all others."""
    spec = TABLES[table]
    assert values.keys() <= {column.name for column in spec.columns}
    return spec.number, tuple(values.get(column.name) for column in spec.columns)


def group_of(number: int, size: int = 3) -> list[Row]:
    """A group of ``size`` rows of the table members that tells itself from others by ``number``."""
    document = f"document-{number}"
    return [row_of("members", document_id=document, ordinal=ordinal, member_id=f"member-{number}-{ordinal}") for ordinal in range(size)]


def groups_in(directory: Path) -> list[Group]:
    """Every complete group in the journals below ``directory``."""
    reader = JournalReader(directory)
    return [group for segment in reader.segments() for group in reader.groups(segment)]


def numbers_in(directory: Path) -> list[int]:
    """The numbers given to `group_of`, of every complete group."""
    return [int(group.rows[0][1][_DOCUMENT].removeprefix("document-")) for group in groups_in(directory)]


def only_segment(directory: Path) -> Path:
    """The path of the one segment below ``directory``."""
    (segment,) = JournalReader(directory).segments()
    return segment.path


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """A Python process that runs ``code`` with the packages aios_sdk and tests at hand."""
    repository = Path(__file__).resolve().parents[2]
    prelude = f"import sys; sys.path[:0] = [{str(repository)!r}, {str(repository / 'src')!r}]\n"
    return subprocess.Popen(
        [sys.executable, "-c", prelude + code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
