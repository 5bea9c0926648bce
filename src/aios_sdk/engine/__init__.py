"""Making a Plan happen: streaming, units, workers, cases and events; the engine knows plans, not pipelines.

Names are imported when first used: worker processes, whose program lies below, need few of them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ._api import arun, run
    from ._detect import detect
    from ._events import Observer
    from ._ingest import check_inputs
    from ._limits import Limits
    from ._plan import Plan, PlannedCollect, PlannedComponent, PlannedFallback, PlannedStep
    from ._preview import Foreseen, preview
    from ._progress import Ending, Lines
    from ._stop import Stop
    from ._tracing import Tracing

_HOME: Final = {
    **dict.fromkeys(("Plan", "PlannedCollect", "PlannedComponent", "PlannedFallback", "PlannedStep"), "_plan"),
    **dict.fromkeys(("arun", "run"), "_api"),
    **dict.fromkeys(("Foreseen", "preview"), "_preview"),
    "Ending": "_progress",
    "Limits": "_limits",
    "Lines": "_progress",
    "Observer": "_events",
    "Stop": "_stop",
    "Tracing": "_tracing",
    "check_inputs": "_ingest",
    "detect": "_detect",
}

__all__ = [
    "Ending",
    "Foreseen",
    "Limits",
    "Lines",
    "Observer",
    "Plan",
    "PlannedCollect",
    "PlannedComponent",
    "PlannedFallback",
    "PlannedStep",
    "Stop",
    "Tracing",
    "arun",
    "check_inputs",
    "detect",
    "preview",
    "run",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
