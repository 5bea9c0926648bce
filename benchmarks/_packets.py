"""Packets made of documents of the corpora, with where each document begins; the documents' sources are parted into those to fit on and
those to judge by."""

from __future__ import annotations

import email.policy
import random
import re
import tempfile
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from _corpora import folder, receipt_lines
from PIL import Image

from aios_sdk import Box, Document, PageInfo, PageText, Pipeline, Store, Words

Half = Literal["fit", "judge"]

#: The PDFs with text, by whom they come from: those of one source are all in one half.
_PDFS = {
    "fit": ("invoices/ZUGFeRD+corpus", "hostile/apache+tika", "hostile/openpreserve+format-corpus", "forms"),
    "judge": ("invoices/invoice-x+invoice2data", "invoices/GoogleCloudPlatform", "ingest/docling-project+docling", "doc_class/docling"),
}
_PRINTED = (".md", ".html", ".docx", ".odt", ".rtf", ".txt", ".eml")
_LONGEST = 12
_SIBLINGS = 0.15
_NOISE = "abcdefghijklmnopqrstuvwxyz0123456789 .,-"


class PagePart(NamedTuple):
    """A page of a document before it lies in a packet; words are (start, end, box)."""

    width: float
    height: float
    text: str
    words: tuple[tuple[int, int, Box], ...]


class Made(NamedTuple):
    """A document to make packets of: what kind it is, whom it comes from, and whether its pages are its own or were typeset here."""

    kind: str
    source: str
    is_real: bool
    pages: tuple[PagePart, ...]


class Packet(NamedTuple):
    """A packet as a document, and the pages at which the documents in it begin."""

    document: Document
    beginnings: frozenset[int]


def half_of(source: str) -> Half:
    """On which side of the split a source is."""
    return "fit" if zlib.crc32(source.encode()) % 2 else "judge"


def documents(half: Half) -> list[Made]:
    """The documents of one half."""
    corpora = folder("invoices").parent
    pdfs = [file for start in _PDFS[half] for file in sorted(corpora.rglob("*.pdf")) if str(file.relative_to(corpora)).startswith(start)]
    texts = [file for file in sorted((corpora / "ingest").rglob("*")) if file.suffix in _PRINTED and half_of(_source(file)) == half]
    found = [*_receipts(half), *_mails(corpora / "email_class", half)]
    for document in _read([*pdfs, *texts]):
        path = Path(document.key)
        if document.media_type == "application/pdf":
            pages = tuple(_page(document, number) for number in range(min(len(document.pages), _LONGEST)))
            if any(page.text.strip() for page in pages) and not any("�" in page.text for page in pages):
                found.append(Made("pdf", path.name, True, pages))
        elif len(document.text) > 200:
            found.append(Made("text", _source(path), False, typeset(path.stem, document.text)))
    return found


def packets(made: Sequence[Made], count: int, seed: int) -> Iterator[tuple[Packet, bool]]:
    """Packets of 1 to 8 documents, and whether each was scanned: then all has the paper's size, misread letters and no more than OCR gives.

    Of every five, two are of one kind; some documents are followed by another one of the same making.
    """
    chance = random.Random(seed)
    kinds = sorted({each.kind for each in made})
    by_kind = {kind: [each for each in made if each.kind == kind] for kind in kinds}
    for _ in range(count):
        number = 1 + min(7, int(chance.expovariate(0.35)))
        same = chance.random() < 0.4
        kind = chance.choice(kinds)
        among = [chance.choice(by_kind[kind if same else chance.choice(kinds)]) for _ in range(number)]
        chosen = []
        for each in {each.pages: each for each in among}.values():  # nobody sends the same page twice
            chosen.append(each)
            if chance.random() < _SIBLINGS:
                chosen.append(sibling(each, chance))
        scanned = chance.random() < 0.5
        yield _packet([each.pages for each in chosen], chance, scanned=scanned), scanned


def sibling(made: Made, chance: random.Random) -> Made:
    """Another document of the same making, as the next invoice of a supplier: with other numbers, but for some, as the telephone."""
    others: dict[str, str] = {}

    def other(mark: re.Match[str]) -> str:
        if mark[0] not in others:
            kept = chance.random() < 0.4
            others[mark[0]] = mark[0] if kept else re.sub(r"\d", lambda _: str(chance.randint(0, 9)), mark[0])
        return others[mark[0]]

    pages = tuple(page._replace(text=re.sub(r"\S*\d\S*\d\S*\d\S*", other, page.text)) for page in made.pages)
    return made._replace(pages=pages)


def alone(made: Sequence[Made]) -> Iterator[Packet]:
    """Each document as it comes by itself."""
    for each in made:
        yield _packet([each.pages], random.Random(0), scanned=False)


