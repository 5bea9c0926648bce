"""Keeping pickles out: reading one runs whatever code its author put there."""

from __future__ import annotations

import bz2
import io
import lzma
import pickletools
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import InputError

#: Ends of names that say that a file is a pickle, of whatever content.
_NAMES: Final = (".pkl", ".pickle", ".joblib", ".dill", ".cloudpickle", ".sav", ".pt", ".pth", ".ckpt")

#: What may begin a file that is compressed as a whole, as joblib does, and what opens it.
_PACKED: Final[tuple[tuple[bytes, Callable[[bytes], bytes]], ...]] = (
    (b"\x1f\x8b", lambda head: zlib.decompressobj(wbits=31).decompress(head, _HEAD)),
    (b"\x78", lambda head: zlib.decompressobj().decompress(head, _HEAD)),
    (b"BZh", lambda head: bz2.BZ2Decompressor().decompress(head, _HEAD)),
    (b"\xfd7zXZ", lambda head: lzma.LZMADecompressor().decompress(head, _HEAD)),
    (b"\x5d\x00", lambda head: lzma.LZMADecompressor().decompress(head, _HEAD)),
)

#: Bytes of a file that are looked at.
_HEAD: Final = 1 << 16

#: Opcodes with which pickles before protocol 2 import what they call.
_IMPORTS: Final = frozenset({"GLOBAL", "INST"})

_INSTEAD: Final = (
    "Save it as safetensors (weights), ONNX (a graph), skops (scikit-learn, with the types that it may hold), JSON, or npz without objects"
)


def refuse_pickles(folder: Path, files: tuple[str, ...]) -> None:
    """Raise `InputError` naming the first of ``files`` in ``folder`` that is a pickle or holds one, by its content or its name."""
    for name in files:
        with (folder / name).open("rb") as file:
            reason = why_pickle(name, file)
        if reason:
            raise InputError(
                f"The model's file {name} {reason}",
                cause="Whoever opens a pickle runs what its author put into it; models come from elsewhere, and are kept for years",
                fix=_INSTEAD,
            )


def why_pickle(name: str, file: BinaryIO) -> str:
    """What makes ``file`` a pickle, in words; empty when it is none."""
    if is_pickle(file):
        return "is a pickle"
    file.seek(0)
    head = file.read(_HEAD)
    if head[:4] == b"PK\x03\x04":
        return _within_zip(file)
    if head[:6] == b"\x93NUMPY" and _holds_objects(head):
        return "is an array of Python objects, which numpy pickles"
    for magic, unpacked in _PACKED:
        # What begins so by chance is something else.
        with suppress(OSError, EOFError, zlib.error, lzma.LZMAError):
            if head.startswith(magic) and is_pickle(io.BytesIO(unpacked(head))):
                return "is a compressed pickle"
    if name.lower().endswith(_NAMES):
        return f"is called {Path(name).suffix}, as pickles are"
    return ""


def is_pickle(file: BinaryIO) -> bool:
    """Whether it is a pickle: of protocol 2 or later by its first bytes, or an older one, whole, that imports something."""
    head = file.read(2)
    if len(head) == 2 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return True
    file.seek(0)
    imports = False
    try:
        for opcode, _, _ in pickletools.genops(file):
            imports = imports or opcode.name in _IMPORTS
    except (ValueError, OverflowError):  # the first byte that is no opcode, soon in whatever is no pickle
        return False
    return imports


def _within_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                with archive.open(member) as inside:
                    reason = why_pickle(member.filename, io.BytesIO(inside.read(_HEAD)))
                if reason:
                    return f"holds {member.filename}, which {reason}"
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        return f"is an archive that cannot be looked into ({error})"
    return ""


def _holds_objects(head: bytes) -> bool:
    """Whether the header of a numpy array says that it is of objects."""
    header = head[:4096].partition(b"}")[0]
    return b"|O" in header or b"'O" in header
