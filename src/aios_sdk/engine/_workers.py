"""Where components run: opened in this process for what is declared ``inline`` or ``async``, else in worker processes."""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import sys
import tempfile
import threading
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, final

import msgspec

from ..errors import Unsupported
from ..plugins import Instance, Registry
from ..records import Document
from ..stages import Resources
from ..store import Blobs
from ._plan import PlannedComponent
from .workers import Pool
from .workers._attendant import closed
from .workers._components import secrets_of

if TYPE_CHECKING:
    from PIL.Image import Image

    from ..records import Host

_log = logging.getLogger("aios.engine")

#: Calls of ``async def`` components that may wait at the same time.
ASYNC_LIMIT = 32


class Scratch:
    """A scratch directory that is made when it is asked for, and removed at the end of the ``with`` block."""

    __slots__ = ("_path", "_workers")

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._path: Path | None = None

    def __call__(self) -> Path:
        if self._path is None:
            self._path = self._workers.directory("step-")
        return self._path

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)


class Workers:
    """Opened components and the pool of worker processes. ``close()`` closes every component and removes all scratch space."""

    def __init__(self, registry: Registry, count: int, blobs: Blobs, memory_mb: int) -> None:
        self.count = count
        self.registry = registry
        self.async_calls = asyncio.Semaphore(ASYNC_LIMIT)
        #: To be held while a worker process is at work for the pipeline, so that what waits for one can still grow.
        self.places = asyncio.Semaphore(count)
        self._blobs = blobs
        self._memory_mb = memory_mb
        self._closed = False
        self._local = threading.local()
        self._opened: list[Instance] = []
        self._lock = threading.Lock()
        self._scratch = Path(tempfile.gettempdir()) / f"aios-{uuid.uuid4().hex}"

    @cached_property
    def pool(self) -> Pool:
        """The worker processes; none is started before it is needed. Raises `UsageError` where there can be none."""
        if self._closed:
            raise closed("The workers are closed")
        return Pool(self.registry, count=self.count, scratch=self._scratch, blobs=self._blobs.directory, memory_mb=self._memory_mb)

    def instance(self, component: PlannedComponent) -> Instance:
        """The calling thread's opened instance of ``component``; created and opened at first use."""
        if self._closed:  # and so is what this thread has opened
            raise closed(f"{component.id} is closed")
        instances: dict[int, Instance] | None = getattr(self._local, "instances", None)
        if instances is None:
            instances = self._local.instances = {}
        found = instances.get(id(component))
        if found is None:
            found = self.registry.create(component.id, component.config)
            found.bind(component.scope, component.stage)
            secrets = secrets_of(component.id, found.info.secrets)
            if found.opens:
                models = {model.use.reference: Path(model.folder) for model in component.models}
                found.open(Resources(scratch=self.directory("open-"), threads=1, models=models, secrets=secrets))
            with self._lock:
                self._opened.append(found)
            instances[id(component)] = found  # the engine keeps the component alive, so its id stays its own
        return found

    def host(self, component: PlannedComponent, content: bytes | None) -> Host:
        """What lends a document that ``component`` ingested its bytes, ``content`` where the blobs do not hold them, and its pictures."""
        if self.registry.components[component.id].isolation == "process":
            return self.pool.host(component, content)
        return _Lender(component, content, self)

    def open(self, digest: str) -> BinaryIO:
        """The bytes of a blob."""
        return self._blobs.open(digest)

    def scratch(self) -> Scratch:
        """Scratch space for one call in this process."""
        return Scratch(self)

    def directory(self, prefix: str) -> Path:
        """A new directory, which is removed at the end of the run, or when this process ends in the midst of it."""
        return Path(tempfile.mkdtemp(prefix=prefix, dir=self._place))

    @property
    def _place(self) -> Path:
        if sys.platform != "win32":
            return self.pool.directory  # its guardian removes it also when this process is killed
        self._scratch.mkdir(exist_ok=True)
        return self._scratch

    async def close(self) -> None:
        """Close every component, end every worker and remove the scratch space."""
        self._closed = True
        try:
            await asyncio.to_thread(self._close_components)
        finally:
            if "pool" in self.__dict__:
                await self.pool.close()
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _close_components(self) -> None:
        for instance in self._opened:
            try:
                instance.close()
            except Exception:  # noqa: BLE001 - what is done is done; the others are closed all the same
                _log.exception("closing %s failed", instance.info.id)
        self._opened.clear()


@final
class _Lender(msgspec.Struct, frozen=True, gc=False):
    """Renders with the component that ingested the document, in the thread that asks."""

    component: PlannedComponent
    content: bytes | None
    workers: Workers

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        return io.BytesIO(self.content) if self.content is not None else self.workers.open(document.content_id)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """A picture of ``page``. Raises `Unsupported` when the component that ingested the document draws none."""
        implementation = self.workers.instance(self.component).implementation("render")
        if implementation is None:
            raise Unsupported(f"{self.component.id} does not render pages", component=self.component.id, document=document.id)
        picture: Image = implementation.call(document=document, page=page, dpi=dpi)
        return picture
