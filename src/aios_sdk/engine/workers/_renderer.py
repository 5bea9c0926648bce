"""Pictures of pages for whoever is not in a worker: drawn in one of its own, so that the parent parses nothing hostile."""

from __future__ import annotations

import contextlib
import io
import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final, final

import msgspec

from ...records import Document
from ...store import Blobs
from .._plan import PlannedComponent
from ._attendant import Attendant
from ._blame import Blame, blame
from ._channel import log
from ._crew import GRACE
from ._faults import Fault
from ._pictures import unpacked
from ._process import Process, Watch
from ._tasks import Tasks, Unit
from ._wire import Close, Done, Frames, Order, Picture, Render, Report, Said, frame, read_report

if TYPE_CHECKING:
    from PIL.Image import Image

_BLOCK: Final = 1 << 20


class Renderer:
    """Draws pages in a worker that it keeps, and blocks meanwhile. ``timeout`` is in seconds, for one page."""

    def __init__(self, attendant: Attendant, tasks: Tasks, *, timeout: float, opening: float) -> None:
        self._attendant = attendant
        self._tasks = tasks
        self._timeout = timeout
        self._opening = opening
        self._process: Process | None = None
        self._lock = threading.Lock()

    def render(self, component: PlannedComponent, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page`` by the component that ingested ``document``.

        Raises `Unsupported` when it draws none, whatever error of the SDK it raises, and a `StepError` when it was late, took too much
        memory or ended its worker.
        """
        with self._lock:
            number = self._tasks.number(component)
            unit = Unit(document.only(frozenset({"pages"})), page)
            found = self._draw(number, unit, dpi)
            if isinstance(found, Blame) and found.is_nobodys:
                found = self._draw(number, unit, dpi)  # its worker had ended before, perhaps long ago
        if isinstance(found, Blame):
            found = found.fault
        if isinstance(found, Fault):
            raise found.error()
        return unpacked(found, component.id)

    def close(self) -> None:
        """Have its worker close its components; a picture that is being drawn meanwhile is not waited for."""
        process, self._process = self._process, None
        if process is not None and process.watch is None:
            with contextlib.suppress(OSError):
                process.connection.sendall(frame(Close(), process.key))
            self._attendant.bury(process, grace=GRACE, verdict="not needed").result()
            process.connection.close()

    def _draw(self, component: int, unit: Unit, dpi: int) -> Picture | Fault | Blame:
        process = self._process = self._process or self._attendant.start().result()
        piece = self._tasks.piece(unit)
        task, watch = self._tasks.begin(process, component, [piece], timeout=self._timeout)
        try:
            found = self._exchange(process, Render(task, piece, dpi)) if self._attendant.ask(process, watch) else None
        except BaseException:  # interrupted
            self._process = None
            self._attendant.bury(process, grace=0.0, verdict="not needed")
            raise
        process.rest()
        return found or self._blame(process, watch, component)

    def _exchange(self, process: Process, order: Order) -> Picture | Fault | None:
        """The picture, or the fault that came in its place; None when the worker has ended."""
        picture: Picture | None = None
        for report in _reports(process, order):
            if isinstance(report, Picture):
                picture = report
            elif isinstance(report, Done):
                return report.fault or picture
        return None

    def _blame(self, process: Process, watch: Watch, component: int) -> Blame:
        self._process = None
        try:
            end = self._attendant.bury(process).result()
        finally:
            process.connection.close()
        state = process.board.read()
        shutil.rmtree(process.scratch, ignore_errors=True)
        return blame(end, state, watch, self._tasks.id(component), self._tasks.id(state.opening), self._opening)


@final
class Host:
    """What lends the documents that ``component`` ingested their bytes and their pictures, outside of workers; see `Pool.host`."""

    __slots__ = ("_blobs", "_renderer", "component", "content")

    def __init__(self, component: PlannedComponent, blobs: Blobs, renderer: Renderer, content: bytes | None) -> None:
        self.component: Final = component
        self.content: Final = content
        self._blobs = blobs
        self._renderer = renderer

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return self._blobs.open(document.content_id) if self.content is None else io.BytesIO(self.content)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``; see `Renderer.render`."""
        return self._renderer.render(self.component, document, page, dpi)


def _reports(process: Process, order: Order) -> Iterator[Report]:
    """What a worker says to an order, until it has ended or says something else than reports."""
    frames = Frames(process.key)
    try:
        process.connection.sendall(frame(order, process.key))
        while data := process.connection.recv(_BLOCK):
            for body in frames.feed(data):
                report = read_report(body)
                if isinstance(report, Said):
                    log(report)
                else:
                    yield report
    except (OSError, ValueError, msgspec.MsgspecError):
        return
