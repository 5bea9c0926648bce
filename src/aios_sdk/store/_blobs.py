"""Content-addressed files: every document's bytes and every large artifact, stored once under their SHA-256."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import os
import re
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from ..errors import InputError, StoreError, StoreFull
from ..records import digest as digest_of
from ..records import digest_file
from ._files import DISK_FULL, held, sync_directory

_log: Final = logging.getLogger("aios.store")

#: Layers whose canonical JSON is at most this long (bytes) are no blobs, but kept in the row itself; so are the bytes of documents.
INLINE_BYTES: Final = 16 * 1024

#: Where a process finds its open files by name.
_DESCRIPTORS: Final = "/proc/self/fd"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
#: Blobs of which it is remembered that their names are durable.
_REMEMBERED: Final = 4096


class Blobs:
    """The blobs of a store below ``directory``, each in ``<first two digits>/<sha256>``; safe for many processes at once.

    Example::

        digest = store.blobs.put(b"%PDF-1.7 ...")
        with store.blobs.open(digest) as file:
            file.read()
    """

    def __init__(self, directory: Path) -> None:
        self.directory: Final = directory
        self._folders: set[Path] = set()
        self._named: dict[str, int] = {}  # the files, by their inodes, whose names this object has made durable

    def put(self, data: bytes, digest: str | None = None) -> str:
        """Store bytes and return their digest (64 hexadecimal digits). Durable on return. Raises `StoreFull` on a full disk.

        A ``digest`` that is given is trusted, so give one only if you computed it from the bytes.
        """
        digest = digest or digest_of(data)
        if not self._holds(digest, io.BytesIO(data)):
            self._place(digest, lambda file: file.write(data))
        return digest

    def put_file(self, path: Path, digest: str | None = None, *, move: bool = False) -> str:
        """Store the bytes of a file and return their digest; with ``move`` the file is taken away.

        A ``digest`` that is given is trusted, so give one only if you computed it from the file. Durable on return. Raises `InputError`
        when the file cannot be read, `StoreFull` on a full disk.
        """
        try:
            with path.open("rb") as source:
                if digest is None and not self._holds(first := digest_file(source)[0], source):
                    # The name is the digest of what was copied: somebody may have written to the file in between.
                    digest = self._place(first, lambda file: _copy(source, file))
                elif digest is None:
                    digest = first
                elif not self._holds(digest, source):
                    source.seek(0)
                    self._place(digest, lambda file: shutil.copyfileobj(source, file, 1 << 20))
            if move:
                path.unlink()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}", fix="Check that the file is there and readable") from error
        return digest

    def path(self, digest: str) -> Path:
        """Where the blob lies. Raises `StoreError` when there is none, or ``digest`` is not a SHA-256 in hexadecimal digits."""
        path = self.place(digest)
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

    def read(self, digest: str) -> bytes:
        """The bytes of the blob. Raises `StoreError` when there is none, or it does not hold what it is named after."""
        with self.open(digest) as file:
            data = file.read()
        if digest_of(data) != digest:
            raise StoreError(
                f"The blob {digest} is damaged",
                cause=f"{self.place(digest)} does not hold what it is named after; the disk or another program changed it",
                fix="Copy that file from a backup of the store; or run the pipeline on the document again with --fresh",
            )
        return data

    def exists(self, digest: str) -> bool:
        """Whether the store holds the blob; asking counts as using it, as `put` does, so that `gc` beside a run leaves it."""
        return self._is_used(digest) or self.place(digest).exists()

    def place(self, digest: str) -> Path:
        """Where a blob lies if there is one. Raises `StoreError` when ``digest`` is not a SHA-256 in hexadecimal digits."""
        if not _DIGEST.fullmatch(digest):
            raise StoreError(f"{digest!r} is no digest of a blob", cause="A digest is a SHA-256 in 64 small hexadecimal digits")
        return self.directory / digest[:2] / digest

    def _is_used(self, digest: str) -> bool:
        """Whether the blob is there, and from now on counts as just put; the lock keeps it from being removed in between."""
        place = self.place(digest)
        with contextlib.suppress(OSError), held(place.parent, shared=True):
            os.utime(place)
            return True
        return False

    def _holds(self, digest: str, content: BinaryIO) -> bool:
        """Whether the blob is there, durable, and as it should be; one that a fault of the disk has changed is to be replaced."""
        place = self.place(digest)
        try:
            with held(place.parent, shared=True), place.open("rb") as file:
                if not _same(file, content):
                    return False
                os.utime(place)  # counts as just put, so that `gc` beside a run leaves it
                inode = os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False
        except OSError as error:
            _log.warning("the blob %s cannot be read, and is stored again: %s", digest, error)
            return False
        if self._named.get(digest) != inode:
            with _faults(digest):
                # What has a name was synced before; but whoever gave it that a moment ago may not have come to syncing the name.
                self._folder_of(place)
                sync_directory(place.parent)
            self._remember(digest, inode)
        return True

    def _remember(self, digest: str, inode: int) -> None:
        if len(self._named) >= _REMEMBERED:
            self._named.clear()
        self._named[digest] = inode

    def _folder_of(self, place: Path) -> Path:
        """The folder that a blob lies in, made and durable."""
        folder = place.parent
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            sync_directory(folder.parent)
            self._folders.add(folder)
        return folder

    def _place(self, digest: str, write: Callable[[BinaryIO], object]) -> str:
        """Put what ``write`` writes in the place of ``digest``, or of the digest it returns, and say which that was."""
        place = self.place(digest)
        temporary: Path | None = None
        with _faults(digest):
            try:
                file, temporary = _begin(self._folder_of(place))
                with file:
                    written = write(file)
                    file.flush()
                    if temporary is None:
                        os.fchmod(file.fileno(), 0o444)
                    else:
                        temporary.chmod(0o444)
                    os.fsync(file.fileno())
                    inode = os.fstat(file.fileno()).st_ino
                    if isinstance(written, str) and written != digest:
                        digest, place = written, self.place(written)
                        self._folder_of(place)
                    with held(place.parent, shared=True):
                        if temporary is None:
                            temporary = _name(file, place)
                        if temporary is not None:
                            temporary.rename(place)
                            temporary = None
                sync_directory(place.parent)
                self._remember(digest, inode)
            finally:
                if temporary is not None:
                    temporary.unlink(missing_ok=True)
        return digest


@contextmanager
def _faults(digest: str) -> Iterator[None]:
    """Say as an error of the store what the system does not let happen to a blob."""
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise StoreFull(
                f"The disk is full: blob {digest} cannot be stored",
                cause=str(error),
                fix="Free some space and run again; what was acknowledged is safe",
            ) from error
        raise StoreError(
            f"The blob {digest} cannot be stored: {error}",
            cause="The disk has a fault, or this user may not write there",
            fix="Check the disk and the permissions of the store's folder, and run again",
        ) from error


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


def _same(one: BinaryIO, other: BinaryIO) -> bool:
    """Whether two files have the same bytes."""
    sizes = [file.seek(0, os.SEEK_END) for file in (one, other)]
    if sizes[0] != sizes[1]:
        return False
    for file in (one, other):
        file.seek(0)
    while block := one.read(1 << 20):
        if block != other.read(1 << 20):
            return False
    return True


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    """Copy from the beginning, and give the digest of what was copied."""
    source.seek(0)
    hasher = hashlib.sha256()
    while block := source.read(1 << 20):
        hasher.update(block)
        target.write(block)
    return hasher.hexdigest()
