"""What lends documents their bytes and their pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, final

from ..errors import Unsupported
from ..records import Document
from ..store import Blobs
from ._plan import PlannedComponent
from ._workers import Workers

if TYPE_CHECKING:
    from PIL.Image import Image


@final
class WorkerHost:
    """Opens documents from the blobs; renders with the component that ingested them, in the thread that asks."""

    __slots__ = ("_blobs", "_component", "_content", "_workers")

    def __init__(self, blobs: Blobs, workers: Workers, component: PlannedComponent, content: bytes | None = None) -> None:
        self._blobs = blobs
        self._content = content
        self._workers = workers
        self._component = component

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return io.BytesIO(self._content) if self._content is not None else self._blobs.open(document.content_id)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``. Raises `Unsupported` when the component that ingested the document draws none."""
        implementation = self._workers.instance(self._component).implementation("render")
        if implementation is None:
            raise Unsupported(f"{self._component.id} does not render pages", component=self._component.id, document=document.id)
        picture: Image = implementation.call(document=document, page=page, dpi=dpi)
        return picture
