"""The component `aios.ocr`: tesseract reads, and what it is not sure of is read again."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Annotated, Final, Literal

import pydantic
from aios_tesseract import Scan, ScanWord, Seen, Settings, read_pages

from aios_sdk import Context, Document, Extraction, Page, Resources, component, implements

from ._judging import Doubt, agreed, doubt, odd_amounts
from ._lines import words_in
from ._merging import Part, by_line, line_of, merged, ranges

if TYPE_CHECKING:
    from aios_tesseract import Reader

    from ._engine import Engine

#: Pages higher than this in widths are till receipts, whose lines run from one side to the other.
_RECEIPT: Final = 1.7

#: Lines are found in letters of so many pixels as well as in larger ones, in a fraction of the time; in smaller ones they are not.
_LETTERS: Final = 11
_SHORTEST, _LONGEST = 800, 2_000
#: Of fewer words it is not known how large the letters are; then pages are seen with so many pixels.
_ENOUGH, _USUAL = 12, 1_280


@component(
    "aios.ocr",
    media_types=["image/*", "application/pdf"],
    unit="page",
    isolation="process",
    requires=["pages"],
    uses=["text", "words", "regions"],
    provides=["text", "words", "regions"],
    programs=["tesseract"],
    memory_mb=1024,
)
class Ocr:
    """Reads scanned pages with tesseract, and again with rapidocr the lines that tesseract is not sure of, did not see or cut off.

    Where both read a word alike its confidence is raised, where they differ it is lowered. The reason of a page's text says which lines
    were read twice, and why. Example::

        Pipeline("scans").ingest().extract("ocr", config={"language": "eng+deu"}, timeout=60)
    """

    class Config(Settings):
        """How to read, beside what `aios.tesseract` takes.

        Attributes:
            trust: a line counts as tesseract read it when it is so sure (0..1) of its every word.
            pages: ``without-text`` reads only pages that have no text yet, ``all`` reads every page.
            pictures: on a page whose text is left as it is, read the pictures that take up a twentieth of it or more.
        """

        trust: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.85
        pages: Literal["without-text", "all"] = "without-text"
        pictures: bool = True

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._first: Reader | None = None
        self._second: Engine | None = None

    def open(self, resources: Resources) -> None:
        """Load both. Raises `Unavailable`, with what to install, when something is missing."""
        from aios_tesseract import Reader

        from ._engine import Engine

        self._first, self._second = Reader(self.config), Engine(resources.threads, enlarged=False)

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        """Text, words and regions of what is to be read. Raises `Unsupported` when there is none."""
        first, second, config = self._first, self._second, self.config
        assert first is not None, "open() comes first"
        assert second is not None, "open() comes first"

        def look(page: Page, found: Scan) -> Seen:
            seen = first.read(page, found, context)
            both, told = self._again(second, seen.scan, seen.words, context)
            return Seen(seen.scan, both, [*seen.done, *told])

        return read_pages(document, config.pages, pictures=config.pictures, dpi=config.dpi, name=first.name, look=look)

    def close(self) -> None:
        """Let go of the models."""
        if self._first is not None:
            self._first.close()
        self._first = self._second = None

    def _again(self, engine: Engine, scan: Scan, words: list[ScanWord], context: Context) -> tuple[list[ScanWord], list[str]]:
        """The words after the second look, and what came of it, in words."""
        from ._engine import pixels_of

        pixels, trust = pixels_of(scan.picture), self.config.trust
        lines = engine.lines(pixels, _scale(scan, [word for word in words if word.confidence >= trust]))
        inside, beside = by_line(words, lines)
        odd, parts = odd_amounts(words), []
        for line, first in zip(lines, inside, strict=True):
            why, found = doubt(line, first, trust, odd), tuple(first)
            if why is not None:
                context.remaining()
                found = agreed(first, words_in(line, engine.read(pixels, line)))
            parts.append(Part(*line[1:], found, line_of(first), why))
        trusted = [word for word in beside if word.confidence >= trust]
        parts += [Part(*word[2:6], (word,), word.line) for word in trusted]
        one_block = scan.picture.height > _RECEIPT * scan.picture.width
        both, doubts = merged(dict.fromkeys(word.line for word in words), parts, one_block=one_block)
        return both, [_told(engine.name, doubts), *_left_out(len(beside) - len(trusted))]


def _scale(scan: Scan, words: list[ScanWord]) -> float:
    """How far the picture may be reduced to find its lines, by how large the words are that were surely read."""
    side = max(scan.picture.size)
    if len(words) < _ENOUGH:
        return min(1.0, _USUAL / side)
    letters = median(word.bottom - word.top for word in words)
    return min(1.0, min(_LONGEST, max(_SHORTEST, side * _LETTERS / max(1.0, letters))) / side)


def _told(name: str, doubts: dict[Doubt, list[int]]) -> str:
    if not doubts:
        return f"{name} read no line again"
    lines = "line " if len({number for numbers in doubts.values() for number in numbers}) == 1 else "lines "
    return f"{name} read again {lines}" + ", ".join(f"{ranges(doubts[why])} ({why})" for why in Doubt if why in doubts)


def _left_out(count: int) -> list[str]:
    return [f"{count} doubtful word{'s' if count > 1 else ''} beside all lines left out"] if count else []
