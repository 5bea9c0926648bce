"""From a source to a document and its children: bytes kept by hash, types detected, limits held."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from ..errors import ContractError, InputError, LimitExceeded, Malformed
from ..records import Document, Source, UnitFailure, digest, document_id
from ..stages import Context
from ..store import INLINE_BYTES, Blobs
from ._calls import failure_of, readable, settle_tables
from ._detect import detect
from ._limits import Budget, Limits
from ._plan import PlannedComponent
from ._workers import Workers


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


def admit(source: Source, blobs: Blobs, *, origin: str, position: int) -> Admitted:
    """Keep the bytes, detect the type, and give the source its identity. ``origin`` is its key, or its parent's document id."""
    failure = None
    content_id, size, media_type, data = "", source.size, source.media_type, source.data
    try:
        if source.refused or (data is None and not source.path):
            raise LimitExceeded(f"{source.name} was not handed over: {source.refused or 'its bytes are missing'}")
        if data is None:
            if is_special(source.path):
                raise InputError(
                    f"{source.name} is no regular file", cause="It is a pipe, a socket or a device", fix="Give files and folders"
                )
            data = _small(Path(source.path))
        if data is None:
            content_id, size = blobs.put_file(Path(source.path)), Path(source.path).stat().st_size
        elif len(data) > INLINE_BYTES:
            content_id, size, data = blobs.put(data), len(data), None
        else:
            content_id, size = digest(data), len(data)
        media_type = detect(source)
        if not size:
            raise Malformed(f"{source.name} is empty", fix="Ask the sender for it again")
    except OSError as error:
        problem = InputError(
            f"Cannot read {source.path!r}: {error.strerror or error}", fix="Check its permissions, then run again", document=source.name
        )
        failure = failure_of(problem, "the host")
    except (InputError, LimitExceeded, Malformed) as error:
        failure = failure_of(error, "the host")
    identity = document_id(origin, position, content_id)
    admitted = msgspec.structs.replace(
        source,
        content_id=content_id,
        size=size,
        media_type=media_type,
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


def ingest(
    component: PlannedComponent,
    source: Source,
    *,
    workers: Workers,
    blobs: Blobs,
    limits: Limits,
    budget: Budget,
    run: str,
    step: str,
    timeout: float | None,
) -> Ingested:
    """Call the component and take what it yields; each child's bytes are kept before the next is asked for. Never raises what it raised."""
    document: Document | None = None
    children: list[Admitted] = []
    try:
        implementation = workers.instance(component).implementation("ingest")
        assert implementation is not None  # the planner chose it for this stage
        with workers.scratch() as scratch:
            deadline = None if timeout is None else time.monotonic() + timeout
            context = Context(run=run, step=step, scratch=scratch, deadline=deadline)
            for item in implementation.call(source=source, context=context):
                context.remaining()
                if isinstance(item, Document):
                    if document is not None:
                        raise ContractError(
                            "ingest yielded two documents from one source", fix="Yield the others as child sources", component=component.id
                        )
                    document = _settled(item, blobs)
                elif isinstance(item, Source):
                    if len(children) >= limits.children:
                        raise LimitExceeded(
                            f"{source.name} holds more than {limits.children} parts", fix="Raise limits.children if this is wanted"
                        )
                    child = _child(item, source, len(children), limits, blobs)
                    budget.take(child.source.size, source.name)
                    children.append(child)
                else:
                    raise ContractError(
                        f"ingest yielded {type(item).__name__}", fix="Yield Document or Source objects", component=component.id
                    )
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
        return Ingested(document, tuple(children), failure_of(error, component.id))
    return Ingested(document, tuple(children), None)


def _settled(document: Document, blobs: Blobs) -> Document:
    if not document.tables:
        return document
    layers = msgspec.structs.replace(document.layers, tables=settle_tables(document.tables, blobs))
    return msgspec.structs.replace(document, layers=layers)


def _child(child: Source, parent: Source, position: int, limits: Limits, blobs: Blobs) -> Admitted:
    placed = msgspec.structs.replace(
        child, name=readable(child.name), key="", parent=parent.document_id, depth=parent.depth + 1, root=parent.root
    )
    if placed.depth > limits.depth:
        placed = msgspec.structs.replace(
            placed, refused=placed.refused or f"it lies {placed.depth} levels deep; the limit is {limits.depth}", data=None, path=""
        )
    return admit(placed, blobs, origin=parent.document_id, position=position)
