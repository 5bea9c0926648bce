"""The section `scans` of `reading.py`: tables on pages that are only pictures.

Three kinds of pages: drawn here, with tables in five styles whose cells are known, in several resolutions, straight and leaning; the pages
of real PDFs, drawn, against the tables that `aios.pdf` finds in their text; and real scans without a truth, of which only is told how many
tables are found. Drawn pages are laid out twice: with their true words, which judges `aios.layout` alone, and as tesseract reads them.
"""

from __future__ import annotations

import argparse
import io
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from _corpora import folder
from _table import Row
from aios_layout import Layout
from aios_pdf import Pdf
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Box, Context, Document, PageInfo, PageText, Pipeline, Source, StepError, Store, Words

STYLES: Final = ("ruled", "with a merged head", "open at its sides", "rows not ruled", "not ruled")
RESOLUTIONS: Final = (150, 200, 300)
LEANS: Final = (0, 1)
_KINDS: Final = {
    "Item": (130, ("Window pane", "Putty", "Work of two men", "Door handle", "Roof tiles", "Travel costs", "Oak frame", "Cleaning")),
    "Place": (70, ("Berlin", "Lyon", "Graz", "Porto", "Leeds", "Oslo", "Turin")),
    "Count": (50, ()),
    "Price": (70, ()),
    "Date": (80, ()),
}
_TEXT: Final = (
    "The storm of Friday broke the front window and the rain",
    "came in until the evening. We ask you to settle the costs",
    "within thirty days, and to send the form back to us.",
)
_A4: Final = (595, 842)


class Drawn(NamedTuple):
    """A page with a table: its picture, its words line by line with their boxes in pixels, and the cells."""

    picture: Image.Image
    lines: list[list[tuple[str, tuple[float, float, float, float]]]]
    rows: list[list[str]]

    def read(self) -> Document:
        """The page as a reader gives it that makes no mistakes."""
        (width, height), position = self.picture.size, 0
        pieces, places = [], []
        for number, line in enumerate(self.lines):
            for place, (word, (x0, y0, x1, y1)) in enumerate(line):
                gap = " " if place else "\n" if number else ""
                start, position = position + len(gap), position + len(gap) + len(word)
                pieces += [gap, word]
                places.append((start, position, Box.of(x0 / width, y0 / height, x1 / width, y1 / height), 0.95))
        text = PageText(page=0, content="".join(pieces), method="ocr")
        page = PageInfo(index=0, width=_A4[0], height=_A4[1])
        return Document.of(pages=(page,), text=(text,), words=(Words.build(text, places),)).bind(_Host(self.picture))


class _Host(NamedTuple):
    picture: Image.Image

    def open(self, document: Document) -> BinaryIO:
        return io.BytesIO()

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        return self.picture.convert("RGB")


