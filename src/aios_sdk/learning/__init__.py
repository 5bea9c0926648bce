"""Models from examples: reading examples, training, evaluating, comparing; and calibrating what they say of their certainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._answering import answered
    from ._calibrating import Calibrated, CalibrationReport, calibrate
    from ._evaluating import Comparison, Evaluated, compare, evaluate
    from ._examples import Examples, read_examples
    from ._measures import Figure
    from ._training import train

__all__ = [
    "Calibrated",
    "CalibrationReport",
    "Comparison",
    "Evaluated",
    "Examples",
    "Figure",
    "answered",
    "calibrate",
    "compare",
    "evaluate",
    "read_examples",
    "train",
]

_HOME: Final = homes(
    _answering="answered",
    _calibrating="Calibrated CalibrationReport calibrate",
    _evaluating="Comparison Evaluated compare evaluate",
    _examples="Examples read_examples",
    _measures="Figure",
    _training="train",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
