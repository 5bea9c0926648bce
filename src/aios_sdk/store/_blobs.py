"""Content-addressed files: every document's bytes and every large artifact, stored once under their SHA-256."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import InputError, StoreError, StoreFull
from ..records import digest as digest_of
from ..records import digest_file
from ._files import DISK_FULL, locked, sync_directory

#: Layers whose canonical JSON is at most this long (bytes) are no blobs, but kept in the row itself; so are the bytes of documents.
INLINE_BYTES: Final = 16 * 1024

#: Where a process finds its open files by name.
_DESCRIPTORS: Final = "/proc/self/fd"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The blobs of a store below ``directory``, each in ``<first two digits>/<sha256>``; safe for many processes at once.

    Example::

        digest = store.blobs.put(b"%PDF-1.7 ...")
        with store.blobs.open(digest) as file:
            file.read()
    """

    def __init__(self, directory: Path) -> None:
        self.directory: Final = directory

    def put(self, data: bytes) -> str:
        """Store bytes and return their digest (64 hexadecimal digits). Durable on return. Raises `StoreFull` on a full disk."""
        digest = digest_of(data)
        if not self._holds(digest, len(data)):
            self._place(digest, lambda file: file.write(data))
        return digest

    def put_file(self, path: Path, digest: str | None = None, *, move: bool = False) -> str:
        """Store the bytes of a file and return their digest; with ``move`` the file is taken away.

        A ``digest`` that is given is trusted, so give one only if you computed it from the file. Durable on return. Raises `InputError`
        when the file cannot be read, `StoreFull` on a full disk.
        """
        try:
            with path.open("rb") as source:
                size = os.fstat(source.fileno()).st_size
                if digest is None and not self._holds(first := digest_file(source)[0], size):
                    # The name is the digest of what was copied: somebody may have written to the file in between.
                    digest = self._place(first, lambda file: _copy(source, file))
                elif digest is None:
                    digest = first
                elif not self._holds(digest, size):
                    self._place(digest, lambda file: shutil.copyfileobj(source, file, 1 << 20))
            if move:
                path.unlink()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", fix="Check that the file is there and readable") from error
        return digest

    def path(self, digest: str) -> Path:
        """Where the blob lies. Raises `StoreError` when there is none, or ``digest`` is not a SHA-256 in hexadecimal digits."""
        path = self._place_of(digest)
        if not path.exists():
            raise StoreError(
                f"The store has no blob {digest}",
                cause=f"{path} is not there: it was deleted, or this copy of the store is incomplete",
                fix="Copy that file from a backup of the store, or run the pipeline on the document again",
            )
        return path

    def open(self, digest: str) -> BinaryIO:
        """The blob, opened for reading. Raises `StoreError` when there is none."""
        return self.path(digest).open("rb")

    def exists(self, digest: str) -> bool:
        """Whether the store holds the blob; asking counts as using it, as `put` does, so that `gc` beside a run leaves it."""
        return self._holds(digest) or self._place_of(digest).exists()

    def _place_of(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise StoreError(f"{digest!r} is no digest of a blob", cause="A digest is a SHA-256 in 64 small hexadecimal digits")
        return self.directory / digest[:2] / digest

    def _holds(self, digest: str, size: int | None = None) -> bool:
        """Whether the blob is there, and from now on counts as just put; the lock keeps it from being removed in between."""
        place = self._place_of(digest)
        # What cannot be marked, such as the file of another user, is put anew, which tells what is wrong if that fails too.
        with contextlib.suppress(OSError), locked(place.parent, fcntl.LOCK_SH):
            # A file cut short by a fault of the disk has another size, and is replaced.
            if size is None or place.stat().st_size == size:
                os.utime(place)
                return True
        return False

    def _place(self, digest: str, write: Callable[[BinaryIO], object]) -> str:
        """Put what ``write`` writes in the place of ``digest``, or of the digest it returns, and say which that was."""
        place = self._place_of(digest)
        temporary: Path | None = None
        try:
            if not place.parent.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                sync_directory(place.parent.parent)
            file, temporary = _begin(place.parent)
            with file:
                written = write(file)
                file.flush()
                if temporary is None:
                    os.fchmod(file.fileno(), 0o444)
                else:
                    temporary.chmod(0o444)
                os.fsync(file.fileno())
                if isinstance(written, str) and written != digest:
                    digest, place = written, self._place_of(written)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    sync_directory(place.parent.parent)
                with locked(place.parent, fcntl.LOCK_SH):
                    if temporary is None:
                        temporary = _name(file, place)
                    if temporary is not None:
                        temporary.rename(place)
                        temporary = None
            sync_directory(place.parent)
            return digest
        except OSError as error:
            if error.errno in DISK_FULL:
                raise StoreFull(
                    f"The disk is full: blob {digest} cannot be stored",
                    cause=str(error),
                    fix="Free some space and run again; what was acknowledged is safe",
                ) from error
            raise StoreError(f"The blob {digest} cannot be stored: {error}", fix="Check the permissions of the store's folder") from error
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)


def _begin(folder: Path) -> tuple[BinaryIO, Path | None]:
    """A new file in ``folder``. Where the system can, it has no name yet, so that nothing is left of it whoever is killed meanwhile."""
    if sys.platform == "linux" and os.path.isdir(_DESCRIPTORS):  # noqa: PTH112 - a call for each blob
        # Where the file system cannot, a name it shall be.
        with contextlib.suppress(OSError):
            return os.fdopen(os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600), "w+b"), None
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=folder)
    return os.fdopen(descriptor, "w+b"), Path(name)


def _name(file: BinaryIO, place: Path) -> Path | None:
    """Give a file without a name that of ``place``; where that is taken another, which is returned."""
    source, descriptor = f"{_DESCRIPTORS}/{file.fileno()}", file.fileno()
    try:
        # Without a directory given for the source, Python asks for a link to the link.
        os.link(source, place, src_dir_fd=descriptor)
    except FileExistsError:  # another process was quicker, or the file there is damaged
        temporary = place.with_name(f".{uuid.uuid4().hex}.tmp")
        os.link(source, temporary, src_dir_fd=descriptor)
        return temporary
    return None


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy from the beginning, and give the digest of what was copied."""
    source.seek(0)
    hasher = hashlib.sha256()
    while block := source.read(1 << 20):
        hasher.update(block)
        target.write(block)
    return hasher.hexdigest()