def scans(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    with tempfile.TemporaryDirectory() as place:
        return [*_drawn(quick, Path(place)), *_documents(quick, Path(place)), _receipts(given.pages or (6 if quick else 60), Path(place))]


def _drawn(quick: bool, place: Path) -> Iterator[Row]:
    pages = {
        f"{style}, {dpi} dpi, {lean} degrees, {seed}": draw(style, dpi, lean, seed)
        for style in STYLES
        for dpi in RESOLUTIONS
        for lean in LEANS
        for seed in range(1 if quick else 4)
    }
    component = Layout(Layout.Config())
    began, found = time.process_time(), {}
    for name, page in pages.items():
        document = page.read()
        context = Context(run="benchmark", step="extract.layout", scratch=place)
        found[name] = tables(document.add("extract.layout", component.extract(document, context)))
    seconds = (time.process_time() - began) / len(pages)
    component.close()
    yield from _counted("drawn pages, true words", {name: page.rows for name, page in pages.items()}, found)
    yield Row(case="drawn pages: processor time a page, A4, tables written", figure=1000 * seconds, unit="ms")
    for name, page in pages.items():
        page.picture.save(place / f"{name}.png", dpi=(int(name.split(", ")[1].split()[0]),) * 2)
    read = {Path(name).stem: rows for name, rows in _read(sorted(place.glob("*.png"))).items()}
    yield from _counted("drawn pages, read by tesseract", {name: page.rows for name, page in pages.items()}, read)


def _counted(what: str, truth: dict[str, list[list[str]]], found: dict[str, list[list[list[str]]]]) -> Iterator[Row]:
    """How many tables and cells are there as they are drawn; tables beside them."""
    cells = right = shaped = more = 0
    missed = []
    for name, rows in truth.items():
        best = max(found.get(name, []), key=lambda table: _common(table, rows), default=[])
        cells += sum(map(len, rows))
        right += _common(best, rows)
        more += max(0, len(found.get(name, [])) - 1)
        if [len(row) for row in best] == [len(row) for row in rows]:
            shaped += 1
        else:
            missed.append(name)
    bar = len(truth) if "true words" in what else None
    yield Row(case=f"{what}: tables with their rows and columns, of {len(truth)}", figure=shaped, unit="tables", bar=bar, at_least=True,
              beside="; ".join(missed[:5]))  # fmt: skip
    yield Row(case=f"{what}: cells that are right, of {cells:,}", figure=right, unit="cells", bar=cells if bar else None, at_least=True)
    yield Row(case=f"{what}: tables that are none", figure=more, unit="tables", bar=0)


def _common(table: Sequence[Sequence[str]], rows: Sequence[Sequence[str]]) -> int:
    pairs = zip(table, rows, strict=False)
    return sum(_plain(one) == _plain(other) for row, true in pairs for one, other in zip(row, true, strict=False) if len(row) == len(true))


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def _documents(quick: bool, place: Path) -> Iterator[Row]:
    """Pages of PDFs: what `aios.pdf` finds on them in their text is the truth."""
    paths = sorted(path for kind in ("ingest", "invoices", "forms") for path in folder(kind).rglob("*.pdf"))
    ways = ((200, 0),) if quick else ((150, 0), (150, 1), (200, 0), (200, 1), (300, 0), (300, 1))
    truth: dict[tuple[int, int], dict[str, list[list[list[str]]]]] = {way: {} for way in ways}
    reader = Pdf(Pdf.Config())
    for number, path in enumerate(paths[:8] if quick else paths):
        document = _first(reader, path, place)
        for page in [page for page in document.pages if page.text.strip()][:4] if document else ():
            known = tables(document, page.index)
            for dpi, lean in ways if known else ((200, 0),):
                (place / f"{dpi}-{lean}").mkdir(exist_ok=True)
                truth[dpi, lean][f"{number}-{page.index}"] = known
                picture = leaning(reader.render(document, page.index, dpi).convert("L"), lean)
                picture.save(place / f"{dpi}-{lean}" / f"{number}-{page.index}.png", dpi=(dpi, dpi))
    reader.close()
    for dpi, lean in ways:
        read = {Path(name).stem: rows for name, rows in _read(sorted((place / f"{dpi}-{lean}").glob("*.png"))).items()}
        yield from _compared(f"pages of PDFs at {dpi} dpi, {lean} degrees", truth[dpi, lean], read)


def _first(reader: Pdf, path: Path, place: Path) -> Document | None:
    """The document in a file, None where it cannot be read."""
    found = None
    try:
        for each in reader.ingest(
            Source(name=path.name, data=path.read_bytes()), Context(run="benchmark", step="ingest.pdf", scratch=place)
        ):
            found = found or (each.bind(_File(path)) if isinstance(each, Document) else None)
    except StepError:
        pass  # said by the section `files`
    return found


class _File(NamedTuple):
    path: Path

    def open(self, document: Document) -> BinaryIO:
        return self.path.open("rb")

    def render(self, document: Document, page: int, dpi: int) -> Image.Image:
        raise AssertionError("the reader draws")


def _compared(what: str, truth: dict[str, list[list[list[str]]]], read: dict[str, list[list[list[str]]]]) -> Iterator[Row]:
    there = found = cells = right = more = without = false = 0
    for name, known in truth.items():
        others = list(read.get(name, []))
        for rows in known:
            there += 1
            best = max(others, key=lambda table, rows=rows: _common(table, rows), default=None)
            if best is not None and 2 * _common(best, rows) >= sum(map(len, rows)):
                others.remove(best)
                found, cells, right = found + 1, cells + sum(map(len, rows)), right + _common(best, rows)
        more += len(others) if known else 0
        without += not known
        false += 0 if known else len(others)
    case = f"{what}: tables that are found as in their text, of {there}"
    yield Row(case=case, figure=found, unit="tables", beside=f"{right} of their {cells} cells alike; {more} others on these pages")
    if without:
        yield Row(case=f"{what}: tables on pages whose text has none, of {without} pages", figure=false, unit="tables", bar=0)


def _receipts(count: int, place: Path) -> Row:
    paths = sorted((folder("receipts") / "zzzDavid+ICDAR-2019-SROIE" / "data" / "img").glob("*.jpg"))[:count]
    read = _read(paths)
    heads = [" | ".join(rows[0]) for found in read.values() for rows in found]
    return Row(case=f"tables on {len(paths)} till receipts", figure=len(heads), unit="tables", beside="; ".join(heads))


def _read(paths: Sequence[Path]) -> dict[str, list[list[list[str]]]]:
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "read.aios") as store:
        read = Pipeline("read").ingest().extract("tesseract", timeout=120).extract("layout")
        outcomes = read.run(list(paths), store=store, progress=False, ordered=True)
        return {path.name: tables(outcome.document) for path, outcome in zip(paths, outcomes, strict=True)}


