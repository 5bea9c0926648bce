"""The real documents to read, and what is true of them. For a quick look without them there are a few of our own."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pypdfium2
from _table import fail
from _work import texts
from PIL import Image, ImageDraw, ImageFont

from aios_sdk import Box, Document, PageInfo, PageText, Words

REPOSITORY = Path(__file__).resolve().parent.parent
_CORPORA = Path(os.environ.get("AIOS_CORPORA", REPOSITORY.parent / "shared" / "corpora"))


def receipts(count: int, folder: Path, *, quick: bool) -> dict[str, str]:
    """Pictures of receipts with their true text; where there are none, for a quick look, pages that are drawn in ``folder``."""
    data = _CORPORA / "receipts" / "zzzDavid+ICDAR-2019-SROIE" / "data"
    pictures = sorted((data / "img").glob("*.jpg"))[:count]
    if not pictures and quick:
        return dict(_draw(folder / f"{number}.png", text) for number, text in enumerate(texts(count)))
    if len(pictures) < count:
        fail(f"there are {len(pictures)} receipts in {data}: {_MISSING}")
    return {str(picture): _transcript(data / "box" / f"{picture.stem}.csv") for picture in pictures}


def receipt(file: Path) -> Document:
    """A receipt as people transcribed it: its lines with their boxes, cut into words by the length of these."""
    lines = []
    for row in file.read_text(encoding="utf-8", errors="replace").splitlines():
        *corners, text = row.split(",", 8)
        if len(corners) == 8 and text.strip():
            xs, ys = [int(value) for value in corners[::2]], [int(value) for value in corners[1::2]]
            lines.append((min(xs), min(ys), max(xs), max(ys), text.strip()))
    width, height = max(line[2] for line in lines) + 20, max(line[3] for line in lines) + 20
    page = PageText(page=0, content="\n".join(line[4] for line in lines))
    words, position = [], 0
    for left, top, right, bottom, text in lines:
        letter = (right - left) / len(text)
        for word in re.finditer(r"\S+", text):
            box = Box.of((left + letter * word.start()) / width, top / height, (left + letter * word.end()) / width, bottom / height)
            words.append((position + word.start(), position + word.end(), box, None))
        position += len(text) + 1
    return Document.of(pages=(PageInfo(index=0, width=width, height=height),), text=(page,), words=(Words.build(page, words),))


def receipt_lines() -> dict[Path, tuple[str, list[tuple[float, float, float, float, str]]]]:
    """Every receipt with its company, in capital letters without spaces, and its true lines with their boxes in shares of the page."""
    data = _CORPORA / "receipts" / "zzzDavid+ICDAR-2019-SROIE" / "data"
    found = {}
    for picture in sorted((data / "img").glob("*.jpg")):
        with Image.open(picture) as opened:
            width, height = opened.size
        key = json.loads((data / "key" / f"{picture.stem}.json").read_text(encoding="utf-8"))
        company = re.sub(r"[^A-Z0-9]", "", str(key.get("company") or picture.stem).upper())
        lines = []
        for row in (data / "box" / f"{picture.stem}.csv").read_text(encoding="utf-8", errors="replace").splitlines():
            *corners, text = row.split(",", 8)
            if len(corners) == 8:
                xs, ys = [int(value) / width for value in corners[::2]], [int(value) / height for value in corners[1::2]]
                lines.append((min(xs), min(ys), max(xs), max(ys), text))
        found[picture] = (company, lines)
    return found or fail(f"there are no receipts in {data}: {_MISSING}")


def pdfs(*, quick: bool) -> dict[str, int]:
    """The PDFs that pypdfium2 opens, with the number of their pages; those that are broken on purpose are not of this benchmark."""
    files = sorted(file for file in _CORPORA.rglob("*.pdf") if "hostile" not in file.relative_to(_CORPORA).parts)
    if not files and quick:
        files = sorted((REPOSITORY / "examples").rglob("*.pdf"))
    found = {}
    for file in files:
        try:
            with pypdfium2.PdfDocument(file) as document:
                found[str(file)] = len(document)
        except pypdfium2.PdfiumError:
            continue
    return found or fail(f"there is no PDF in {_CORPORA}: {_MISSING}")


def folder(kind: str) -> Path:
    """Where the real files of a kind are."""
    place = _CORPORA / kind
    return place if place.is_dir() else fail(f"there is no {place}: {_MISSING}")


_MISSING = "set AIOS_CORPORA to the folder of real documents, or choose other sections with --only"


def plain(text: str) -> str:
    """Upper case, with single spaces."""
    return re.sub(r"\s+", " ", text).strip().upper()


def _transcript(file: Path) -> str:
    """The text of a receipt in the order of its boxes: each line holds eight coordinates, then what stands there."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return plain(" ".join(line.split(",", 8)[8] for line in lines if line.count(",") >= 8))


def _draw(file: Path, text: str) -> tuple[str, str]:
    lines = re.findall(r".{1,50}(?:\s|$)", text)
    picture = Image.new("L", (1200, 60 + 45 * len(lines)), 255)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=36)
    for number, line in enumerate(lines):
        pen.text((40, 30 + 45 * number), line, fill=0, font=font)
    picture.save(file)
    return str(file), plain(text)
