"""Compressed streams: gzip, bzip2 and xz, read in blocks within limits of size, ratio and memory."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol

from aios_sdk import LimitExceeded

from ._unpacking import BLOCK, RATIO_FROM, Budget

#: What decoders raise for damaged streams.
DAMAGE: Final = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)

#: The dictionary of an xz stream may ask for gigabytes; its strongest usual setting (-9) takes 65 MiB.
_XZ_MEMORY: Final = 256 << 20
_LONGEST_MAGIC: Final = 6
_FILE_NAME: Final = 0x08
_EXTRA: Final = 0x04


class _Decoder(Protocol):
    """What the decoders of bz2 and lzma are."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """A gzip member, with the decoder's form that bz2 and lzma have."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._decoder.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, max_length)


def _xz() -> _Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


_DECODERS: Final[tuple[tuple[bytes, Callable[[], _Decoder]], ...]] = (
    (b"\x1f\x8b", _Gzip),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", _xz),
)


class Unpacked:
    """The bytes of ``file``, unpacked where they are compressed; several streams one behind the other are one, as gunzip has it.

    What stands behind the last stream is passed over. Reading raises `LimitExceeded` for more than the budget, or more than ``max_ratio``
    times what was read of the file, and what `DAMAGE` lists.
    """

    def __init__(self, file: BinaryIO, budget: Budget, max_ratio: int) -> None:
        start = file.read(_LONGEST_MAGIC)
        file.seek(0)
        self._file = file
        self._budget = budget
        self._max_ratio = max_ratio
        self._magic: bytes = b""
        self._make: Callable[[], _Decoder] | None = None
        for magic, make in _DECODERS:
            if start.startswith(magic):
                self._magic, self._make = magic, make
        self._decoder = self._make() if self._make else None
        self._unpacked = 0
        self._held = b""
        self.allowance: int | None = None

    @property
    def is_compressed(self) -> bool:
        """Whether the file is; else its bytes come as they are."""
        return self._make is not None

    def peek(self, size: int) -> bytes:
        """The first bytes, which `read` gives again."""
        while len(self._held) < size and (block := self._next()):
            self._held += block
        return self._held[:size]

    def read(self, size: int = BLOCK) -> bytes:
        """The next bytes, at most ``size`` of them; none at the end."""
        block, self._held = (self._held[:size], self._held[size:]) if self._held else (self._next(size), b"")
        if self.allowance is not None:
            self.allowance -= len(block)
            if self.allowance < 0:
                raise LimitExceeded("The archive has a header of more than a megabyte", cause="It may be made to exhaust the reader")
        return block

    def _next(self, size: int = BLOCK) -> bytes:
        if self._decoder is None:
            return self._file.read(size)
        block = self._decoded(size)
        self._unpacked += len(block)
        self._budget.spend(len(block))
        if self._unpacked > RATIO_FROM and self._unpacked > self._max_ratio * self._file.tell():
            raise LimitExceeded(
                f"It unpacks to more than {self._max_ratio} times its packed size",
                cause="It may be a bomb",
                fix=f"Raise max_ratio of {self._budget.component} if you trust where it comes from",
            )
        return block

    def _decoded(self, size: int) -> bytes:
        assert self._decoder is not None
        assert self._make is not None
        while True:
            data = b""
            if self._decoder.eof:
                data = self._decoder.unused_data.lstrip(b"\0")
                if len(data) < _LONGEST_MAGIC:
                    data = (data + self._file.read(BLOCK)).lstrip(b"\0")
                if not data.startswith(self._magic):
                    return b""
                self._decoder = self._make()
            elif self._decoder.needs_input and not (data := self._file.read(BLOCK)):
                raise EOFError("it ends too early")
            try:
                block = self._decoder.decompress(data, size)
            except lzma.LZMAError as error:
                if "limit" in str(error):
                    raise LimitExceeded(f"Unpacking it takes more than {_XZ_MEMORY >> 20} MiB of memory") from error
                raise
            if block:
                return block


def stored_name(head: bytes) -> str:
    """The file name in the header of a gzip file (RFC 1952, 2.3.1), its last part only; empty where there is none."""
    if len(head) < 12 or not head.startswith(b"\x1f\x8b") or not head[3] & _FILE_NAME:
        return ""
    start = 12 + int.from_bytes(head[10:12], "little") if head[3] & _EXTRA else 10
    name, end, _ = head[start:].partition(b"\0")
    return name.decode("latin-1").replace("\\", "/").rpartition("/")[2] if end else ""
