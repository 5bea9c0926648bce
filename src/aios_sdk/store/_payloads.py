"""Rows as journal payloads: checked against the columns of their table, and read back exactly as they were."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Annotated, Any, Final, TypeAlias

import msgspec

from ..errors import StoreError, StoreVersion
from ._schema import SCHEMA_VERSION
from ._tables import TABLES, TableSpec
from ._versions import OLDEST, Former, former_tables

#: The number of a table and one value for each of its columns.
Row: TypeAlias = tuple[int, Sequence[Any]]

#: Rows as bytes, each with the number of its table, and how many bytes they take together.
Encoded: TypeAlias = tuple[list[tuple[int, bytes]], int]

#: Bytes of one row. What is larger belongs into a blob.
MAX_ROW: Final = 64 * 1024 * 1024


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
    """Encodes and decodes the rows of one table; `Codec.encode` uses its parts, for it runs for every row that is recorded."""

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
        kind = tuple.__class_getitem__(tuple(types))
        self.check: Callable[[bytes], tuple[Any, ...]] = msgspec.msgpack.Decoder(kind).decode
        self.decode: Callable[[bytes | memoryview], list[tuple[Any, ...]]]
        self.decode = msgspec.msgpack.Decoder(list.__class_getitem__(kind)).decode
        places = [*self._json, *(index for index, _, _ in self._decimals)]
        #: The values that take more than their type to be right, and what they are when there is nothing to check.
        self.special = itemgetter(*places, places[0]) if places else None
        self.nothing = (None,) * (len(places) + 1)

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

        ((number, row), *_), size = codec(SCHEMA_VERSION).encode([(6, (run_id, document_id, 0, member_id, "ok", "", []))])
        codec(SCHEMA_VERSION).decode(number, payload_of([row]))
    """

    def __init__(self, tables: Iterable[TableSpec]) -> None:
        self._tables = {table.number: _TableCodec(table) for table in tables}

    def encode(self, rows: Sequence[Row], *, document_id: str = "") -> Encoded:
        """The rows as bytes. Raises `StoreError` naming the first that does not fit."""
        encoded: list[tuple[int, bytes]] = []
        size = 0
        table: _TableCodec | None = None
        number = 0
        values: Sequence[Any] = ()
        try:
            for number, values in rows:
                table = self._tables.get(number)
                if table is None:
                    raise ValueError("no table of the schema has that number")
                row = _encode(values)
                size += len(row)
                if len(row) > MAX_ROW:
                    raise ValueError(f"the row takes {len(row)} bytes; at most {MAX_ROW} are allowed")
                # A row that DuckDB would refuse must not reach the journal, where it would stop every fold to come.
                table.check(row)
                if table.special is not None and table.special(values) != table.nothing:
                    table.check_special(values)
                encoded.append((number, row))
        except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise _misfit(table, number, values, error, document_id) from error
        return encoded, size

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


def payload_of(rows: Sequence[bytes]) -> bytes:
    """Encoded rows of one table as one payload: a MessagePack array of them. There are less than 65,536."""
    count = len(rows)
    return b"".join((_SHORT[count] if count < 16 else b"\xdc" + count.to_bytes(2, "big"), *rows))


_SHORT: Final = [bytes((0x90 | count,)) for count in range(16)]


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


def _misfit(table: _TableCodec | None, number: int, values: Sequence[Any], error: Exception, document_id: str) -> StoreError:
    name = table.table.name if table else f"number {number}"
    text = str(error)
    if table and (place := re.search(r" - at `\$\[(\d+)\]", text)):
        text = f"{table.table.columns[int(place[1])].name}: {text[: place.start()]}"
    return StoreError(
        f"A row of table {name} cannot be recorded: {text}",
        cause=f"A component or the recorder gave a value that its column cannot hold; the row has {len(values)} values",
        fix="Nothing of this group was recorded; report it with the text above",
        document=document_id or None,
    )
