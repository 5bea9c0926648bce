"""What a worker does for an order: calls a component for each piece, takes what an ingest yields, draws a page."""

from __future__ import annotations

import io
import resource
import stat
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import msgspec

from ...errors import ContractError, LimitExceeded, StepError, StoreError, Unsupported
from ...plugins import Implementation
from ...records import Document, Result, Source
from ...stages import Context
from ...store import INLINE_BYTES, Blobs
from ._board import Board
from ._components import Components
from ._faults import Fault, fault_of
from ._line import Line
from ._pictures import packed, unpacked
from ._results import results_of, settled, settled_tables
from ._scratch import Scratch
from ._wire import IN_PARENT, LARGEST, Answer, Call, Found, Ingest, Next, Piece, Render, Shown, Wanted, encode

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from PIL.Image import Image

_END: Final = object()


class Work:
    """Carries out orders with the components that a worker has open."""

    def __init__(self, components: Components, board: Board, line: Line, blobs: Blobs, scratch: Path) -> None:
        self._components = components
        self._board = board
        self._line = line
        self._blobs = blobs
        self._scratch = Scratch(scratch / "step")

    @cached_property
    def _loop(self) -> AbstractEventLoop:
        import asyncio

        return asyncio.new_event_loop()

    # -- calls --------------------------------------------------------------------------------------------------------

    def call(self, order: Call) -> bool:
        """Send an answer for each piece; or True when all at once did not work, and each should be tried alone."""
        component = order.task.component
        implementation = self._implementation(component, order.stage)
        if order.together and len(order.pieces) > 1 and implementation.batch is not None:
            return self._together(order, implementation.batch)
        cpu = _cpu()
        for place, piece in enumerate(order.pieces):
            begun, cpu_before = time.perf_counter(), cpu
            result, fault = None, None
            self._board.work(place)
            try:
                with self._scratch as scratch:
                    found = implementation.call(document=self._lent(piece), context=_context(order, scratch))
                    result = self._packed(self._awaited(found, implementation), order)
            except BaseException as error:  # noqa: BLE001 - extensions raise panics that are no Exception, and parsers call sys.exit
                fault = fault_of(error, self._components.id(component))
            self._board.rest()
            cpu = _cpu()
            self._line.send(Answer(place, result, fault, time.perf_counter() - begun, cpu - cpu_before))
        return False

    def _together(self, order: Call, batch: Implementation) -> bool:
        begun, cpu, count = time.perf_counter(), _cpu(), len(order.pieces)
        component = self._components.id(order.task.component)
        self._board.work(0)
        with self._scratch as scratch:
            try:
                found = batch.call(documents=[self._lent(piece) for piece in order.pieces], context=_context(order, scratch, count))
                results = results_of(self._awaited(found, batch), count, f"{order.stage}_batch", component)
            except ContractError:
                raise
            except BaseException:  # noqa: BLE001 - whose fault it was is found out by trying each alone
                return True
            packed = [self._settled_or_fault(result, order, component) for result in results]
        self._board.rest()
        wall, cpu = (time.perf_counter() - begun) / count, (_cpu() - cpu) / count
        for place, (result, fault) in enumerate(packed):
            self._line.send(Answer(place, result, fault, wall, cpu))
        return False

    def _settled_or_fault(self, found: object, order: Call, component: str) -> tuple[bytes | None, Fault | None]:
        if isinstance(found, StepError):
            return None, fault_of(found, component)
        try:
            return self._packed(found, order), None
        except Exception as error:  # noqa: BLE001 - one that cannot be used costs only its own document
            return None, fault_of(error, component)

    def _implementation(self, component: int, stage: str) -> Implementation:
        instance = self._components.get(component)
        implementation = instance.implementation(stage)
        if implementation is None:
            raise Unsupported(f"{instance.info.id} does not implement {stage}", component=instance.info.id)
        return implementation

    def _awaited(self, found: Any, implementation: Implementation) -> Any:
        return self._loop.run_until_complete(found) if implementation.is_async else found

    def _packed(self, found: object, order: Call) -> bytes:
        component = self._components.id(order.task.component)
        return _encoded(settled(found, order.stage, self._blobs, component), component)

    # -- ingest -------------------------------------------------------------------------------------------------------

    def ingest(self, order: Ingest) -> None:
        """Send what the component yields: a document at once, each source when the parent asks for it; its time runs only in between."""
        component = self._components.id(order.task.component)
        implementation = self._implementation(order.task.component, "ingest")
        with self._scratch as scratch:
            begun = time.monotonic()
            context = _context(order, scratch)
            self._board.work(0)
            found: Iterator[Any] = iter(implementation.call(source=order.source, context=context))
            while (item := next(found, _END)) is not _END:
                report = self._found(item, component)
                used = time.monotonic() - begun
                self._board.rest()
                self._line.send(report)
                if report.source is None:
                    self._line.flush()  # it is there whatever becomes of what follows
                elif not isinstance(self._line.receive(), Next):
                    return
                self._board.work(0, used)
                begun = time.monotonic() - used
                if context.deadline is not None and order.timeout is not None:  # waiting costs the component nothing
                    context.deadline = begun + order.timeout  # type: ignore[misc]  # final for components

    def _found(self, item: object, component: str) -> Found:
        if isinstance(item, Document):
            if item.tables:
                item = item.with_layers(msgspec.structs.replace(item.layers, tables=settled_tables(item.tables, self._blobs, component)))
            return Found(document=_encoded(item, component))
        if isinstance(item, Source):
            return Found(source=_encoded(self._kept(item), component))
        raise ContractError(f"ingest yielded {type(item).__name__}", fix="Yield Document or Source objects", component=component)

    def _kept(self, source: Source) -> Source:
        """A child with its bytes in the blobs, or with it if they are few. One that has none is handed on, to be refused."""
        if source.refused:
            return source
        path = Path(source.path)
        if source.data is None:
            if not source.path or not _is_file(source.path):
                return source
            size = path.stat().st_size
            if size <= INLINE_BYTES:
                return msgspec.structs.replace(source, data=path.read_bytes(), path="")
            content = self._blobs.put_file(path)
        else:
            size = len(source.data)
            if size <= INLINE_BYTES:
                return source
            content = self._blobs.put(source.data)
        return msgspec.structs.replace(source, data=None, path=str(self._blobs.path(content)), content_id=content, size=size)

    # -- render -------------------------------------------------------------------------------------------------------

    def render(self, order: Render) -> None:
        """Send a picture of the piece's page."""
        document, page = self._lent(order.piece), order.piece.page
        assert page is not None  # the parent asks for one
        self._components.get(order.task.component)
        self._board.work(0)
        image = self.draw(order.task.component, document, page, order.dpi)
        picture = packed(image, page, order.dpi)
        self._board.rest()
        self._line.send(picture)

    def ask(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of a page by a component of the parent's."""
        self._line.send(Wanted(document.id, page, dpi))
        shown = self._line.receive()
        if not isinstance(shown, Shown):
            raise StoreError("The picture was not sent", cause="The run is ending", document=document.id)
        if shown.picture is None:
            assert shown.fault is not None
            raise shown.fault.error()
        return unpacked(shown.picture, "the host")

    def draw(self, component: int, document: Document, page: int, dpi: int) -> Image:
        """A picture of a page by the component that ingested the document."""
        from PIL import Image

        instance = self._components.get(component)
        implementation = instance.implementation("render")
        if implementation is None:
            raise Unsupported(f"{instance.info.id} does not render pages", component=instance.info.id, document=document.id)
        found = implementation.call(document=document, page=page, dpi=dpi)
        if not isinstance(found, Image.Image):
            raise ContractError(
                f"render returned {type(found).__name__}, not an image", fix="Return a PIL.Image.Image", component=instance.info.id
            )
        return found

    def _lent(self, piece: Piece) -> Document:
        """The document of a piece, able to open its bytes and draw its pages, and so are its members."""
        return _lend(piece.document, _Lender(self, self._blobs, piece))


class _Lender:
    """What lends the documents of one piece their bytes and pictures."""

    __slots__ = ("_blobs", "_piece", "_work")

    def __init__(self, work: Work, blobs: Blobs, piece: Piece) -> None:
        self._work = work
        self._blobs = blobs
        self._piece = piece

    def open(self, document: Document) -> BinaryIO:
        content = self._piece.contents.get(document.id)
        return self._blobs.open(document.content_id) if content is None else io.BytesIO(content)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        component = self._piece.renderers.get(document.id)
        if component is None:
            raise StoreError(
                f"Nobody here draws the pages of {document.name or 'this document'!r}",
                cause="It was not ingested in this run",
                document=document.id or None,
            )
        if component == IN_PARENT:
            return self._work.ask(document, page, dpi)
        return self._work.draw(component, document, page, dpi)


def _lend(document: Document, lender: _Lender) -> Document:
    for member in document.members:
        _lend(member.document, lender)
    return document.bind(lender)


def _context(order: Call | Ingest, scratch: Path, pieces: int = 1) -> Context:
    deadline = None if order.timeout is None else time.monotonic() + order.timeout * pieces
    return Context(run=order.run, step=order.step, scratch=scratch, deadline=deadline)


def _encoded(record: Result | Document | Source, component: str) -> bytes:
    try:
        data = encode(record)
    except Exception as error:
        raise ContractError(
            f"{type(record).__name__} holds what no record can hold: {type(error).__name__}: {error}",
            fix="Give the types that its fields are annotated with",
            component=component,
        ) from error
    if len(data) > LARGEST >> 1:
        raise LimitExceeded(f"{type(record).__name__} takes {len(data):,} bytes", fix="Give less at a time", component=component)
    return data


def _is_file(path: str) -> bool:
    try:
        return stat.S_ISREG(Path(path).stat().st_mode)
    except OSError:
        return False


def _cpu() -> float:
    """Seconds of processor time that this process and its ended children have taken."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
