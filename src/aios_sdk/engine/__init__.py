"""Making a Plan happen: streaming, units, workers, cases and events; the engine knows plans, not pipelines.

Names are imported when first used: worker processes, whose program lies below, need few of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._api import arun, run
    from ._events import Observer
    from ._ingest import check_inputs
    from ._limits import Limits
    from ._models import RunModels
    from ._plan import Plan, PlannedCollect, PlannedComponent, PlannedFallback, PlannedModel, PlannedSplit, PlannedStep
    from ._preview import Foreseen, preview
    from ._progress import Ending, Lines
    from ._stop import Stop
    from ._tracing import Tracing
    from .detection import detect

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
    "PlannedModel",
    "PlannedSplit",
    "PlannedStep",
    "RunModels",
    "Stop",
    "Tracing",
    "arun",
    "check_inputs",
    "detect",
    "preview",
    "run",
]

_HOME: Final = homes(
    _api="arun run",
    _events="Observer",
    _ingest="check_inputs",
    _limits="Limits",
    _models="RunModels",
    _plan="Plan PlannedCollect PlannedComponent PlannedFallback PlannedModel PlannedSplit PlannedStep",
    _preview="Foreseen preview",
    _progress="Ending Lines",
    _stop="Stop",
    _tracing="Tracing",
    detection="detect",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
