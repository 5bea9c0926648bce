"""The section `intents` of `accuracy.py`: 77 intents of bank customers, with what confidence is worth and what can be automated."""

from __future__ import annotations

import argparse
import csv

from _accuracy import resampled, share
from _accuracy_labels import Said, automated, calibration_error, held_out, macro_f1
from _corpora import folder
from _table import Row
from aios_text import Lexical

from aios_sdk import Example


def intents(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    said = held_out(Lexical, {"taxonomy": "intent"}, queries(quick), [example.document.text.casefold() for example in queries(quick)])
    return figures("lexical", said, accuracy=0.915)


def queries(quick: bool) -> list[Example]:
    """The published training set; for a quick look a fifth of it."""
    path = folder("text_class") / "PolyAI-LDN+task-specific-datasets" / "banking_data" / "train.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:: 5 if quick else 1]
    return [Example.of_text(row["text"], row["category"]) for row in rows]


def figures(who: str, said: list[Said], *, accuracy: float | None, automatic: float | None = None) -> list[Row]:
    """Accuracy, macro-F1, calibration error and what can be automated; bars for the first, and for the share at 99% precision."""
    right = share(sum(one.value == one.truth for one in said), len(said))
    error, quantile = calibration_error(said)
    case = f"intents, {who}"
    rows = [
        Row(
            case=f"{case}: accuracy of {len(said):,}, 5-fold", figure=right.figure, unit="", bar=accuracy, at_least=True, beside=str(right)
        ),
        Row(case=f"{case}: macro-F1", figure=macro_f1(said), unit="", beside=str(resampled(said, macro_f1))),
        Row(
            case=f"{case}: calibration error",
            figure=error,
            unit="",
            bar=quantile,
            beside="bar: 95% quantile of a perfectly calibrated model of the same size, simulated",
        ),
    ]
    for precision in (0.95, 0.98, 0.99):
        labelled, good = automated(said, precision)
        realised = f"realised precision {share(good, labelled)}, {good:,} of {labelled:,}"
        found = share(labelled, len(said))
        bar = automatic if precision == 0.99 else None
        what = f"{case}: automated at {precision:.0%} precision"
        rows.append(Row(case=what, figure=found.figure, unit="share", bar=bar, at_least=True, beside=realised))
    return rows
