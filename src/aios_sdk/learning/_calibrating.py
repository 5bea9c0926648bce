"""Calibrating a step of a store: what it said of its certainty, held against what is true, becomes a model of the store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..calibration import CalibrationError, Judged, Method, Threshold, calibration_error, cross_fitted, fit, threshold
from ..store import Learned, Model, Store
from ._truth import Joined, joined

#: The task of calibrators among the models of a store.
TASK = "calibration"


class CalibrationReport(NamedTuple):
    """How a path or taxonomy did (``name`` is empty for all together): of ``total`` true or given values the step gave ``values``,
    ``right`` of them right; the error of raw and of calibrated confidences; and a threshold for each target."""

    kind: str
    name: str
    values: int
    right: int
    total: int
    before: CalibrationError
    after: CalibrationError
    thresholds: tuple[Threshold, ...]


class Calibrated(NamedTuple):
    """The calibrator as it was recorded, the step it is for, how it was made, and how it does on sources that it was not fitted to: of all,
    and by path and taxonomy. ``unsure`` values had no confidence, and ``unknown`` are documents that the store does not have."""

    model: Model
    step: str
    method: Method
    sources: int
    reports: tuple[CalibrationReport, ...]
    unsure: int
    unknown: tuple[str, ...]


def calibrate(
    store: Store,
    truth: str | os.PathLike[str],
    *,
    step: str = "",
    paths: Sequence[str] = (),
    taxonomies: Sequence[str] = (),
    method: Method | None = None,
    targets: Sequence[float] = (0.99, 0.95),
    name: str = "calibration",
    by: str = "",
) -> Calibrated:
    """Fit a calibrator to what ``step`` gave for the documents that ``truth`` tells of, add it to the store as ``name``, and say how it
    does.

    ``truth`` is a CSV file or JSON lines with ``document`` (name, key or id), ``path`` and ``value`` or ``taxonomy`` and ``label``, and
    ``source`` where documents of one are alike. Figures are of confidences that each value got from a calibrator fitted to other sources.
    The first version becomes the champion, which a step option ``calibration=name`` stands for, later ones the challenger.

    Raises `InputError` for what is no such list, `UsageError` where there is too little to judge, or several steps and none named.
    Example::

        done = calibrate(store, "truth.csv", targets=[0.99])
        done.reports[0].thresholds[0].threshold
    """
    found = joined(store, truth, step=step, paths=paths, taxonomies=taxonomies)
    calibrator = fit(found.judged, method)
    pairs = [
        _Pair(value, fair, calibrator.confidence(value.kind, value.name, value.raw))
        for value, fair in zip(found.judged, cross_fitted(found.judged, calibrator.method), strict=True)
    ]
    reports = tuple(_reports(found, pairs, targets))
    for_all = reports[0]
    learned = Learned(
        task=TASK,
        format="json",
        config={"step": found.step, "method": calibrator.method},
        classes=tuple(report.name for report in reports if report.name),
        metrics={
            "calibration_error_raw": for_all.before.value,
            "calibration_error": for_all.after.value,
            "calibration_error_by_chance": for_all.after.chance,
            "calibration_error_among_sources": for_all.after.among_sources,
            "right": for_all.right / for_all.values,
        },
        examples=len(found.judged),
        examples_digest=found.digest,
        content_ids=found.content_ids,
        card=_card(name, found, calibrator.method, reports),
    )
    with tempfile.TemporaryDirectory(prefix="aios-calibration-") as place:
        calibrator.write(Path(place))
        model = store.models.add(place, name, learned, by=by)
    sources = len({value.source for value in found.judged})
    return Calibrated(model, found.step, calibrator.method, sources, reports, found.unsure, found.unknown)


class _Pair(NamedTuple):
    """A value with its confidence by a calibrator that saw nothing of its source, and by the one that was fitted to all."""

    value: Judged
    fair: float
    confidence: float


def _reports(found: Joined, pairs: Sequence[_Pair], targets: Sequence[float]) -> list[CalibrationReport]:
    named = sorted({(value.kind, value.group) for value in found.judged})
    missing = sum(found.missing.values())
    reports = [_report("", "", pairs, missing, targets)]
    if len(named) > 1:
        for kind, name in named:
            own = [pair for pair in pairs if (pair.value.kind, pair.value.group) == (kind, name)]
            absent = sum(count for (of, path), count in found.missing.items() if of == kind and _group(of, path) == name)
            reports.append(_report(kind, name, own, absent, targets))
        return reports
    (kind, name) = named[0]
    return [reports[0]._replace(kind=kind, name=name)]


def _group(kind: str, name: str) -> str:
    return Judged("field", name, 0.0, False, "").group if kind == "field" else name


def _report(kind: str, name: str, pairs: Sequence[_Pair], missing: int, targets: Sequence[float]) -> CalibrationReport:
    right = [pair.value.right for pair in pairs]
    sources = [pair.value.source for pair in pairs]
    total = len(pairs) + missing
    return CalibrationReport(
        kind,
        name,
        len(pairs),
        sum(right),
        total,
        calibration_error([pair.value.raw for pair in pairs], right, sources),
        calibration_error([pair.fair for pair in pairs], right, sources),
        tuple(threshold([pair.confidence for pair in pairs], right, target, total=total) for target in targets),
    )


def _card(name: str, found: Joined, method: str, reports: Sequence[CalibrationReport]) -> str:
    lines = [
        f"# {name}",
        "",
        f"Probabilities for the raw confidences of step {found.step}, by {method}, from {len(found.judged)} values of "
        f"{len({value.source for value in found.judged})} sources.",
        "",
        "On sources that it was not fitted to:",
        "",
    ]
    for report in reports:
        lines.append(
            f"- {report.name or 'all'}: {report.right} of {report.values} right; calibration error {report.before.value:.4f} raw, "
            f"{report.after.value:.4f} calibrated, by chance up to {report.after.chance:.4f}, among sources "
            f"{report.after.among_sources:.4f}"
        )
    return "\n".join([*lines, ""])