def tables(document: Document, index: int = 0) -> list[list[list[str]]]:
    """The tables on a page as it prints them: of each its rows, of each row its cells."""
    page = next((page for page in document.pages if page.index == index), None)
    regions: Any = [region for region in page.regions if region.kind == "table" and region.target] if page else []
    return [[line.split("\t") for line in page.text[region.start : region.end].split("\n")] for region in regions if page]


def draw(style: str, dpi: int, lean: int, seed: int) -> Drawn:
    """A letter of one page with a table of 3 to 6 columns in one of the `STYLES`."""
    chance, scale = random.Random(f"{style} {seed}"), dpi / 72
    picture = Image.new("L", (round(_A4[0] * scale), round(_A4[1] * scale)), 255)
    pen, size = ImageDraw.Draw(picture), chance.choice((9, 10, 11))
    font = ImageFont.load_default(size=size * scale)
    lines: list[list[tuple[str, tuple[float, float, float, float]]]] = []

    def write(x: float, y: float, text: str, *, right: bool = False) -> None:
        across = x * scale - (pen.textlength(text, font=font) if right else 0)
        lines.append([])
        for word in text.split():
            lines[-1].append((word, pen.textbbox((across, y * scale), word, font=font)))
            pen.text((across, y * scale), word, fill=20, font=font)
            across += pen.textlength(f"{word} ", font=font)

    top = 80.0
    for text in _TEXT:
        write(60, top, text)
        top += 1.4 * size
    top += 12
    names = ["Item", *chance.choices(("Place", "Count", "Date"), k=chance.randint(1, 4)), "Price"]
    xs = [60.0]
    for name in names:
        xs.append(xs[-1] + _KINDS[name][0] * size / 10)
    rows = [names, *([_cell(name, chance) for name in names] for _ in range(chance.randint(3, 12)))]
    if style == "with a merged head":
        rows.insert(0, ["Costs", *[""] * (len(names) - 1)])
    height = size * (chance.choice((1.6, 1.9, 2.2)) if style != "not ruled" else 1.4)
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            values = names[column] in ("Count", "Price")
            write(
                xs[column + 1] - 5 if values and text else xs[column] + 5,
                top + number * height + (height - 1.2 * size) / 2,
                text,
                right=values,
            )
    bottom = top + len(rows) * height
    levels = [top + number * height for number in range(len(rows) + 1)]
    inner = top + height if style == "with a merged head" else top
    strokes = {
        "not ruled": [],
        "rows not ruled": [*((xs[0], y, xs[-1], y) for y in (*levels[:2], bottom)), *((x, top, x, bottom) for x in xs)],
        "open at its sides": [*((xs[0], y, xs[-1], y) for y in levels), *((x, top, x, bottom) for x in xs[1:-1])],
    }.get(style) or [*((xs[0], y, xs[-1], y) for y in levels), *((x, top if x in (xs[0], xs[-1]) else inner, x, bottom) for x in xs)]
    for stroke in strokes if style != "not ruled" else ():
        width = max(1, round(chance.choice((0.5, 0.75, 1)) * scale))
        pen.line([place * scale for place in stroke], fill=chance.choice((0, 80)), width=width)
    for number, text in enumerate(_TEXT):
        write(60, bottom + 14 + 1.4 * size * number, text)
    turned = [[(word, _leaning_box(box, lean, picture.size)) for word, box in line] for line in lines if line]
    return Drawn(leaning(picture, lean), turned, rows)


def _cell(name: str, chance: random.Random) -> str:
    made = {
        "Count": f"{chance.randint(1, 99)}",
        "Price": f"{chance.uniform(2, 900):.2f}",
        "Date": f"{chance.randint(1, 28):02}.{chance.randint(1, 12):02}.2024",
    }
    return made.get(name) or chance.choice(_KINDS[name][1])


def leaning(picture: Image.Image, degrees: float) -> Image.Image:
    """The picture turned clockwise by some degrees, on white."""
    return picture.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255) if degrees else picture


def _leaning_box(box: tuple[float, float, float, float], degrees: float, size: tuple[int, int]) -> tuple[float, float, float, float]:
    sine, cosine, x, y = math.sin(math.radians(degrees)), math.cos(math.radians(degrees)), size[0] / 2, size[1] / 2
    corners = [(across - x, down - y) for across in (box[0], box[2]) for down in (box[1], box[3])]
    xs = [across * cosine - down * sine + x for across, down in corners]
    ys = [across * sine + down * cosine + y for across, down in corners]
    return min(xs), min(ys), max(xs), max(ys)
