"""From a source to a document and its children: bytes kept by hash, types detected, limits held."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, final

import msgspec

from ..errors import ContractError, InputError, LimitExceeded, Malformed
from ..records import Document, Source, UnitFailure, digest, document_id
from ..store import INLINE_BYTES, Blobs
from ._limits import Budget, Limits
from .detection import detect, disagreement
from .workers._faults import fault_of, readable
from .workers._results import settled_tables


class Admitted(NamedTuple):
    """A source whose bytes are in the blobs, with its identity; or why they are not."""

    source: Source
    failure: UnitFailure | None = None


class Ingested(NamedTuple):
    """What an ingest component made of a source: at most one document, its children, and what went wrong after them."""

    document: Document | None
    children: tuple[Admitted, ...]
    failure: UnitFailure | None


def sources_of(inputs: object) -> Iterator[Source]:
    """The sources named by paths, `Source` objects, or an iterable of them.

    A path that an iterable names and that is not there becomes a source that fails on its own; `check_inputs` refuses the others before.
    """
    if isinstance(inputs, str | Path):
        yield _source_of_path(Path(inputs))
    elif isinstance(inputs, Source):
        yield inputs if inputs.key else msgspec.structs.replace(inputs, key=inputs.name)
    elif isinstance(inputs, Iterable) and not isinstance(inputs, bytes):
        for each in inputs:
            yield from sources_of(each)
    else:
        raise _no_input(inputs)


def names_of(inputs: object) -> tuple[str, ...]:
    """How the inputs are named in the record of the run."""
    if isinstance(inputs, Source):
        return (inputs.key or inputs.name,)
    if isinstance(inputs, str | Path):
        return (str(inputs),)
    if isinstance(inputs, list | tuple):
        return tuple(name for each in inputs for name in names_of(each))
    return (type(inputs).__name__,)


def check_inputs(inputs: object) -> None:
    """Refuse paths that are not there before anything is done. Iterators are left alone, since looking would use them up."""
    if isinstance(inputs, str | Path):
        if not str(inputs) or not Path(inputs).exists():
            raise InputError(f"There is no file or folder {str(inputs)!r}", cause=f"Looked in {Path.cwd()}", fix="Check the path")
        if is_special(str(inputs)):
            raise InputError(f"{inputs} is no regular file", cause="It is a pipe, a socket or a device", fix="Give files and folders")
    elif isinstance(inputs, list | tuple):
        for each in inputs:
            check_inputs(each)
    elif isinstance(inputs, bytes) or not isinstance(inputs, Source | Iterable):
        raise _no_input(inputs)


def _no_input(given: object) -> InputError:
    return InputError(f"A {type(given).__name__} is no input", fix="Give paths, Source objects, or an iterable of them")


def _source_of_path(path: Path) -> Source:
    origin = str(path.absolute())
    if path.is_dir():
        return Source(name=path.name or str(path.resolve()), path=str(path), media_type="inode/directory", origin=origin)
    return Source(name=path.name, path=str(path), key=path.name, origin=origin)


def key_below(container: Source, child: Source) -> str:
    """The key of what lies in a folder: its path below the input root."""
    return child.key or (f"{container.key}/{child.name}" if container.key else child.name)


def is_special(path: str) -> bool:
    """Whether ``path`` is there and neither a file nor a folder; reading from a pipe or device might never end."""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def admit(source: Source, blobs: Blobs, *, origin: str, position: int, media_type: str = "", by_worker: bool = False) -> Admitted:
    """Keep the bytes, detect the type, and give the source its identity. ``origin`` is its key, or its parent's document id.

    ``media_type`` is what was detected, if it was; ``by_worker`` says that a worker yielded it, which keeps bytes by itself.
    """
    failure = None
    content_id, size, data = "", source.size, source.data
    detected, media_type = media_type, media_type or source.media_type
    try:
        if source.refused or (data is None and not source.path):
            raise LimitExceeded(f"{source.name} was not handed over: {source.refused or 'its bytes are missing'}")
        is_kept = by_worker and bool(source.content_id) and blobs.exists(source.content_id)
        if data is None and not is_kept:
            if is_special(source.path):
                raise InputError(
                    f"{source.name} is no regular file", cause="It is a pipe, a socket or a device", fix="Give files and folders"
                )
            data = _small(Path(source.path))
        if is_kept:
            content_id, size = source.content_id, blobs.path(source.content_id).stat().st_size
        elif data is None:
            content_id, size = blobs.put_file(Path(source.path)), Path(source.path).stat().st_size
        elif len(data) > INLINE_BYTES:
            content_id, size, data = blobs.put(data), len(data), None
        else:
            content_id, size = digest(data), len(data)
        media_type = detected or detect(source)
        if not size:
            raise Malformed(f"{source.name} is empty", fix="Ask the sender for it again")
    except OSError as error:
        problem = InputError(
            f"Cannot read {source.path!r}: {error.strerror or error}", fix="Check its permissions, then run again", document=source.name
        )
        failure = fault_of(problem, "the host").failure()
    except (InputError, LimitExceeded, Malformed) as error:
        failure = fault_of(error, "the host").failure()
    identity = document_id(origin, position, content_id)
    admitted = msgspec.structs.replace(
        source,
        content_id=content_id,
        size=size,
        media_type=media_type,
        media_declared=disagreement(source.name, source.media_type, media_type) if size else "",
        document_id=identity,
        position=position,
        data=data,
        path=str(blobs.path(content_id)) if content_id and data is None else source.path,
        root=source.root or identity,
    )
    return Admitted(admitted, failure)


def _small(path: Path) -> bytes | None:
    """All bytes of a file that is small enough to be kept with its record; None when it is not."""
    with path.open("rb") as file:
        data = file.read(INLINE_BYTES + 1)
    return data if len(data) <= INLINE_BYTES else None


@final
class Unfolding:
    """Takes what an ingest component yields for one source, within the limits; each child's bytes are kept before the next is asked for."""

    def __init__(self, source: Source, component: str, *, blobs: Blobs, limits: Limits, budget: Budget, by_worker: bool) -> None:
        self._source = source
        self._by_worker = by_worker
        self._component = component
        self._blobs = blobs
        self._limits = limits
        self._budget = budget
        self._document: Document | None = None
        self._children: list[Admitted] = []

    def take(self, item: object) -> None:
        """Take a document or a child. Raises `ContractError` for anything else and for a second document, `LimitExceeded`."""
        if isinstance(item, Document):
            if self._document is not None:
                raise ContractError(
                    "ingest yielded two documents from one source", fix="Yield the others as child sources", component=self._component
                )
            self._document = self._settled(item)
        elif isinstance(item, Source):
            if len(self._children) >= self._limits.children:
                raise LimitExceeded(
                    f"{self._source.name} holds more than {self._limits.children} parts", fix="Raise limits.children if this is wanted"
                )
            child = admit(
                self._placed(item), self._blobs, origin=self._source.document_id, position=len(self._children), by_worker=self._by_worker
            )
            self._budget.take(child.source.size, self._source.name)
            self._children.append(child)
        else:
            raise ContractError(f"ingest yielded {type(item).__name__}", fix="Yield Document or Source objects", component=self._component)

    def end(self, failure: UnitFailure | None = None) -> Ingested:
        """What was taken, and what went wrong after it."""
        return Ingested(self._document, tuple(self._children), failure)

    def _settled(self, document: Document) -> Document:
        if not document.tables:
            return document
        tables = settled_tables(document.tables, self._blobs, self._component)
        return document.with_layers(msgspec.structs.replace(document.layers, tables=tables))

    def _placed(self, child: Source) -> Source:
        parent = self._source
        placed = msgspec.structs.replace(
            child, name=readable(child.name), key="", parent=parent.document_id, depth=parent.depth + 1, root=parent.root
        )
        if placed.depth <= self._limits.depth:
            return placed
        refused = placed.refused or f"it lies {placed.depth} levels deep; the limit is {self._limits.depth}"
        return msgspec.structs.replace(placed, refused=refused, data=None, path="")
