"""Where bytes come from."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..errors import InputError, LimitExceeded


class Source(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Bytes to ingest, and the key under which they were delivered.

    Given by the user as a path, or yielded by an ingest component as a child (an attachment, a member of an archive). A component
    gives ``name`` and either ``data`` or ``path`` (a file, also in its scratch directory), and ``media_type`` when it knows it;
    the engine fills in the rest and detects the type from the bytes. Example::

        yield Source(name="factur-x.xml", data=xml, media_type="application/xml")

    Attributes:
        name: the file name as given; never trusted as a path.
        key: what the delivery is known by: a path under its input root, a message id, an event id. Empty for a child.
        origin: the place it came from, such as the absolute path of a file; the same key in two places is two deliveries. Empty for bytes
            that were given with a key.
        media_type: lower case, without parameters; ``inode/directory`` for a folder; empty when unknown.
        media_declared: the type that the name promises, or the sender declared, where the bytes are of another; set by the engine.
        path: a local file that holds the bytes.
        data: the bytes themselves.
        document_id, content_id, size, parent, position, depth, root: identity and place in the tree; set by the engine.
        refused: why the bytes were not handed over (over a limit); the part becomes a failure of category ``limit`` and nothing else
        suffers.
    """

    name: str
    path: str = ""
    data: bytes | None = None
    media_type: str = ""
    media_declared: str = ""
    key: str = ""
    origin: str = ""
    document_id: str = ""
    content_id: str = ""
    size: int = 0
    parent: str = ""
    position: int = 0
    depth: int = 0
    root: str = ""
    refused: str = ""

    def read(self, limit: int | None = None) -> bytes:
        """All bytes, at most ``limit`` of them.

        Raises `InputError` when the file is not there or cannot be read, and `LimitExceeded` where there are more, after reading one more
        than ``limit``. Example::

            data = source.read(self.config.max_size)
        """
        with self.open() as file:
            data = file.read(-1 if limit is None else limit + 1)
        if limit is not None and len(data) > limit:
            raise LimitExceeded(
                f"{self.name!r} has more than {limit:,} bytes",
                cause="It is larger than the component that reads it takes",
                fix="Raise max_size of that component if you trust where the file comes from, or split it",
                document=self.name,
            )
        return data

    def open(self) -> BinaryIO:
        """A binary file on the bytes, to be closed by the caller. Raises `InputError` when it cannot be opened."""
        if self.data is not None:
            return io.BytesIO(self.data)
        try:
            return Path(self.path).open("rb")
        except OSError as error:
            raise InputError(
                f"Cannot read {self.path!r}: {error.strerror}",
                cause="The file was moved, or this user may not read it",
                fix="Check the path and its permissions, then run again",
                document=self.name,
            ) from error

    def head(self, size: int = 4096) -> bytes:
        """The first ``size`` bytes, for telling what it is."""
        with self.open() as file:
            return file.read(size)