def _packet(parts: Sequence[Sequence[PagePart]], chance: random.Random, *, scanned: bool) -> Packet:
    noise = chance.choice((0.0, 0.01, 0.03)) if scanned else 0.0
    duplex = scanned and chance.random() < 0.3
    one_size = scanned and chance.random() < 0.7
    pages: list[PagePart] = []
    beginnings = set()
    for part in parts:
        beginnings.add(len(pages))
        pages += part
        if duplex and len(part) % 2:
            pages.append(PagePart(595, 842, "", ()))
    infos, texts, words = [], [], []
    for index, page in enumerate(pages):
        width, height = (595.0, 842.0) if one_size else (page.width, page.height)
        infos.append(PageInfo(index=index, width=width, height=height))
        text = PageText(page=index, content=_misread(page.text, noise, chance), method="ocr" if scanned else "embedded")
        texts.append(text)
        if page.words:
            words.append(Words.build(text, [(start, end, box, None) for start, end, box in page.words]))
    document = Document.of(pages=tuple(infos), text=tuple(texts), words=tuple(words))
    return Packet(document, frozenset(beginnings))


def _misread(text: str, noise: float, chance: random.Random) -> str:
    if not noise:
        return text
    return "".join(chance.choice(_NOISE) if not letter.isspace() and chance.random() < noise else letter for letter in text)


def typeset(name: str, text: str) -> tuple[PagePart, ...]:
    """``text`` on pages, as letters and reports are printed: size, running head and numbers of the pages follow from the name."""
    chance = random.Random(zlib.crc32(name.encode()))
    width, height = chance.choice(((595.0, 842.0), (612.0, 792.0)))
    size = chance.choice((9.0, 10.0, 11.0, 12.0))
    left, per_line = chance.uniform(0.08, 0.15), int(width * 0.75 / (size * 0.5))
    per_page = int(height * chance.uniform(0.7, 0.85) / (size * 1.3))
    lines = [piece for line in text.splitlines() for piece in (textwrap.wrap(line, per_line) or [""])]
    lines = re.sub(r"\n{3,}", "\n\n", "\n".join(lines).replace("\f", "\n")).strip().split("\n")
    sheets = [lines[first : first + per_page] for first in range(0, len(lines), per_page)][: chance.choice((1, 2, 3, 4, 6))]
    head = chance.choice(("", "", lines[0][:50], f"{name} · {chance.randint(1, 28)}.0{chance.randint(1, 9)}.2024"))
    form = chance.choice(("", "", "", "Page {} of {}", "Seite {} von {}", "{}/{}", "- {} -", "{}", "Page {}"))
    return tuple(_sheet(sheet, number, len(sheets), head, form, (width, height, size, left)) for number, sheet in enumerate(sheets, 1))


def _sheet(lines: Sequence[str], number: int, count: int, head: str, form: str, style: tuple[float, float, float, float]) -> PagePart:
    width, height, size, left = style
    placed = [(0.03, head)] if head and number > 1 else []
    placed += [(0.08 + row * size * 1.3 / height, line) for row, line in enumerate(lines)]
    if form:
        placed.append((0.95, form.format(number, count)))
    text, words = "", []
    for top, line in placed:
        for word in re.finditer(r"\S+", line):
            x0, x1 = (left + place * size * 0.5 / width for place in (word.start(), word.end()))
            words.append((len(text) + word.start(), len(text) + word.end(), Box.of(x0, top, x1, top + size / height)))
        text += line + "\n"
    return PagePart(width, height, text, tuple(words))


def _page(document: Document, index: int) -> PagePart:
    page = document.pages[index]
    words = page.words
    placed = (
        () if words is None or page.reading is None else tuple((word.start, word.end, word.box) for word in words.iterate(page.reading))
    )
    return PagePart(page.info.width, page.info.height, page.text, placed)


def _receipts(half: Half) -> Iterator[Made]:
    for picture, (company, lines) in receipt_lines().items():
        if half_of(company) == half:
            with Image.open(picture) as opened:
                width, height = (side * 72 / 150 for side in opened.size)
            text, words = "", []
            for x0, y0, x1, y1, line in lines:
                if line.strip():
                    words.append((len(text), len(text) + len(line), Box.of(x0, y0, x1, y1)))
                    text += line + "\n"
            yield Made("receipt", company, True, (PagePart(width, height, text, tuple(words)),))


def _mails(place: Path, half: Half) -> Iterator[Made]:
    for file in sorted(place.rglob("*.txt")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.compat32)
        sender = str(message["From"] or "")
        source = sender.rpartition("@")[2].strip("<> ").casefold()
        body = next((part for part in message.walk() if part.get_content_type() == "text/plain"), None)
        if half_of(source) != half or body is None:
            continue
        content = (body.get_payload(decode=True) or b"").decode("latin-1")
        heads = "\n".join(f"{name}: {message[name]}" for name in ("From", "To", "Subject", "Date") if message[name])
        yield Made("mail", source, False, typeset(file.stem, f"{heads}\n\n{content}"))


def _source(file: Path) -> str:
    return re.split(r"[._-]", file.stem)[0].casefold()


def _read(files: Sequence[Path]) -> list[Document]:
    with tempfile.TemporaryDirectory() as place, Store(Path(place) / "read.aios") as store:
        outcomes = Pipeline("read").ingest().run(list(files), store=store, ordered=True, progress=False, workers=1)
        return [outcome.document for outcome in outcomes if outcome.document.kind == "file" and outcome.status == "completed"]
