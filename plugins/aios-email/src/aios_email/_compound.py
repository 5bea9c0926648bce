"""Compound files ([MS-CFB] version 3), for messages that lie within others as folders of streams."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, TypeAlias

#: What a compound file holds: streams by name, and storages that hold more.
Storage: TypeAlias = Mapping[str, "bytes | Storage"]

_SECTOR: Final = 512
_MINI: Final = 64
_CUTOFF: Final = 4096
_FREE, _END, _FAT, _DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
_IN_HEADER: Final = 109
_STREAM, _STORAGE, _ROOT = 2, 1, 5


class _Entry:
    """An entry of the directory."""

    def __init__(self, name: str, kind: int, data: bytes = b"") -> None:
        self.name, self.kind, self.data = name, kind, data
        self.left = self.right = self.child = _FREE
        self.start, self.size = _END if kind != _STORAGE else 0, len(data)

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le")[:62] + b"\0\0"
        return struct.pack(
            "<64sHBBLLL16sLQQLQ", name, len(name), self.kind, 1, self.left, self.right, self.child, b"", 0, 0, 0, self.start, self.size
        )  # fmt: skip


def compound_file(root: Storage) -> bytes:
    """A compound file with the streams and storages of ``root``; storages may lie 100 deep at most. Raises ``RecursionError`` beyond."""
    entries = [_Entry("Root Entry", _ROOT)]
    entries[0].child = _placed(root, entries, 0)
    sectors: list[bytes] = []
    chains: list[int] = []

    def kept(data: bytes) -> int:
        """Put ``data`` into sectors of their own; the number of the first."""
        first, count = len(chains), -(-len(data) // _SECTOR)
        sectors.extend(data[place : place + _SECTOR].ljust(_SECTOR, b"\0") for place in range(0, len(data), _SECTOR))
        chains.extend([*range(first + 1, first + count), _END])
        return first

    mini, mini_chains = bytearray(), []
    for entry in entries:
        if entry.kind != _STREAM or not entry.data:
            continue
        if entry.size >= _CUTOFF:
            entry.start = kept(entry.data)
        else:
            entry.start, count = len(mini) // _MINI, -(-entry.size // _MINI)
            mini += entry.data.ljust(count * _MINI, b"\0")
            mini_chains.extend([*range(entry.start + 1, entry.start + count), _END])
    if mini:
        entries[0].start, entries[0].size = kept(bytes(mini)), len(mini)
    mini_fat = (
        kept(struct.pack(f"<{len(mini_chains)}L", *mini_chains).ljust(-(-len(mini_chains) // 128) * _SECTOR, b"\xff")) if mini else _END
    )
    directory = kept(b"".join(entry.packed() for entry in entries).ljust(-(-len(entries) // 4) * _SECTOR, b"\0"))
    return _assembled(sectors, chains, directory, mini_fat, -(-len(mini_chains) // 128))


def _placed(storage: Storage, entries: list[_Entry], depth: int) -> int:
    """Put the entries of ``storage`` into ``entries``, as a balanced tree; the number of its root."""
    if depth > 100:
        raise RecursionError("storages lie too deep")
    numbers = []
    for name in sorted(storage, key=lambda name: (len(name.encode("utf-16-le")), name.upper())):
        held = storage[name]
        numbers.append(len(entries))
        entries.append(_Entry(name, _STREAM, held) if isinstance(held, bytes) else _Entry(name, _STORAGE))
        if not isinstance(held, bytes):
            at = numbers[-1]
            entries[at].child = _placed(held, entries, depth + 1)

    def tree(low: int, high: int) -> int:
        if low >= high:
            return _FREE
        middle = (low + high) // 2
        entries[numbers[middle]].left = tree(low, middle)
        entries[numbers[middle]].right = tree(middle + 1, high)
        return numbers[middle]

    return tree(0, len(numbers))


def _assembled(sectors: list[bytes], chains: list[int], directory: int, mini_fat: int, mini_fats: int) -> bytes:
    """Header, sectors, and the tables that say which sector follows which."""
    fats = difats = 0
    while (fats, difats) != (wanted := _tables(len(sectors) + fats + difats)):
        fats, difats = wanted
    first_fat, first_difat = len(sectors), len(sectors) + fats
    table = [*chains, *[_FAT] * fats, *[_DIFAT] * difats]
    packed = struct.pack(f"<{len(table)}L", *table).ljust(fats * _SECTOR, b"\xff")
    numbers = list(range(first_fat, first_fat + fats))
    more = b""
    for number in range(difats):
        part = numbers[_IN_HEADER + number * 127 :][:127]
        following = first_difat + number + 1 if number + 1 < difats else _END
        more += struct.pack(f"<{len(part)}L", *part).ljust(508, b"\xff") + struct.pack("<L", following)
    header = struct.pack(
        "<8s16sHHHHH6sLLLLLLLLL", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, fats, directory, 0, _CUTOFF,
        mini_fat, mini_fats, first_difat if difats else _END, difats,
    )  # fmt: skip
    listed = numbers[:_IN_HEADER]
    return header + struct.pack(f"<{len(listed)}L", *listed).ljust(_IN_HEADER * 4, b"\xff") + b"".join(sectors) + packed + more


def _tables(sectors: int) -> tuple[int, int]:
    fats = -(-sectors // 128)
    return fats, -(-max(0, fats - _IN_HEADER) // 127)
