"""Checking the blobs: that each holds the bytes it is named after, and that none is missing that a row refers to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from ..errors import StoreError
from ..records import digest_file
from ._blobs import Blobs
from ._difference import Difference

_RUN_AGAIN: Final = "Copy that file from a backup of the store; or delete it and run the pipeline on the document again with --fresh"
_TRAIN_AGAIN: Final = "Copy that file from a backup of the store; or train the model again"


class BlobCheck:
    """Rehashes every file below the folder of ``blobs``; ``told`` hears of the bytes of each."""

    def __init__(self, blobs: Blobs, told: Callable[[int], object] = lambda size: None) -> None:
        self._blobs = blobs
        self._told = told
        self.count = self.size = 0

    def differences(self) -> Iterator[Difference]:
        """What is wrong with the files that are there, in the order of their names."""
        for folder in _entries(self._blobs.directory):
            for path in _entries(folder) if folder.is_dir() else [folder]:
                # A name that begins with a dot is of a blob that is being written, or was when its process was killed.
                if path.name.startswith("."):
                    continue
                try:
                    yield from self._check(path)
                except FileNotFoundError:
                    continue  # removed meanwhile, as no row refers to it
                except OSError as error:
                    yield _difference(path, f"The blob {path} cannot be read: {error.strerror}", path.name)

    def missing(self, references: Iterable[tuple[str, str, str]]) -> Iterator[Difference]:
        """The blobs that are not there, out of digests, each with the document or the model that needs it."""
        for digest, document, model in references:
            who = f"document {document}" if document else f"model {model}"
            try:
                path = self._blobs.place(digest)
            except StoreError:
                what = f"{who[:1].upper()}{who[1:]} refers to {digest!r}, which names no blob"
                yield _difference(self._blobs.directory, what, digest, document, model)
                continue
            if not path.exists():
                yield _difference(path, f"The blob {digest} of {who} is missing: there is no {path}", digest, document, model)

    def _check(self, path: Path) -> Iterator[Difference]:
        with path.open("rb") as file:
            digest, size = digest_file(file)
        self.count += 1
        self.size += size
        self._told(size)
        if path.name != digest or path.parent.name != digest[:2] or path.parent.parent != self._blobs.directory:
            yield _difference(
                path, f"The blob {path} does not hold what it is named after: the SHA-256 of its {size:,} bytes is {digest}", path.name
            )


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(Path(entry.path) for entry in os.scandir(folder))
    except FileNotFoundError:
        return []


def _difference(path: Path, what: str, blob: str, document: str = "", model: str = "") -> Difference:
    found = Difference(part="blob", what=what, fix=_RUN_AGAIN, file=str(path), blob=blob)
    return owned(found, document, model)


def owned(difference: Difference, document: str, model: str) -> Difference:
    """The same, with who needs the blob; a model is no result of a run."""
    if not model or document:
        return msgspec.structs.replace(difference, document_id=document)
    what = difference.what if model in difference.what else f"{difference.what}; it is of the model {model}"
    return msgspec.structs.replace(difference, model=model, what=what, fix=_TRAIN_AGAIN)
