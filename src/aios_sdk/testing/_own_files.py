"""An author's own files as examples: sources for ingest, and documents as the installed ingest components make them."""

from __future__ import annotations

import io
import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec.structs import replace

from aios_sdk.engine import detect
from aios_sdk.errors import InputError, Unsupported, UsageError
from aios_sdk.plugins import Instance, Registry
from aios_sdk.records import Document, Source, digest, document_id
from aios_sdk.stages import Context, Resources

from ._answers import gathered

if TYPE_CHECKING:
    from PIL.Image import Image


def source_of(path: Path) -> Source:
    """The file at ``path`` as a source, in memory, with its media type and the identity that the engine gives. Raises `InputError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"Cannot read {str(path)!r}: {error.strerror}", fix="Give a file that is there") from error
    content = digest(data)
    identity = document_id(path.name, 0, content)
    source = Source(name=path.name, key=path.name, data=data, document_id=identity, content_id=content, size=len(data), root=identity)
    return replace(source, media_type=detect(source))


def document_of(path: Path, registry: Registry) -> Document:
    """The document in the file at ``path``, ingested by the component of ``registry`` that fits it best; its pages can be drawn.

    What is packed into it (attachments, members) is left out. Raises `InputError`, `UsageError` when the file holds no document itself,
    `UnknownComponent` when nothing ingests it, and what the ingest component raises.
    """
    source = source_of(path)
    instance = registry.create(registry.choose("ingest", source.media_type).component.id)
    host = _Host(source, instance)
    implementation = instance.implementation("ingest")
    assert implementation is not None  # it was chosen for this stage
    context = Context(run="kit", step="ingest", scratch=host.folder / "step")
    found = gathered(implementation.call(source=source, context=context)).document
    if found is None:
        raise UsageError(f"{str(path)!r} holds no document itself", cause="It is a mere container", fix="Give one of the files in it")
    bare = Document(
        id=source.document_id,
        name=source.name,
        media_type=source.media_type,
        content_id=source.content_id,
        size=source.size,
        key=source.key,
        root=source.root,
    )
    return bare.bind(host).add(f"ingest.{instance.info.id}", found.layers)


class _Host:
    """Lends a document its bytes and pictures, for as long as somebody holds the document."""

    def __init__(self, source: Source, instance: Instance) -> None:
        self._source: Final = source
        self._instance: Final = instance
        self.folder: Final = Path(tempfile.mkdtemp(prefix="aios-kit-"))
        weakref.finalize(self, _forget, instance, self.folder)
        (self.folder / "step").mkdir()
        instance.open(Resources(scratch=self.folder))

    def __reduce__(self) -> tuple[Callable[..., _Host], tuple[Source, str]]:
        # In another process the component is opened anew; what it holds open here stays here.
        return _host_again, (self._source, self._instance.info.id)

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return io.BytesIO(self._source.data or b"")

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``. Raises `Unsupported` when the component that ingested the document draws none."""
        implementation = self._instance.implementation("render")
        if implementation is None:
            raise Unsupported(f"{self._instance.info.id} does not render pages", component=self._instance.info.id)
        picture: Image = implementation.call(document=document, page=page, dpi=dpi)
        return picture


def _host_again(source: Source, component: str) -> _Host:
    return _Host(source, Registry.default().create(component))


def _forget(instance: Instance, folder: Path) -> None:
    instance.close()
    shutil.rmtree(folder, ignore_errors=True)
