"""Warm worker processes that can be killed: components run in them under deadlines and memory limits, and leave nothing behind.

Names are imported when first used, so that a worker, whose program lies here too, starts without what only its parent needs.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ._batch import UnitAnswer
    from ._pool import Pool
    from ._renderer import Host, Renderer
    from ._tasks import Unit

__all__ = ["Host", "Pool", "Renderer", "Unit", "UnitAnswer"]

_HOME: Final = {"Host": "_renderer", "Pool": "_pool", "Renderer": "_renderer", "Unit": "_tasks", "UnitAnswer": "_batch"}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
