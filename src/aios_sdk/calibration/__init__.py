"""From what a component says of its certainty to a probability, how far that can be trusted, and from which one on no person is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._bounds import Share, precision_bound, values_needed
    from ._calibrator import Calibrator, Judged, Method, cross_fitted, fit, folds_of, split_by_source
    from ._curves import Curve, isotonic, platt
    from ._error import CalibrationError, calibration_error, expected_calibration_error
    from ._threshold import Threshold, threshold

__all__ = [
    "CalibrationError",
    "Calibrator",
    "Curve",
    "Judged",
    "Method",
    "Share",
    "Threshold",
    "calibration_error",
    "cross_fitted",
    "expected_calibration_error",
    "fit",
    "folds_of",
    "isotonic",
    "platt",
    "precision_bound",
    "split_by_source",
    "threshold",
    "values_needed",
]

_HOME: Final = homes(
    _bounds="Share precision_bound values_needed",
    _calibrator="Calibrator Judged Method cross_fitted fit folds_of split_by_source",
    _curves="Curve isotonic platt",
    _error="CalibrationError calibration_error expected_calibration_error",
    _threshold="Threshold threshold",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
