"""The section `receipts` of `accuracy.py`: company, date, address and total of till receipts, by taggers that never saw the company.

Companies whose names are alike, or that have one address, count as one. A value is right when it is equal after normalisation: dates and
amounts by what they mean, texts by their letters and digits. Intervals of F1 are over companies drawn again.

- Clean text: the transcripts. A threshold of confidence is chosen for each fold on what was found in the others, as the lowest above which
  the precision is held there; told is which share of all values lies above it in the fold itself, and how many of those are right.
- From the image: what `aios.rapidocr` reads, learned from readings of other companies. Where ``AIOS_BENCHMARK_CACHE`` names a folder,
  readings are kept there.
"""

from __future__ import annotations

import argparse
import datetime as dt
import difflib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pydantic
from _accuracy import f1, folds, resampled, share
from _corpora import folder, receipt
from _table import Row
from aios_fields import Fields
from PIL import Image

from aios_sdk import Box, Context, Document, Example, PageInfo, PageText, Resources, Words
from aios_sdk.calibration import calibration_error

FOLDS = 5
_LIKE = 0.85


class Receipt(pydantic.BaseModel):
    """What is sought."""

    company: str
    date: dt.date
    address: str
    total: Decimal


class Found(NamedTuple):
    """A value that was found: of which company and field, how surely, and whether it is right."""

    company: str
    path: str
    confidence: float
    right: bool


