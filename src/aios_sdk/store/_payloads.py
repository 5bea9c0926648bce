"""Rows as journal payloads: checked against the columns of their table, and read back exactly as they were."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

import msgspec

from ..errors import StoreError, StoreVersion
from ._schema import SCHEMA_VERSION
from ._tables import TABLES, TableSpec
from ._versions import OLDEST, Former, former_tables

#: The number of a table and one value for each of its columns.
Row: TypeAlias = tuple[int, Sequence[Any]]

#: Rows that one frame holds at most.
MAX_ROWS: Final = 256

#: Bytes of one row, and of all rows of a table in one frame. What is larger belongs into a blob.
MAX_ROW: Final = 64 * 1024 * 1024


class Record(NamedTuple):
    """Rows of one table in one frame: its number, how many there are, and they themselves as a MessagePack array."""

    table: int
    rows: int
    payload: bytes


class Encoded(NamedTuple):
    """A group of rows as it goes to the journal: the records of each of its frames, and how many bytes their payloads take together."""

    frames: list[list[Record]]
    size: int


def _integer(low: int, high: int) -> Any:
    return Annotated[int, msgspec.Meta(ge=low, le=high)]


# The type of each column that a table may have. Its wire form is msgspec's for msgpack: decimals and dates as strings,
# times as the timestamp extension (-1).
_TYPES: Final[dict[str, Any]] = {
    "VARCHAR": str,
    "JSON": str,
    "BOOLEAN": bool,
    "USMALLINT": _integer(0, 2**16 - 1),
    "INTEGER": _integer(-(2**31), 2**31 - 1),
    "UINTEGER": _integer(0, 2**32 - 1),
    "BIGINT": _integer(-(2**63), 2**63 - 1),
    "UBIGINT": _integer(0, 2**63 - 1),
    "DOUBLE": float,
    "DATE": dt.date,
    "TIMESTAMPTZ": Annotated[dt.datetime, msgspec.Meta(tz=True)],
    "BLOB": bytes,
    "VARCHAR[]": list[str],
}

_encode: Final = msgspec.msgpack.Encoder(decimal_format="string").encode
_is_json: Final = msgspec.json.Decoder(msgspec.Raw).decode


class _TableCodec:
    """Encodes and decodes the rows of one table."""

    def __init__(self, table: TableSpec) -> None:
        self.table = table
        types = []
        self._json = [index for index, column in enumerate(table.columns) if column.type == "JSON"]
        self._decimals: list[tuple[int, int, int]] = []
        for index, column in enumerate(table.columns):
            if column.type.startswith("DECIMAL("):
                width, scale = (int(part) for part in column.type[len("DECIMAL(") : -1].split(","))
                self._decimals.append((index, width, scale))
                types.append(Decimal | None)
            else:
                types.append(_TYPES[column.type] | None)
        self.decode: Callable[[bytes | memoryview], list[tuple[Any, ...]]]
        self.decode = msgspec.msgpack.Decoder(list.__class_getitem__(tuple.__class_getitem__(tuple(types)))).decode
        places = [*self._json, *(index for index, _, _ in self._decimals)]
        #: The values that take more than their type to be right, and what they are when there is nothing to check.
        self.special = itemgetter(*places, places[0]) if places else None
        self.nothing = (None,) * (len(places) + 1)

    def encode(self, rows: Sequence[Sequence[Any]]) -> bytes:
        """The rows as a payload. Raises `_Misfit` for the first that does not fit."""
        try:
            payload = _encode(rows)
            if len(payload) <= MAX_ROW:
                # A row that DuckDB would refuse must not reach the journal, where it would stop every fold to come.
                self.decode(payload)
        except _MISFITS as error:
            place = _PLACE.search(str(error))
            raise _Misfit(rows[int(place[1])] if place else rows[0], error) from error
        if self.special is not None:
            for values in rows:
                if self.special(values) != self.nothing:
                    try:
                        self.check_special(values)
                    except _MISFITS as error:
                        raise _Misfit(values, error) from error
        return payload

    def check_special(self, values: Sequence[Any]) -> None:
        """Raise what says that JSON is none, or that a decimal is too long."""
        for index in self._json:
            if values[index] is not None:
                _is_json(values[index])
        for index, width, scale in self._decimals:
            if values[index] and not _fits(values[index], width, scale):
                column = self.table.columns[index]
                raise ValueError(f"{column.name} = {values[index]} does not fit {column.type}")


def _fits(value: Decimal, width: int, scale: int) -> bool:
    # DuckDB takes a number of more digits than its widest decimal by way of a float, which is not exact.
    _, digits, exponent = value.as_tuple()
    return isinstance(exponent, int) and len(digits) + exponent <= width - scale and max(len(digits), -exponent) <= width


class Codec:
    """Encodes and decodes the rows of one version of the schema. Use `codec`.

    Example::

        frames, size = codec(SCHEMA_VERSION).encode([(6, (run_id, document_id, 0, member_id, "ok", "", []))])
        codec(SCHEMA_VERSION).decode(frames[0][0].table, frames[0][0].payload)
    """

    def __init__(self, tables: Iterable[TableSpec]) -> None:
        self._tables = {table.number: _TableCodec(table) for table in tables}

    def encode(self, rows: Sequence[Row], *, document_id: str = "") -> Encoded:
        """The rows as records of frames. Raises `StoreError` naming the first that does not fit."""
        try:
            frames = [frame for start in range(0, len(rows), MAX_ROWS) for frame in self._frames(rows[start : start + MAX_ROWS])] or [[]]
        except _Misfit as error:
            raise _refusal(self._tables.get(error.table), error, document_id) from error
        return Encoded(frames, sum([len(record.payload) for records in frames for record in records]))

    def _frames(self, rows: Sequence[Row]) -> list[list[Record]]:
        """The records of as few frames as can hold the rows."""
        tables: dict[int, list[Sequence[Any]]] = {}
        for number, values in rows:
            if number in tables:
                tables[number].append(values)
            else:
                tables[number] = [values]
        records = []
        for number, of_table in tables.items():
            table = self._tables.get(number)
            if table is None:
                raise _Misfit(of_table[0], ValueError("no table of the schema has that number"), number)
            try:
                payload = table.encode(of_table)
            except _Misfit as error:
                error.table = number
                raise
            if len(payload) > MAX_ROW:
                if len(rows) > 1:
                    return [*self._frames(rows[: len(rows) // 2]), *self._frames(rows[len(rows) // 2 :])]
                raise _Misfit(of_table[0], ValueError(f"the row takes {len(payload)} bytes; at most {MAX_ROW} are allowed"), number)
            records.append(Record(number, len(of_table), payload))
        return [records]

    def decode(self, number: int, payload: bytes | memoryview) -> list[tuple[Any, ...]]:
        """The rows of one payload. Raises ``msgspec.MsgspecError`` or ``KeyError`` when it holds no rows of that table."""
        return self._tables[number].decode(payload)


class FormerCodec(Codec):
    """The codec of an older version: it encodes rows as they were then, and gives them as rows of the present schema."""

    def __init__(self, tables: Sequence[Former]) -> None:
        super().__init__(former.table for former in tables)
        self._former = {former.table.number: former for former in tables}

    def decode(self, number: int, payload: bytes | memoryview) -> list[tuple[Any, ...]]:
        """The rows of one payload, as rows of the present schema; raises what the codec of the present schema raises."""
        return [self._former[number].present(row) for row in super().decode(number, payload)]


def row_count(payload: bytes | memoryview) -> int:
    """How many rows a payload holds, without decoding it: the length in the header of its array (MessagePack)."""
    first = payload[0]
    if first & 0xF0 == 0x90:
        return first & 0x0F
    return int.from_bytes(payload[1:3] if first == 0xDC else payload[1:5], "big")


@cache
def codec(schema: int) -> Codec:
    """The codec of a version of the schema. Raises `StoreVersion` for one that this release does not read."""
    if schema == SCHEMA_VERSION:
        return Codec(table for table in TABLES.values() if table.number)
    if OLDEST <= schema < SCHEMA_VERSION:
        return FormerCodec(former_tables(schema))
    raise StoreVersion(
        f"There are records of schema {schema}; this SDK reads {OLDEST} to {SCHEMA_VERSION}",
        cause="A newer aios-sdk wrote them" if schema > SCHEMA_VERSION else "An aios-sdk before its first release wrote them",
        fix="Upgrade aios-sdk; nothing was changed" if schema > SCHEMA_VERSION else "Run the pipeline again into another store",
    )


#: What encoding and decoding raise, and the place of the value in the rows that they name.
_MISFITS: Final = (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)
_PLACE: Final = re.compile(r" - at `\$\[(\d+)\](?:\[(\d+)\])?")


class _Misfit(Exception):
    """A row that its table cannot hold."""

    def __init__(self, values: Sequence[Any], error: Exception, table: int = -1) -> None:
        super().__init__(str(error))
        self.values = values
        self.table = table


def _refusal(table: _TableCodec | None, misfit: _Misfit, document_id: str) -> StoreError:
    name = table.table.name if table else f"number {misfit.table}"
    text = str(misfit)
    place = _PLACE.search(text)
    if table and place:
        column = f"{table.table.columns[int(place[2])].name}: " if place[2] else ""
        text = column + text[: place.start()]
    return StoreError(
        f"A row of table {name} cannot be recorded: {text}",
        cause=f"A component or the recorder gave a value that its column cannot hold; the row has {len(misfit.values)} values",
        fix="Nothing of this group was recorded; report it with the text above",
        document=document_id or None,
    )
