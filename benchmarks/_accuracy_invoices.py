"""The section `invoices` of `accuracy.py`: seven values and the lines of invoices, from their pages alone."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from _accuracy import Interval, folds, resampled, share
from _corpora import folder
from _programs import ours
from _reading_invoices import plain, truth_of
from _table import Row

#: What the files of JSON call the values; an invoice is from its issuer or its partner, as they write either.
_IN_JSON = {
    "number": ("invoice_number",),
    "date": ("date",),
    "currency": ("currency",),
    "net": ("amount_untaxed",),
    "tax": ("amount_tax",),
    "total": ("amount",),
    "seller": ("issuer", "partner_name"),
}
_PATHS = tuple(_IN_JSON)
_BAR = 0.8

#: How pages are read, by what the program calls it.
_WAYS = {"words": "by the words of the PDF", "pictures": "from pictures at 200 dpi, by tesseract"}


class Truth(NamedTuple):
    """An invoice: who sent it, the values that count as right by path, and quantity and total of each line (empty where not told)."""

    source: str
    values: dict[str, list[str]]
    lines: list[tuple[str, str]]


class Counted(NamedTuple):
    """Of one invoice: its source, which of its values are right, by path, and of how many numbers in lines how many are."""

    source: str
    right: dict[str, bool]
    lines: tuple[int, int]
    wrong: list[str]


def invoices(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section.

    Suppliers are dealt into two halves (`folds`); weights were set on the first, figures are of the second, though who wrote the rules had
    seen all of them. A value is right when it is equal after normalisation (`plain`).
    """
    truth = _truth()
    files = sorted(truth)[:: 5 if quick else 1]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump(files, listed)
        listed.flush()
        found = ours("printed", listed.name)
    tuned, told = next(folds([truth[file].source for file in files], 2))
    rows = []
    for way, words in _WAYS.items():
        counted = [_counted(truth[file], found[way].get(file, {})) for file in files]
        ours_ = [counted[number] for number in told]
        rows += _half(f"values of invoices {words}", ours_, bar=_BAR)
        rows += _fields(words, ours_)
        rows.append(_lines(words, ours_))
        rows += _half(f"the half that settings were chosen on, {words}", [counted[number] for number in tuned], bar=None)
    return rows


def _half(case: str, counted: Sequence[Counted], bar: float | None) -> list[Row]:
    """The share of values that are right; the interval is over suppliers, because documents of one are alike."""
    sources: dict[str, list[Counted]] = {}
    for one in counted:
        sources.setdefault(one.source, []).append(one)
    groups = [(sum(sum(one.right.values()) for one in group), sum(len(one.right) for one in group)) for group in sources.values()]
    if not groups:
        return []

    def right(drawn: Sequence[tuple[int, int]]) -> float:
        return sum(good for good, _ in drawn) / sum(of for _, of in drawn)

    interval = resampled(groups, right)
    wrong = [what for one in counted for what in one.wrong]
    beside = (
        f"{interval}, {sum(good for good, _ in groups)} of {sum(of for _, of in groups)} in {len(counted)} files of {len(groups)} suppliers"
    )
    return [
        Row(
            case=case,
            figure=interval.figure,
            unit="share",
            bar=bar,
            at_least=True,
            beside=beside + (f"; wrong: {', '.join(wrong[:6])}" if wrong else ""),
        )
    ]


def _fields(words: str, counted: Sequence[Counted]) -> list[Row]:
    rows = []
    for path in _PATHS:
        right = [one.right[path] for one in counted if path in one.right]
        interval = share(sum(right), len(right))
        if right:
            rows.append(Row(case=f"{path}, {words}", figure=interval.figure, unit="share", beside=_told(interval, sum(right), len(right))))
    return rows


def _lines(words: str, counted: Sequence[Counted]) -> Row:
    right, of = sum(one.lines[0] for one in counted), sum(one.lines[1] for one in counted)
    interval = share(right, of)
    return Row(case=f"quantity and total of lines, {words}", figure=interval.figure, unit="share", beside=_told(interval, right, of))


def _told(interval: Interval, right: int, of: int) -> str:
    return f"{interval}, {right} of {of}"


def _counted(truth: Truth, found: Mapping[str, Sequence[str]]) -> Counted:
    values = {path: found[path][0] for path in found}
    right = {path: plain(values.get(path, "")) in map(plain, accepted) for path, accepted in truth.values.items()}
    wrong = [f"{truth.source.split()[0]} {path}" for path in truth.values if not right[path]]
    numbers = [(path, number) for item, line in enumerate(truth.lines) for path, number in _of_line(item, line)]
    same = sum(plain(values.get(path, "")) == plain(number) for path, number in numbers)
    return Counted(truth.source, right, (same, len(numbers)), wrong)


def _of_line(item: int, line: tuple[str, str]) -> list[tuple[str, str]]:
    return [(f"lines[{item}].{name}", number) for name, number in zip(("quantity", "total"), line, strict=True)]


def _truth() -> dict[str, Truth]:
    """What is true of each PDF: that of e-invoices from the XML beside it, which no pipeline here reads, that of others from JSON."""
    found = {}
    place = folder("invoices") / "ZUGFeRD+corpus" / "XML-Rechnung"
    for file in sorted((place / "FX").glob("*.pdf")):
        cii = place / "CII" / f"{file.stem}.cii.xml"
        values = truth_of(cii)
        found[str(file)] = Truth(values["seller"], {path: [value] for path, value in values.items()}, _lines_of(cii))
    for file in sorted((folder("invoices") / "invoice-x+invoice2data" / "tests" / "compare").glob("*.json")):
        (content,) = json.loads(file.read_text(encoding="utf-8"))
        values = {path: [str(content[name]) for name in names if name in content] for path, names in _IN_JSON.items()}
        kept = {path: accepted for path, accepted in values.items() if accepted}
        found[str(file.with_suffix(".pdf"))] = Truth(content["issuer"], kept, [])
    return found


def _lines_of(file: Path) -> list[tuple[str, str]]:
    items = ElementTree.parse(file).getroot().findall(".//{*}IncludedSupplyChainTradeLineItem")
    return [(_number(item, "BilledQuantity"), _number(item, "LineTotalAmount")) for item in items]


def _number(item: ElementTree.Element, name: str) -> str:
    return (item.findtext(f".//{{*}}{name}") or "").strip()