def receipts(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    data = folder("receipts") / "zzzDavid+ICDAR-2019-SROIE" / "data"
    stems = sorted(file.stem for file in (data / "key").glob("*.json"))[:: 3 if quick else 1]
    truths = {stem: truth(data / "key" / f"{stem}.json") for stem in stems}
    company = companies(truths)
    clean = {stem: Example(document=receipt(data / "box" / f"{stem}.csv"), fields=truths[stem], source=company[stem]) for stem in stems}
    rows = [_scored("rules alone, clean text", found_by(Fields.Config(output=Receipt), clean.values()), clean.values(), None)]
    parts = _held_out(list(clean.values()), quick)
    rows.append(_scored("clean text", [one for part in parts for one in part], clean.values(), 0.85))
    for target, bar in ((0.99, 0.25), (0.95, 0.55)):
        rows.append(_automated(parts, target, bar, sum(len(one.fields) for one in clean.values())))
    rows.append(_calibrated("clean text", [one for part in parts for one in part]))
    pictures = [stem for stem in stems if (data / "img" / f"{stem}.jpg").exists()][:: 2 if quick else 1]
    read = [Example(document=reading, fields=truths[stem], source=company[stem]) for stem, reading in readings(data / "img", pictures)]
    rows.append(_scored("from the image, rules alone", found_by(Fields.Config(output=Receipt), read), read, None))
    seen = [one for part in _held_out(read, quick) for one in part]
    return [*rows, _scored("from the image", seen, read, 0.65), _calibrated("from the image", seen)]


def _held_out(examples: Sequence[Example], quick: bool) -> list[list[Found]]:
    """What is found in each fold by a tagger that learned from the others."""
    parts = []
    for number, (learned, measured) in enumerate(folds([one.source for one in examples], 3 if quick else FOLDS), 1):
        print(f"  fold {number}: {len(learned)} examples, {len(measured)} to be measured on", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as name:
            Fields(Fields.Config(output=Receipt)).train([examples[place] for place in learned], Path(name))
            config = Fields.Config.model_validate({"output": Receipt, "model": Path(name)})
            parts.append(found_by(config, [examples[place] for place in measured]))
    return parts


def found_by(config: Fields.Config, examples: Iterable[Example]) -> list[Found]:
    """Every value that is found in the examples."""
    component = Fields(config)
    models = {config.model: config.model.folder} if config.model and config.model.folder else {}
    component.open(Resources(scratch=Path(tempfile.gettempdir()), models=models))
    return [
        Found(one.source, field.path, field.confidence or 0.0, same(field.value, one.fields.get(field.path)))
        for one in examples
        for field in component.extract(one.document).fields
    ]


def same(value: Any, true: Any) -> bool:
    """Whether two values are equal after normalisation."""
    return letters(value) == letters(true) if isinstance(value, str) and isinstance(true, str) else value == true


def letters(text: str) -> str:
    """Letters and digits in upper case."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _scored(case: str, found: Sequence[Found], examples: Iterable[Example], bar: float | None) -> Row:
    counts: dict[str, list[int]] = {}
    paths: dict[str, list[int]] = {path: [0, 0] for path in Receipt.model_fields}
    for example in examples:
        counts.setdefault(example.source, [0, 0, 0])[2] += len(example.fields)
        for path in example.fields:
            paths[path][1] += 1
    for one in found:
        counts[one.company][0] += one.right
        counts[one.company][1] += 1
        paths[one.path][0] += one.right
    micro = resampled(list(counts.values()), lambda drawn: f1(*(sum(count) for count in zip(*drawn, strict=True))))
    each = ", ".join(f"{path} {right}/{of}" for path, (right, of) in paths.items())
    return Row(
        case=case, figure=micro.figure, unit="micro-F1", bar=bar, at_least=True, beside=f"{micro}, {len(counts)} companies; right: {each}"
    )


def _calibrated(case: str, found: Sequence[Found]) -> Row:
    """How far the tagger's confidences lie from how often they are right."""
    error = calibration_error([one.confidence for one in found], [one.right for one in found], [one.company for one in found])
    told = (
        f"{error.low:.3f} to {error.high:.3f}; bar: by chance, each value by itself; {error.among_sources:.3f} where those of a company go "
        f"together; {sum(one.right for one in found):,} of {len(found):,} right"
    )
    return Row(case=f"{case}: calibration error", figure=error.value, unit="", bar=error.chance, beside=told)


def _automated(parts: Sequence[Sequence[Found]], target: float, bar: float, values: int) -> Row:
    passed = [
        one
        for number, part in enumerate(parts)
        for threshold in [lowest([one for other, rest in enumerate(parts) if other != number for one in rest], target)]
        for one in part
        if one.confidence >= threshold
    ]
    right = sum(one.right for one in passed)
    return Row(
        case=f"clean text, without a person at {target:.0%} precision",
        figure=len(passed) / values,
        unit="of values",
        bar=bar,
        at_least=True,
        beside=f"{share(len(passed), values)}; realised precision {share(right, len(passed))}, {right}/{len(passed)}",
    )


def lowest(found: Iterable[Found], target: float) -> float:
    """The lowest confidence such that of what was found with at least it a share of ``target`` is right; above 1 where there is none."""
    order = sorted(found, key=lambda one: -one.confidence)
    threshold, right = 1.1, 0
    for number, one in enumerate(order, 1):
        right += one.right
        if right / number >= target and (number == len(order) or order[number].confidence < one.confidence):
            threshold = one.confidence
    return threshold


def truth(file: Path) -> dict[str, Any]:
    """What is true of a receipt; dates are written day first, some of them with two digits for the year."""
    told = json.loads(file.read_text(encoding="utf-8"))
    found: dict[str, Any] = {path: told[path] for path in ("company", "address") if told.get(path)}
    for form in (
        "%d/%m/%Y",
        "%d/%m/%y",
        "%d %b %Y",
        "%d %b %y",
        "%Y/%m/%d",
        "%d%m%Y",
        "%Y%m%d",
        "%d%b%y",
        "%d%b%Y",
        "%d/%b/%Y",
        "%m/%d/%Y",
    ):
        try:
            found["date"] = dt.datetime.strptime(re.sub(r"[-.]", "/", told["date"]).strip(), form).date()
            break
        except ValueError:
            continue
    found["total"] = Decimal(re.sub(r"[^\d.-]", "", told["total"]))
    return found


def companies(truths: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The company of each receipt, the same for names that are alike or share an address."""
    found: dict[str, str] = {}
    for stem, told in truths.items():
        name, address = letters(told["company"]), letters(told.get("address", stem))
        same_as = (
            company
            for other, company in found.items()
            if letters(truths[other].get("address", other)) == address or _alike(letters(truths[other]["company"]), name)
        )
        found[stem] = next(same_as, name)
    return found


def _alike(left: str, right: str) -> bool:
    return left == right or difflib.SequenceMatcher(None, left, right, autojunk=False).ratio() >= _LIKE


def readings(pictures: Path, stems: Sequence[str]) -> Iterable[tuple[str, Document]]:
    """What `aios.rapidocr` reads on each picture, or what it read before."""
    kept = Path(os.environ["AIOS_BENCHMARK_CACHE"]) / "rapidocr" if "AIOS_BENCHMARK_CACHE" in os.environ else None
    reader: Any = None
    for stem in stems:
        file = kept / f"{stem}.json" if kept else None
        if file is None or not file.exists():
            reader = reader or _reader()
            said = _read(reader, pictures / f"{stem}.jpg")
            if file is None:
                yield stem, _document(said)
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(said), encoding="utf-8")
        yield stem, _document(json.loads(file.read_text(encoding="utf-8")))


def _reader() -> Any:
    from aios_rapidocr import RapidOcr

    component = RapidOcr(RapidOcr.Config())
    component.open(Resources(scratch=Path(tempfile.gettempdir())))
    return component


def _read(component: Any, file: Path) -> dict[str, Any]:
    class Host:
        def render(self, document: Document, page: int, dpi: int) -> Image.Image:
            with Image.open(file) as picture:
                return picture.convert("RGB")

    scratch = Path(tempfile.gettempdir())
    found = component.extract(Document.of(pages=(PageInfo(index=0),)).bind(Host()), Context(run="benchmark", step="ocr", scratch=scratch))
    (text,), (words,) = found.text, found.words
    with Image.open(file) as picture:
        size = picture.size
    return {
        "size": size,
        "content": text.content,
        "words": [(word.start, word.end, tuple(word.box), word.confidence) for word in words.iterate(text)],
    }


def _document(said: Mapping[str, Any]) -> Document:
    page = PageText(page=0, content=said["content"], method="ocr")
    words = Words.build(page, [(start, end, Box(*box), confidence) for start, end, box, confidence in said["words"]])
    return Document.of(pages=(PageInfo(index=0, width=said["size"][0], height=said["size"][1]),), text=(page,), words=(words,))
