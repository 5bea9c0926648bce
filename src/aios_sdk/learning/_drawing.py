"""Bytes and pictures of documents that a run read, when the run has ended and its workers are gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, final

from ..errors import Unsupported
from ..plugins import Instance, Registry
from ..records import Document, canonical
from ..store import Store

if TYPE_CHECKING:
    from PIL.Image import Image


@contextmanager
def drawing(store: Store) -> Iterator[Host]:
    """What lends the documents of ``store`` their bytes and pictures; it closes what drew them when it is done with."""
    host = Host(store)
    try:
        yield host
    finally:
        host.close()


@final
class Host:
    """Bytes of documents of a store, and pictures of pages by the component that ingested each, in this process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._instances: dict[tuple[str, bytes], Instance] = {}

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return self._store.document(document.id).open()

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``. Raises `Unsupported` where nothing draws it, and whatever drawing raises."""
        maker = self._store.explain(document.id).origins[0].ingested_by
        if maker is None:
            raise Unsupported("nothing ingested the document, so nothing draws its pages")
        key = maker.component, canonical(maker.config)
        if key not in self._instances:
            self._instances[key] = Registry.default().create(maker.component, maker.config)
        draw = self._instances[key].implementation("render")
        if draw is None:
            raise Unsupported(f"{maker.component} draws no pages")
        picture: Image = draw.call(document=document, page=page, dpi=dpi)
        return picture

    def close(self) -> None:
        """Close the components that drew."""
        for instance in self._instances.values():
            instance.close()
        self._instances.clear()
