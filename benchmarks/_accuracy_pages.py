"""Classes of pages from few labelled ones: by the picture, by the text, by both; the backbone is trained here, nothing is downloaded."""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import numpy.typing as npt
import pypdfium2
from _accuracy import SEED, folds, share
from _corpora import folder
from _table import Row, fail
from PIL import Image, ImageSequence

from aios_sdk import Example, Pipeline, Unavailable
from aios_sdk.learning import read_examples

#: What is trained: a small backbone from weights drawn at random, on small pictures.
_BACKBONE: Final = "test_resnet"
_SIZE: Final = 96
_EPOCHS: Final = 30

#: So many labelled pages of a class, or all that the sources to learn from have.
_FEW: Final = (5, 10, 20)

#: Receipts, each of another company; of the other classes there are fewer pages.
_RECEIPTS: Final = 40

_SPLITS: Final = 3


def pages(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The share of pages with the right class, on pages of sources that nothing was learnt from."""
    with _labelled(quick) as examples:
        return _measured(examples, quick)


def _measured(examples: Sequence[Example], quick: bool) -> list[Row]:
    rows = []
    for few in _FEW[:1] if quick else _FEW:
        right: dict[str, list[bool]] = {kind: [] for kind in ("picture", "text", "both")}
        learnt: Counter[str] = Counter()
        measured: list[Example] = []
        for kept, out in _splits(examples):
            taught, tested = _drawn([examples[number] for number in kept], few), [examples[number] for number in out]
            learnt += Counter(each.labels[0] for each in taught)
            measured += tested
            for kind, answers in _answers(taught, tested).items():
                right[kind] += [answer == each.labels[0] for answer, each in zip(answers, tested, strict=True)]
        about = ", ".join(f"{name} {count / _SPLITS:.0f}" for name, count in sorted(learnt.items()))
        best = max(sum(right["picture"]), sum(right["text"])) / len(measured)
        for kind, found in right.items():
            figure = share(sum(found), len(found))
            rows.append(
                Row(
                    case=f"pages: {few} of a class to learn from (a split: {about}): {kind}",
                    figure=figure.figure,
                    unit="right",
                    bar=best if kind == "both" else None,
                    at_least=True,
                    beside=f"{sum(found)} of {len(found)}, {figure}; {_by_class(found, measured)}",
                )
            )
    return rows


def _answers(taught: Sequence[Example], tested: Sequence[Example]) -> dict[str, list[str]]:
    """The classes that heads of aios.timm give by the picture, by the text and by both; the backbone is trained once for all of them."""
    try:
        from aios_timm._backbone import fit
        from aios_timm._export import make
        from aios_timm._learning import learn
        from aios_timm._tuning import encoded, tuned

        start = make(_BACKBONE, weights=None, download=False, size=_SIZE)
    except (ImportError, Unavailable) as error:
        fail(f"{error}: pip install -c constraints.txt 'plugins/aios-timm[train]'")
    pages = [each.document.pages[0] for each in (*taught, *tested)]
    pictures, texts, many = np.array([fit(page.image(100), _SIZE) for page in pages]), [page.text for page in pages], len(taught)
    labels = [each.labels[0] for each in taught]
    target = np.array([sorted(set(labels)).index(label) for label in labels])
    known: dict[bytes, npt.NDArray[np.float32]] = {}

    def seen(kept: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        if kept.tobytes() not in known:
            trained = tuned(start, pictures[kept], target[kept], epochs=_EPOCHS, threads=1)
            known[kept.tobytes()] = encoded(trained, pictures, 1)
        return known[kept.tobytes()]

    def unseen(kept: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        return np.zeros((len(pages), 1), dtype=np.float32)

    found = {}
    for kind, vectors in (("picture", seen), ("text", unseen), ("both", seen)):
        head = learn(
            lambda kept, vectors=vectors: vectors(kept)[:many],  # type: ignore[misc]
            None if kind == "picture" else texts[:many],
            np.arange(many),
            labels,
            [each.source for each in taught],
            folds=3,
        ).head
        raw = head.raw(vectors(np.arange(many))[many:], texts[many:])
        found[kind] = [head.classes[number] for number in raw.argmax(axis=1)]
    return found


def _splits(examples: Sequence[Example]) -> Iterator[tuple[list[int], list[int]]]:
    """(to learn from, to be measured on): no source on both sides, and each class on both wherever it has sources enough."""
    parts: list[set[int]] = [set() for _ in range(_SPLITS)]
    placed: dict[str, int] = {}
    for name in sorted({each.labels[0] for each in examples}):
        its = [number for number, each in enumerate(examples) if each.labels[0] == name]
        for place, (_, out) in enumerate(folds([examples[number].source for number in its], _SPLITS)):
            for number in (its[index] for index in out):
                parts[placed.setdefault(examples[number].source, place)].add(number)
    for part in parts:
        yield [number for number in range(len(examples)) if number not in part], sorted(part)


def _drawn(examples: Sequence[Example], few: int) -> list[Example]:
    """So many of each class, by chance, each from another source as far as there are sources."""
    draw, found = random.Random(SEED), []
    for name in sorted({each.labels[0] for each in examples}):
        its = [each for each in examples if each.labels[0] == name]
        draw.shuffle(its)
        seen: Counter[str] = Counter()
        ranked = []
        for each in its:
            ranked.append((seen[each.source], len(ranked)))
            seen[each.source] += 1
        found += [its[number] for _, number in sorted(ranked)[:few]]
    return found


def _by_class(right: Sequence[bool], examples: Sequence[Example]) -> str:
    by_class: dict[str, list[bool]] = {}
    for each, one in zip(examples, right, strict=True):
        by_class.setdefault(each.labels[0], []).append(one)
    return ", ".join(f"{name} {sum(its)} of {len(its)}" for name, its in sorted(by_class.items()))


# -- the pages -----------------------------------------------------------------------------------------------------


@contextmanager
def _labelled(quick: bool) -> Iterator[Sequence[Example]]:
    """Pages with their class and source, read as a run reads them: the text layer, else OCR."""
    read = Pipeline("pages").ingest().extract("tesseract", required=False)
    with TemporaryDirectory() as name:
        rows = list(_files(Path(name), 10 if quick else _RECEIPTS))
        listed = Path(name) / "pages.jsonl"
        listed.write_text("".join(json.dumps({"file": file, "label": label, "source": source}) + "\n" for file, label, source in rows))
        with read_examples(listed, pipeline=read) as found:
            if found.unread:
                fail(f"{found.unread[0][0]} could not be read: {found.unread[0][1]}")
            yield found.examples


def _files(place: Path, receipts: int) -> Iterator[tuple[str, str, str]]:
    """A file for each page, its class and its source: the company of a receipt, the collection of what was made by one program."""
    data = folder("receipts") / "zzzDavid+ICDAR-2019-SROIE" / "data"
    seen: set[str] = set()
    for picture in sorted((data / "img").glob("*.jpg")):
        company = str(json.loads((data / "key" / f"{picture.stem}.json").read_text(encoding="utf-8")).get("company"))
        if company not in seen and len(seen) < receipts:
            seen.add(company)
            yield _copied(picture, place, f"receipt-{picture.stem}"), "receipt", company
    for file in sorted(folder("invoices").rglob("*.pdf")):
        # All of the corpus ZUGFeRD were laid out by one program; as to the picture they are one source.
        source = "ZUGFeRD" if "ZUGFeRD+corpus" in file.parts[-4] else file.stem
        yield _page(file, 0, place), "invoice", source
    for file in sorted(folder("forms").rglob("*.pdf")):
        yield _page(file, 0, place), "form", "1099" if "1099" in file.name else file.stem
    for file in sorted(folder("forms").rglob("*.png")):
        yield _copied(file, place, f"form-{file.parent.name[:12]}"), "form", file.parent.name
    packages = folder("doc_class")
    (package,) = packages.rglob("procurement_multi_document.pdf")
    for number, label in ((0, "invoice"), (1, "receipt"), (2, "form"), (4, "receipt")):
        yield _page(package, number, place), label, "procurement"
    (package,) = packages.rglob("lending_package.pdf")
    for number in (4, 5):  # a tax form and an application
        yield _page(package, number, place), "form", "lending"
    (paper,) = packages.rglob("2305.03393v1-pg9.pdf")
    yield _page(paper, 0, place), "paper", paper.stem
    (paper,) = packages.rglob("2206.01062.tif")
    with Image.open(paper) as frames:
        for number, frame in enumerate(ImageSequence.Iterator(frames)):
            target = place / f"paper-{number}.png"
            frame.convert("RGB").save(target)
            yield target.name, "paper", paper.stem


def _copied(file: Path, place: Path, name: str) -> str:
    target = place / f"{name}{file.suffix}"
    target.write_bytes(file.read_bytes())
    return target.name


def _page(file: Path, number: int, place: Path) -> str:
    """One page of a PDF as a file, with its text layer."""
    target = place / f"{file.stem}-{number}.pdf".replace(" ", "-")
    with pypdfium2.PdfDocument(file) as whole, pypdfium2.PdfDocument.new() as one:
        one.import_pages(whole, [number])
        one.save(target)
    return target.name
