"""The section `tickets` of `accuracy.py`: IT tickets into 8 groups by words; by words and meaning they are in `together`."""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Sequence

from _accuracy import resampled, share
from _accuracy_labels import calibration_error, held_out, macro_f1
from _corpora import folder
from _table import Row
from aios_text import Lexical

from aios_sdk import Example


def tickets(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    examples = tickets_of(quick)
    texts = [example.document.text for example in examples]
    sources = alike(texts)
    said = held_out(Lexical, {"taxonomy": "group"}, examples, sources)
    untouched = [one for one, text in zip(said, texts, strict=True) if hashlib.sha256(b"dev" + text.encode()).digest()[0] % 2]
    right = share(sum(one.value == one.truth for one in said), len(said))
    error, quantile = calibration_error(said)
    case = f"ticket groups of {len(said):,}"
    return [
        Row(
            case=f"{case}: macro-F1, 5-fold, tickets that are nearly alike ({len(set(sources)):,} apart) in one fold",
            figure=macro_f1(said),
            unit="",
            beside=str(resampled(said, macro_f1)),
        ),
        Row(
            case=f"{case}: macro-F1 of the {len(untouched):,} on which nothing was chosen",
            figure=macro_f1(untouched),
            unit="",
            beside=str(resampled(untouched, macro_f1)),
        ),
        Row(case=f"{case}: accuracy", figure=right.figure, unit="", beside=str(right)),
        Row(case=f"{case}: calibration error", figure=error, unit="", bar=quantile),
    ]


def tickets_of(quick: bool) -> list[Example]:
    """The published test set; for a quick look a fifth of it."""
    path = folder("text_class") / "Lunalykaya+IT-Service-Ticket-Classification" / "data" / "test_data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Document"].strip()][:: 5 if quick else 1]
    return [Example.of_text(row["Document"], row["Topic_group"]) for row in rows]


def alike(texts: Sequence[str]) -> list[str]:
    """For each text the name of its cluster of texts that share most of their words: MinHash, ten hashes in two bands (Broder 1997)."""
    parents = list(range(len(texts)))

    def root(number: int) -> int:
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    first: dict[tuple[int, tuple[bytes, ...]], int] = {}
    for number, text in enumerate(texts):
        words = [word.encode() for word in set(text.split())]
        hashes = tuple(min(hashlib.md5(seed + word).digest()[:6] for word in words) for seed in (b"%d" % one for one in range(10)))
        for band in (0, 5):
            parents[root(number)] = root(first.setdefault((band, hashes[band : band + 5]), number))
    return [str(root(number)) for number in range(len(texts))]
