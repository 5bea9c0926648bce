"""Columns in memory as DuckDB reads them where they lie: Arrow's C data interface, which takes no library to offer.

What the structures and their members mean stands in https://arrow.apache.org/docs/format/CDataInterface.html and, for streams and for
Python's capsules, in CStreamInterface.html and CDataInterface/PyCapsuleInterface.html beside it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import CFUNCTYPE, Structure, addressof, c_char_p, c_int, c_int64, c_void_p, memmove, sizeof
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from array import array

    Buffer: TypeAlias = bytes | array[Any] | None


class Column(NamedTuple):
    """Values as Arrow lays them out: how many, their buffers (the bits that tell values from nulls first, None where all are values), and
    of lists the column of their items."""

    length: int
    buffers: Sequence[Buffer]
    items: Column | None = None


class Form(NamedTuple):
    """The name of a column, what Arrow calls its type, and of lists the form of their items."""

    name: str
    format: str
    items: Form | None = None


class _Schema(Structure):
    pass


class _Array(Structure):
    pass


class _Stream(Structure):
    pass


_Release: Final = CFUNCTYPE(None, c_void_p)
_Get: Final = CFUNCTYPE(c_int, c_void_p, c_void_p)
_GetError: Final = CFUNCTYPE(c_void_p, c_void_p)

_Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_char_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", c_void_p),
    ("dictionary", c_void_p),
    ("release", _Release),
    ("private_data", c_void_p),
]
_Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", c_void_p),
    ("children", c_void_p),
    ("dictionary", c_void_p),
    ("release", _Release),
    ("private_data", c_void_p),
]
_Stream._fields_ = [
    ("get_schema", _Get),
    ("get_next", _Get),
    ("get_last_error", _GetError),
    ("release", _Release),
    ("private_data", c_void_p),
]

_NULLABLE: Final = 2
_NOT_COUNTED: Final = -1


def _releasing(structure: Any) -> Any:
    """What marks a structure as released, which is all there is to do: what it points to is Python's, and outlives it."""
    place, nothing = structure.release.offset, bytes(sizeof(c_void_p))

    def release(address: int) -> None:
        memmove(address + place, nothing, len(nothing))

    return _Release(release)


_release_schema: Final = _releasing(_Schema)
_release_array: Final = _releasing(_Array)
_release_stream: Final = _releasing(_Stream)
_no_error: Final = _GetError(lambda stream: None)

_capsule: Final = ctypes.pythonapi.PyCapsule_New
_capsule.restype = ctypes.py_object
_capsule.argtypes = (c_void_p, c_char_p, c_void_p)


class Batches:
    """Batches of rows as columns, which DuckDB reads as a table: register it, and select from it, as often as wanted.

    Keep it, and do not clear it, while a query reads from it: it owns all that the query sees.

    Example::

        batches = Batches([Form("n", "l")])
        batches.add([Column(2, [None, array("q", [1, 2])])])
        connection.register("batches", batches)
        connection.execute("SELECT sum(n) FROM batches").fetchall()
    """

    def __init__(self, forms: Sequence[Form]) -> None:
        self._forms = list(forms)
        self._schema = _Kept()
        self._arrays: list[_Kept] = []
        self._given: list[Structure] = []
        self._schema.top = self._schema_of(Form("", "+s"), self._forms)

    def add(self, columns: Sequence[Column]) -> None:
        """Append a batch: a column for each form, all of the same length."""
        kept = _Kept()
        kept.top = self._array_of(kept, Column(columns[0].length, [None]), columns)
        self._arrays.append(kept)

    def clear(self) -> None:
        """Let all batches go."""
        self._arrays.clear()
        self._given.clear()

    def __len__(self) -> int:
        return len(self._arrays)

    def __arrow_c_schema__(self) -> object:
        """The capsule that tells the names and types of the columns."""
        schema = _Schema()
        self._given.append(schema)
        self._copy_schema(None, addressof(schema))
        return _capsule(addressof(schema), b"arrow_schema", None)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The capsule that gives the batches one by one; what schema is wished for does not matter."""
        following = iter(self._arrays)

        # Nothing in here can raise: there is nobody whom an exception would reach.
        def copy_next(stream: int, out: int) -> int:
            kept = next(following, None)
            memmove(out, _END if kept is None else addressof(kept.top), sizeof(_Array))
            return 0

        stream = _Stream(_Get(self._copy_schema), _Get(copy_next), _no_error, _release_stream, None)
        self._given.append(stream)
        return _capsule(addressof(stream), b"arrow_array_stream", None)

    def _copy_schema(self, stream: int | None, out: int) -> int:
        memmove(out, addressof(self._schema.top), sizeof(_Schema))
        return 0

    def _schema_of(self, form: Form, children: Sequence[Form]) -> _Schema:
        below = [self._schema_of(each, [each.items] if each.items else []) for each in children]
        places = (c_void_p * len(below))(*map(addressof, below))
        self._schema.all += (below, places)
        return _Schema(
            form.format.encode(), form.name.encode(), None, _NULLABLE, len(below), addressof(places), None, _release_schema, None
        )

    def _array_of(self, kept: _Kept, column: Column, children: Sequence[Column]) -> _Array:
        below = [self._array_of(kept, each, [each.items] if each.items else []) for each in children]
        places = (c_void_p * len(below))(*map(addressof, below))
        buffers = (c_void_p * len(column.buffers))(*map(_address, column.buffers))
        kept.all += (below, places, buffers, column.buffers)
        counts = (column.length, _NOT_COUNTED, 0, len(buffers), len(below))
        return _Array(*counts, addressof(buffers), addressof(places), None, _release_array, None)


_END: Final = bytes(sizeof(_Array))


class _Kept:
    """A structure, and everything to which it points."""

    def __init__(self) -> None:
        self.top: Any = None
        self.all: list[object] = []


def _address(buffer: Buffer) -> int | None:
    if buffer is None:
        return None
    if isinstance(buffer, bytes):
        return ctypes.cast(c_char_p(buffer), c_void_p).value
    return buffer.buffer_info()[0]
