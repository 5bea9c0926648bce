"""The directory of a store and the small file that says what it is."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Final

import msgspec

from aios_sdk.errors import InputError, StoreError, StoreFull, StoreVersion

from ._files import DISK_FULL, sync_directory
from ._schema import SCHEMA_VERSION
from ._versions import OLDEST

#: The version of the layout and of the journal's format.
FORMAT: Final = 2

_FILE: Final = "store.json"


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What ``store.json`` says: the versions of layout and schema, the SDK that made the store, and the store's id."""

    format: int
    schema: int
    sdk: str
    id: str


def create_layout(path: Path) -> Layout:
    """Make a store at ``path`` unless there is one; ``store.json`` comes last, so that a store half made is made again."""
    if (path / _FILE).exists():
        return read_layout(path)
    _check_place(path)
    from aios_sdk import __version__

    layout = Layout(format=FORMAT, schema=SCHEMA_VERSION, sdk=__version__, id=str(uuid.uuid4()))
    try:
        for folder in (path, path / "journal", path / "blobs"):
            folder.mkdir(parents=True, exist_ok=True)
        temporary = path / f".{_FILE}.{layout.id}"
        try:
            with temporary.open("wb") as file:
                file.write(msgspec.json.encode(layout))
                file.flush()
                os.fsync(file.fileno())
            # A hard link fails where another process was first; then its file counts.
            os.link(temporary, path / _FILE)
        except FileExistsError:
            return read_layout(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync_directory(path)
        sync_directory(path.absolute().parent)
    except OSError as error:
        if error.errno in DISK_FULL:
            raise StoreFull(
                f"The disk is full: the store {str(path)!r} cannot be made", cause=str(error), fix="Free some space and try again"
            ) from error
        raise StoreError(
            f"The store {str(path)!r} cannot be made: {error.strerror}",
            cause="This user may not write there, or the file system has no hard links",
            fix="Give a place on a local disk that you may write to",
        ) from error
    return layout


def write_layout(path: Path, layout: Layout) -> Layout:
    """Let ``store.json`` say so; it is swapped in whole."""
    temporary = path / f".{_FILE}.{layout.id}"
    try:
        with temporary.open("wb") as file:
            file.write(msgspec.json.encode(layout))
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path / _FILE)
        sync_directory(path)
    finally:
        temporary.unlink(missing_ok=True)
    return layout


def _check_place(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise StoreError(f"{str(path)!r} is a file, no store", fix="Give a folder, such as claims.aios")
    if path.is_dir():
        ours = ("journal", "blobs")
        others = [entry.name for entry in path.iterdir() if entry.name not in ours and not entry.name.startswith(f".{_FILE}.")]
        if others and _FILE not in others:  # another process may have made the store meanwhile
            raise StoreError(
                f"{str(path)!r} is no store and not empty",
                cause=f"It holds {', '.join(sorted(others)[:3])}",
                fix="Give a folder of its own, such as claims.aios",
            )


def read_layout(path: Path) -> Layout:
    """What the store at ``path`` is, also of an older schema. Raises `InputError` when there is none, and `StoreVersion` when this SDK
    cannot read it."""
    try:
        data = (path / _FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            f"There is no store {str(path)!r}",
            cause="The path is relative to the current folder, or no run has made it",
            fix="Give the folder of a store, such as claims.aios",
        ) from None
    try:
        layout = msgspec.json.decode(data, type=Layout)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"{path / _FILE} cannot be read: {error}",
            cause="The file was edited or is damaged",
            fix="Restore it from a backup; the journal is not affected",
        ) from error
    for what, found, oldest, known in (("layout", layout.format, FORMAT, FORMAT), ("schema", layout.schema, OLDEST, SCHEMA_VERSION)):
        if found > known:
            raise StoreVersion(
                f"The store {str(path)!r} has {what} version {found}; this SDK knows {known}",
                cause=f"It was made by aios-sdk {layout.sdk}",
                fix="Upgrade aios-sdk; nothing was changed",
            )
        if found < oldest:
            raise StoreVersion(
                f"The store {str(path)!r} has {what} version {found}; this SDK reads {oldest}{f' to {known}' if known > oldest else ''}",
                cause=f"It was made by aios-sdk {layout.sdk} before its first release",
                fix="Run the pipeline again into another store; nothing was changed",
            )
    return layout
