"""Making a Plan happen: streaming, units, workers, cases and events; the engine knows plans, not pipelines."""

from ._api import arun, run
from ._detect import detect
from ._events import Observer
from ._ingest import check_inputs
from ._limits import Limits
from ._plan import Plan, PlannedCollect, PlannedComponent, PlannedFallback, PlannedStep
from ._progress import Lines

__all__ = [
    "Limits",
    "Lines",
    "Observer",
    "Plan",
    "PlannedCollect",
    "PlannedComponent",
    "PlannedFallback",
    "PlannedStep",
    "arun",
    "check_inputs",
    "detect",
    "run",
]
