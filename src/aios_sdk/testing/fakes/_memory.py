"""A store that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Final

from aios_sdk.errors import StoreError
from aios_sdk.store import Folded, Store

_IN_MEMORY: Final = Path("/dev/shm")
_ENOUGH: Final = 256 << 20


class MemoryStore(Store):
    """A `Store` whose directory lies in memory where the system has a file system there (Linux: ``/dev/shm``), else among temporary files.

    Everything that a store does it does as any other, since it is one. Closing it, or the end of the process, removes it with all that it
    holds, so ask before; what it acknowledges as durable is so only until then. A process that is killed leaves it behind. Example::

        with fakes.MemoryStore() as store:
            outcomes = list(pipeline.run(samples.text().source(), store=store, registry=fakes.registry()))
            assert store.sql("from current_fields").fetchall()
    """

    def __init__(self) -> None:
        above = tempfile.mkdtemp(prefix="aios-store-", dir=_place())
        self._remove: Final = weakref.finalize(self, shutil.rmtree, above, ignore_errors=True)  # at the latest when the process ends
        super().__init__(Path(above) / "memory.aios")

    def close(self) -> None:
        """Close the store and remove it."""
        try:
            super().close()
        finally:
            self._remove()

    def fold(self, *, timeout: float = 10.0) -> Folded:
        """As any store does. Raises `StoreError` when it is closed."""
        self._check_open()
        return super().fold(timeout=timeout)

    def _refresh(self) -> None:
        self._check_open()
        super()._refresh()

    def _check_open(self) -> None:
        if not self._remove.alive:
            raise StoreError("This store in memory is closed, and all that it held is gone", fix="Ask it within the with block")


def _place() -> Path | None:
    """Where a store has room in memory; None for the folder of temporary files."""
    usable = _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free >= _ENOUGH
    return _IN_MEMORY if usable else None
