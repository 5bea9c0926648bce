"""The section `calibration` of `accuracy.py`: how far confidences lie from how often they are right, before and after calibration.

Fields are those that the rules of `aios.fields` find in transcripts of receipts, calibrated on receipts of other companies; intents are
those that `aios.lexical` gives to queries that it did not learn from, calibrated on other queries. Each value's confidence comes from a
calibrator that saw nothing of its source. The bar is what a perfectly calibrated component of the same confidences stays below in
95 of 100 samples of this size, if each value is right or wrong by itself; beside it, if those of a source go together as much as here.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import pydantic
from _accuracy import folds
from _corpora import folder, receipt
from _table import Row
from aios_text import Lexical

from aios_sdk import Context, Example, Registry, Resources
from aios_sdk.calibration import CalibrationError, Judged, Method, Share, calibration_error, cross_fitted, fit, split_by_source, threshold

_FOLDS: Final = 5
_METHODS: Final[tuple[Method, ...]] = ("isotonic", "platt")
_DATES: Final = ("%d/%m/%Y", "%d/%m/%y", "%Y/%m/%d", "%d %b %Y", "%d %b %y", "%d/%b/%Y", "%d %B %Y", "%b %d, %Y", "%d%b%y", "%d%b%Y")


class Receipt(pydantic.BaseModel):
    """What is sought."""

    company: str
    date: dt.date
    address: str
    total: Decimal


def calibration(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    return [
        *_rows("receipt fields, rules", list(_fields(quick)), "company"),
        *_rows("intents, aios.lexical", list(_intents(quick)), "query"),
    ]


def _rows(case: str, judged: Sequence[Judged], source: str) -> Iterator[Row]:
    right, sources = [value.right for value in judged], [value.source for value in judged]
    counted = f"{sum(right):,} of {len(judged):,} right, {len(set(sources)):,} sources ({source})"
    yield _error(f"{case}: calibration error, raw", calibration_error([value.raw for value in judged], right, sources), counted, None)
    for method in _METHODS:
        confidences = cross_fitted(judged, method)
        error = calibration_error(confidences, right, sources)
        yield _error(f"{case}: calibration error, {method}", error, counted, error.chance)
        if len({value.name for value in judged}) > 1:
            yield from _paths(case, method, judged, confidences)
        for target in (0.99, 0.95):
            yield _straight(f"{case}, {method}: without a person at {target:.0%}", judged, method, target)


def _paths(case: str, method: str, judged: Sequence[Judged], confidences: Sequence[float]) -> Iterator[Row]:
    """The errors of each path by itself, without bars: several paths are several chances to lie above a quantile."""
    for name in sorted({value.name for value in judged}):
        own = [(value, confidence) for value, confidence in zip(judged, confidences, strict=True) if value.name == name]
        right, sources = [value.right for value, _ in own], [value.source for value, _ in own]
        before = calibration_error([value.raw for value, _ in own], right, sources)
        after = calibration_error([confidence for _, confidence in own], right, sources)
        counted = f"raw {before.value:.3f}; {sum(right)} of {len(own)} right"
        yield _error(f"{case}, {name}: calibration error, {method}", after, counted, None)


def _error(case: str, error: CalibrationError, counted: str, bar: float | None) -> Row:
    beside = f"{error.low:.3f} to {error.high:.3f}; by chance up to {error.chance:.3f}, {error.among_sources:.3f} among sources; {counted}"
    return Row(case=case, figure=error.value, unit="", bar=bar, beside=beside)


def _straight(case: str, judged: Sequence[Judged], method: Method, target: float) -> Row:
    """What lies above the threshold that was found on the other four folds, and how much of it is right."""
    accepted = right = 0
    reasons: list[str] = []
    for learnt, measured in split_by_source([value.source for value in judged], _FOLDS):
        calibrator = fit([judged[one] for one in learnt], method)
        said = [calibrator.confidence(value.kind, value.name, value.raw) for value in judged]
        found = threshold([said[one] for one in learnt], [judged[one].right for one in learnt], target)
        if found.threshold is None:
            reasons.append(found.reason)
            continue
        above = [one for one in measured if said[one] >= found.threshold]
        accepted += len(above)
        right += sum(judged[one].right for one in above)
    rate = Share.of(accepted, len(judged))
    told = f"{rate.low:.3f} to {rate.high:.3f}; realised precision {right:,} of {accepted:,}"
    if accepted:
        precision = Share.of(right, accepted)
        told += f", {precision.value:.4f} ({precision.low:.4f} to {precision.high:.4f})"
    if reasons:
        told += f"; in {len(reasons)} of {_FOLDS} folds {reasons[0]}"
    return Row(case=case, figure=rate.value, unit="share of values found", beside=told)


# -- fields -----------------------------------------------------------------------------------------------------------


def _fields(quick: bool) -> Iterator[Judged]:
    """What the rules find in receipts, judged after normalisation: dates and amounts by what they mean, texts by letters and digits."""
    data = folder("receipts") / "zzzDavid+ICDAR-2019-SROIE" / "data"
    instance = Registry.default().create("aios.fields", {"output": Receipt})
    instance.open(Resources(scratch=Path(tempfile.gettempdir())))
    extract = instance.implementation("extract")
    assert extract is not None  # it is what the component is for
    context = Context(run="benchmark", step="fields", scratch=Path(tempfile.gettempdir()))
    for number, file in enumerate(sorted((data / "key").glob("*.json"))):
        if quick and number % 3:
            continue
        told = json.loads(file.read_text(encoding="utf-8"))
        source = _letters(told.get("company", "")) or file.stem
        for field in extract.call(document=receipt(data / "box" / f"{file.stem}.csv"), context=context).fields:
            raw = field.confidence if field.raw_confidence is None else field.raw_confidence
            if raw is not None and told.get(field.path):
                yield Judged("field", field.path, raw, _same(field.value, told[field.path]), source)


def _same(value: Any, told: str) -> bool:
    if isinstance(value, Decimal):
        try:
            return value == Decimal(re.sub(r"[^\d.-]", "", told))
        except InvalidOperation:
            return False
    if isinstance(value, dt.date):
        return any(value == day for day in _days(told))
    return _letters(str(value)) == _letters(told)


def _days(told: str) -> Iterator[dt.date]:
    for text in {told.strip(), re.sub(r"[-.]", "/", told.strip())}:
        for form in _DATES:
            try:
                yield dt.datetime.strptime(text, form).date()
            except ValueError:
                continue


def _letters(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


# -- intents ----------------------------------------------------------------------------------------------------------


def _intents(quick: bool) -> Iterator[Judged]:
    """What is said of queries by a classifier that learned from the others."""
    file = folder("text_class") / "PolyAI-LDN+task-specific-datasets" / "banking_data" / "train.csv"
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))[:: 5 if quick else 1]
    sources = [" ".join(row["text"].split()).casefold() for row in rows]
    for number, (learnt, measured) in enumerate(folds(sources, _FOLDS), 1):
        print(f"  fold {number}: {len(learnt)} queries, {len(measured)} to be measured on", file=sys.stderr, flush=True)
        examples: defaultdict[str, list[str]] = defaultdict(list)
        for one in learnt:
            examples[rows[one]["category"]].append(rows[one]["text"])
        component = Lexical(Lexical.Config(examples=dict(examples), threshold=0.0))
        component.open(Resources(scratch=Path(tempfile.gettempdir())))
        documents = [Example.of_text(rows[one]["text"]).document for one in measured]
        for one, result in zip(measured, component.classify_batch(documents), strict=True):
            if isinstance(result, Exception):
                continue
            (label,) = result.labels
            raw = label.confidence if label.raw_confidence is None else label.raw_confidence
            if raw is not None and not label.abstained:
                yield Judged("label", label.taxonomy, raw, label.value == rows[one]["category"], sources[one])
