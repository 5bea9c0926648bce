"""What lends documents their bytes and their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, final

from ..errors import Unsupported
from ..plugins import Registry
from ..records import Document
from ..store import Blobs, Store
from ._plan import PlannedComponent
from ._workers import Workers

if TYPE_CHECKING:
    from PIL.Image import Image


@final
class WorkerHost:
    """Opens documents from the blobs; renders with the component that ingested them, in the thread that asks."""

    __slots__ = ("_blobs", "_component", "_workers")

    def __init__(self, blobs: Blobs, workers: Workers, component: PlannedComponent) -> None:
        self._blobs = blobs
        self._workers = workers
        self._component = component

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return self._blobs.open(document.content_id)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``. Raises `Unsupported` when the component that ingested the document draws none."""
        implementation = self._workers.instance(self._component).implementation("render")
        if implementation is None:
            raise Unsupported(f"{self._component.id} does not render pages", component=self._component.id, document=document.id)
        picture: Image = implementation.call(document=document, page=page, dpi=dpi)
        return picture


@final
class StoreHost:
    """The same for a document taken from a store: its component is created when a picture is first asked for. Close it after use."""

    def __init__(self, store: Store, registry: Registry, component: PlannedComponent) -> None:
        self._workers = Workers(registry, 1)
        self._inner = WorkerHost(store.blobs, self._workers, component)

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return self._inner.open(document)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``."""
        return self._inner.render(document, page, dpi)

    def close(self) -> None:
        """Close the component."""
        self._workers.close_components()
