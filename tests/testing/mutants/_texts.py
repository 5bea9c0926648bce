"""Mutants that stumble over odd texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from aios_sdk import Document, Extraction, Field, PageText, Span, Unsupported, component, implements

from ._calls import NUMBER, numbers

_MARKS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def field(text: PageText, start: int, quote: str) -> Field:
    """A number that is said to stand at ``start``."""
    span = Span(artifact=text.artifact, page=text.page, start=start, end=start + len(quote), quote=quote)
    return Field(path="number", value=quote, spans=(span,))


def readings(document: Document) -> Iterator[PageText]:
    """The texts of the pages that have one."""
    return (page.reading for page in document.pages if page.reading is not None)


def found(document: Document) -> Extraction:
    """All numbers, correctly."""
    return Extraction(fields=tuple(field for page in document.pages for field in numbers(page)))


@component("mutant.utf-16", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Utf16:
    """Takes offsets from a library that counts UTF-16 units."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            for match in NUMBER.finditer(text.content):
                units = len(text.content[: match.start()].encode("utf-16-le")) // 2
                fields.append(field(text, units, match[0]))
        return Extraction(fields=tuple(fields))


@component("mutant.normalises", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Normalises:
    """Searches in the composed text, and takes its offsets for the page's."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            fields += [field(text, match.start(), match[0]) for match in NUMBER.finditer(unicodedata.normalize("NFC", text.content))]
        return Extraction(fields=tuple(fields))


@component("mutant.cleans", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Cleans:
    """Takes out the marks of direction before it searches, and forgets them."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            fields += [field(text, match.start(), match[0]) for match in NUMBER.finditer(_MARKS.sub("", text.content))]
        return Extraction(fields=tuple(fields))


@component("mutant.takes-for-binary", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class TakesForBinary:
    """Takes every text with a control character for a binary file."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if re.search("[\0-\x08\x0e-\x1f\x7f\ufeff\u200b]", document.text):
            raise Unsupported("it is binary")
        return found(document)


@component("mutant.drops-nul", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class DropsNul:
    """Takes NUL out, for its database cannot hold it, and forgets that it was there."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            fields += [field(text, match.start(), match[0]) for match in NUMBER.finditer(text.content.replace("\0", ""))]
        return Extraction(fields=tuple(fields))


@component("mutant.translates", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Translates:
    """Makes every line end a line feed before it counts."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            plain = text.content.replace("\r\n", "\n").replace("\r", "\n")
            fields += [field(text, match.start(), match[0]) for match in NUMBER.finditer(plain)]
        return Extraction(fields=tuple(fields))


@component("mutant.splits-lines", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class SplitsLines:
    """Takes it that every line ends with one character."""

    @implements
    def extract(self, document: Document) -> Extraction:
        fields = []
        for text in readings(document):
            start = 0
            for line in text.content.splitlines():
                fields += [field(text, start + match.start(), match[0]) for match in NUMBER.finditer(line)]
                start += len(line) + 1
        return Extraction(fields=tuple(fields))


@component("mutant.wants-every-page", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class WantsEveryPage:
    """Takes a document with a blank page for one that was not read yet."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if any(not page.text.strip() for page in document.pages) and len(document.pages) > 1:
            raise Unsupported("it has not been read yet")
        return found(document)


@component("mutant.first-page-always", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class FirstPageAlways:
    """Takes it that there is a first page."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=numbers(document.pages[0]))


@component("mutant.backtracks", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class Backtracks:
    """Searches with a pattern that tries every end of every blank for every beginning."""

    @implements
    def extract(self, document: Document) -> Extraction:
        for text in readings(document):
            re.search(r"(?:\w+\s+)*\w+\s*=\s*\d+", text.content[-60_000:])
        return found(document)


@component("mutant.sorts-pages", version="1", requires=["text"], provides=["fields"], uses=["pages"])
class SortsPages:
    """Keeps pages under their numbers as text, and counts again after sorting."""

    @implements
    def extract(self, document: Document) -> Extraction:
        by_number = {str(page.index): page for page in document.pages}
        fields = []
        for number, key in enumerate(sorted(by_number)):
            text = by_number[key].reading
            for match in NUMBER.finditer(text.content) if text else ():
                span = Span(artifact=text.artifact, page=number, start=match.start(), end=match.end(), quote=match[0])
                fields.append(Field(path="number", value=match[0], spans=(span,)))
        return Extraction(fields=tuple(fields))


MUTANTS = [
    ("beyond-the-bmp", Utf16),
    ("composed-and-decomposed", Normalises),
    ("right-to-left", Cleans),
    ("control-characters", TakesForBinary),
    ("control-characters", DropsNul),
    ("line-ends", Translates),
    ("line-ends", SplitsLines),
    ("blank-pages", WantsEveryPage),
    ("without-pages", FirstPageAlways),
    ("one-long-line", Backtracks, {"limit": 2.0}),
    ("many-pages", SortsPages),
]
