"""The section `ocr` of `reading.py`: receipts read by tesseract, by rapidocr, and by the chooser between them.

Each reader has a process of its own, one after the other, and one thread; the models are loaded before the clock starts. Processor seconds
say what a reader costs, whoever else is at work on the machine; pages a second are told beside them. Two error rates are told, both over
all pages together, letters in upper case with single spaces:

- ``text``: the edit distance between the text of a page and its transcript, as others report it. The transcripts are in an order of their
  own: told row by row, the transcripts themselves are 0.10 away from how they are written.
- ``lines``: the words that were read within the box of each line of the transcript, against that line; words in no line count as wrong.
  It does not ask for the order of the lines.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from _corpora import plain, receipt_lines
from _engine_ocr import distance
from _table import Row, fail, number

PAGES = 60
#: No company has more pages than this in a measurement, so that one kind of receipt does not decide.
OF_ONE_COMPANY = 8


class Line(NamedTuple):
    """A line of a transcript, or words that were read: a rectangle in shares of the page, and a text."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


class Read(NamedTuple):
    """What a reader made of all pages."""

    text_error: float
    line_error: float
    processor: float
    wall: float


def ocr(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    truth = {file: (company, [Line(*line) for line in lines]) for file, (company, lines) in receipt_lines().items()}
    files = chosen(truth, given.half, given.pages or (6 if quick else PAGES))
    found = {reader: measured(reader, files, truth) for reader in READERS}
    upstream, ours, chooser = found["rapidocr as it comes"], found["aios.rapidocr"], found["aios.ocr"]
    rows = []
    for reader, read in found.items():
        beside = f"{number(1 / read.wall)} pages/s, lines {read.line_error:.4f}"
        rows.append(Row(case=f"{reader}: character error rate, text", figure=read.text_error, unit="of characters", beside=beside))
        rows.append(Row(case=f"{reader}: processor time", figure=read.processor, unit="s/page"))
    for name, read in (("rapidocr as it comes", upstream), ("aios.rapidocr", ours)):
        for kind in ("text_error", "line_error"):
            bar = 1.15 * getattr(read, kind) if kind == "text_error" else None
            rows.append(
                Row(
                    case=f"aios.ocr against {name}: character error rate, {kind.partition('_')[0]}",
                    figure=getattr(chooser, kind),
                    unit="of characters",
                    bar=bar,
                    beside=f"1.15 x {getattr(read, kind):.4f} is {1.15 * getattr(read, kind):.4f}; {len(files)} receipts",
                )
            )
        rows.append(
            Row(
                case=f"aios.ocr against {name}: times as fast, by processor time",
                figure=read.processor / chooser.processor,
                unit="x",
                bar=2,
                at_least=True,
                beside=f"{read.wall / chooser.wall:.2f} by wall time",
            )
        )
    return rows


def chosen(truth: Mapping[Path, tuple[str, Sequence[Line]]], half: str, count: int) -> list[Path]:
    """``count`` receipts of one half of the companies; which half a company is in, and which of its receipts come first, is told by
    hashes, so that nobody chose them."""
    by_company: dict[str, list[Path]] = {}
    for file, (company, _) in truth.items():
        if hashlib.sha256(company.encode()).digest()[0] & 1 == (half == "test"):
            by_company.setdefault(company, []).append(file)
    kept = [file for files in by_company.values() for file in sorted(files, key=_hash)[:OF_ONE_COMPANY]]
    if len(kept) < count:
        print(f"there are {len(kept)} receipts in this half", file=sys.stderr)
    return sorted(sorted(kept, key=_hash)[:count])


def _hash(file: Path) -> str:
    return hashlib.sha256(file.name.encode()).hexdigest()


def measured(reader: str, files: Sequence[Path], truth: Mapping[Path, tuple[str, Sequence[Line]]]) -> Read:
    """Read all ``files`` in a process of the reader's own and compare."""
    environment = os.environ | {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, reader]
    done = subprocess.run(command, input=json.dumps([*map(str, files)]), capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        fail(f"{reader} ended with {done.returncode}: {done.stderr[-300:]}")
    said = json.loads(done.stdout.splitlines()[-1])
    text = lines = length = 0
    for file in files:
        expected, words = truth[file][1], [Line(*word) for word in said["words"][str(file)]]
        whole = plain(" ".join(line.text for line in expected))
        text += distance(plain(said["texts"][str(file)]), whole)
        lines += line_distance(words, expected)
        length += len(whole)
    count = len(files)
    return Read(text / length, lines / length, said["processor"] / count, said["wall"] / count)


def line_distance(words: Sequence[Line], expected: Sequence[Line]) -> int:
    """The edit distances of all lines to the words within their boxes, and the length of the words that are in none."""
    inside: list[list[Line]] = [[] for _ in expected]
    distances = 0
    for word in words:
        x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
        near = [
            (abs(y - (line.top + line.bottom) / 2) + (0 if line.left <= x <= line.right else 1), place)
            for place, line in enumerate(expected)
            if line.left - 0.02 <= x <= line.right + 0.02
            and line.top - 0.2 * (line.bottom - line.top) <= y <= line.bottom + 0.2 * (line.bottom - line.top)
        ]
        if near:
            inside[min(near)[1]].append(word)
        else:
            distances += len(word.text) + 1
    for line, found in zip(expected, inside, strict=True):
        middle = (line.top + line.bottom) / 2
        rows = sorted(found, key=lambda word: (abs((word.top + word.bottom) / 2 - middle) > (line.bottom - line.top), word.left))
        distances += distance(plain(" ".join(word.text for word in rows)), plain(line.text))
    return distances


# What runs in the process of a reader.

Reader = Callable[[Path], tuple[str, list[Line]]]


def _component(module: str, name: str, **config: Any) -> Callable[[], Reader]:
    def opened() -> Reader:
        import tempfile

        from PIL import Image

        from aios_sdk import Context, Document, PageInfo, Resources

        scratch = Path(tempfile.mkdtemp())
        kind = getattr(importlib.import_module(module), name)
        component = kind(kind.Config(**config))
        component.open(Resources(scratch=scratch))

        class Host:
            def __init__(self, file: Path) -> None:
                self.file = file

            def render(self, document: Document, page: int, dpi: int) -> Image.Image:
                with Image.open(self.file) as picture:
                    return picture.convert("RGB")

        def read(file: Path) -> tuple[str, list[Line]]:
            document = Document.of(pages=(PageInfo(index=0),)).bind(Host(file))
            found = component.extract(document, Context(run="benchmark", step="ocr", scratch=scratch))
            (text,), (words,) = found.text, found.words
            return text.content, [Line(*word.box, word.text) for word in words.iterate(text)]

        return read

    return opened


def _upstream() -> Reader:
    """rapidocr as its own pages say it is called, on one thread."""
    from PIL import Image
    from rapidocr import RapidOCR

    one = {"EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1}
    engine = RapidOCR(params={**one, "Global.log_level": "error"})

    def read(file: Path) -> tuple[str, list[Line]]:
        found = engine(str(file))
        with Image.open(file) as picture:
            width, height = picture.size
        words: list[Line] = []
        if found.boxes is None:
            return "", words
        for corners, text in zip(found.boxes.tolist(), found.txts, strict=True):
            across, down = [x / width for x, _ in corners], [y / height for _, y in corners]
            wide = (max(across) - min(across)) / len(text)
            for word in re.finditer(r"\S+", text):
                start, end = min(across) + wide * word.start(), min(across) + wide * word.end()
                words.append(Line(start, min(down), end, max(down), word[0]))
        return "\n".join(found.txts), words

    return read


READERS: dict[str, Callable[[], Reader]] = {
    "aios.tesseract, pytesseract": _component("aios_tesseract", "Tesseract", binding="pytesseract"),
    "aios.tesseract, tesserocr": _component("aios_tesseract", "Tesseract", binding="tesserocr"),
    "rapidocr as it comes": _upstream,
    "aios.rapidocr": _component("aios_rapidocr", "RapidOcr"),
    "aios.ocr": _component("aios_rapidocr", "Ocr"),
}


def _processor() -> float:
    took = os.times()
    return took.user + took.system + took.children_user + took.children_system


def _run(reader: str) -> None:
    files = [Path(file) for file in json.loads(sys.stdin.read())]
    read = READERS[reader]()
    read(files[0])
    texts, words = {}, {}
    processor, wall = _processor(), time.perf_counter()
    for file in files:
        texts[str(file)], words[str(file)] = read(file)
    print(json.dumps({"processor": _processor() - processor, "wall": time.perf_counter() - wall, "texts": texts, "words": words}))


if __name__ == "__main__":
    _run(sys.argv[1])
