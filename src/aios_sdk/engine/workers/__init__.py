"""Warm worker processes that can be killed: components run in them under deadlines and memory limits, and leave nothing behind.

Names are imported when first used, so that a worker, whose program lies here too, starts without what only its parent needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..._lazy import homes, lazy

if TYPE_CHECKING:
    from ._batch import UnitAnswer
    from ._pool import Pool
    from ._renderer import Host, Renderer
    from ._tasks import Unit

__all__ = ["Host", "Pool", "Renderer", "Unit", "UnitAnswer"]

_HOME: Final = homes(_batch="UnitAnswer", _pool="Pool", _renderer="Host Renderer", _tasks="Unit")

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
