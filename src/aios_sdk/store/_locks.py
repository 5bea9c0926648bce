"""The locks of a store beside that of its database: who folds, and who changes what is written already."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from ..errors import StoreBusy
from ._files import locked

_FOLD: Final = "fold.lock"
_MAINTENANCE: Final = "maintenance.lock"
_MODELS: Final = "models.lock"


def fold_lock(directory: Path, timeout: float) -> AbstractContextManager[None]:
    """Hold the store's fold lock, for which at most ``timeout`` seconds are waited. Raises `StoreBusy`."""

    def busy() -> StoreBusy:
        return StoreBusy(
            f"Another fold of {directory} is under way; waited {timeout:g} s",
            cause="A large backlog, or a process that was stopped while it folds",
            fix="Try again later",
        )

    return locked(directory / _FOLD, timeout, busy)


def maintenance(directory: Path, timeout: float, *, shared: bool = False) -> AbstractContextManager[None]:
    """Keep others from changing what is already written, or ``shared`` with others who only read it. Raises `StoreBusy`.

    Who needs the fold lock too takes it afterwards.
    """
    if shared and not os.access(directory, os.W_OK):
        return nullcontext()  # whoever may only read the folder changes nothing, and cannot keep others from it

    def busy() -> StoreBusy:
        return StoreBusy(
            f"Another process verifies {directory} or changes what is written there; waited {timeout:g} s",
            cause="aios store verify, rebuild, forget and gc exclude each other; pipelines go on beside them",
            fix="Try again when it has finished",
        )

    return locked(directory / _MAINTENANCE, timeout, busy, shared=shared)


def models_lock(directory: Path, timeout: float) -> AbstractContextManager[None]:
    """Keep others from adding models and changing aliases, for which at most ``timeout`` seconds are waited. Raises `StoreBusy`."""

    def busy() -> StoreBusy:
        return StoreBusy(f"Another process adds a model to {directory}; waited {timeout:g} s", fix="Try again when it has finished")

    return locked(directory / _MODELS, timeout, busy)
