"""Reading one page: how it lies, which binding reads it, and whether a second look is needed."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Annotated, Final, Literal, Protocol

import pydantic

from aios_sdk import ComponentConfig, Context, LimitExceeded, Page

from ._reading import ScanWord, Seen, words_of
from ._rows import is_torn
from ._scan import Scan

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST: Final = 32_767

#: Upright pages of the corpora that can be read at all have a mean confidence of 0.67 or more, those read upside down 0.37.
_DOUBTFUL: Final = 0.6

#: Pages higher than this in widths are till receipts: one column of lines, whose prices belong to what stands to their left.
_RECEIPT: Final = 1.7
_ONE_BLOCK, _ONE_COLUMN, _AUTOMATIC, _WITH_OSD = 6, 4, 3, (1, 12)
#: A reading of one column replaces that of several where it is sure of this share of what the other was sure of.
_AS_SURE: Final = 0.95

_TESSEROCR: Final = "tesserocr"
_PYTESSERACT: Final = "pytesseract"


class Settings(ComponentConfig):
    """How tesseract reads a page.

    Attributes:
        language: tesseract's names of the languages on the page, joined by ``+``: ``eng``, ``eng+deu``. Their data must be installed.
        psm: page segmentation mode of tesseract: ``auto`` takes 6 for pages much higher than wide (till receipts), which are read line
            by line, and 3 for all others, or 4 where 3 tore the rows of a table apart; 3 finds blocks and columns, 4 takes the page for
            one column, 6 for one block, 11 for scattered words.
        dpi: dots per inch at which pages are rendered.
        binding: ``tesserocr`` keeps the models loaded in this process, ``pytesseract`` starts the program for every page, ``auto`` takes
            the first where it is installed. It becomes the binding's name and version, since other versions may read otherwise.
    """

    language: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9_/]+(\+[A-Za-z0-9_/]+)*$")] = "eng"
    psm: Literal["auto", 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13] = "auto"
    dpi: Annotated[int, pydantic.Field(ge=70, le=1200)] = 300
    binding: Annotated[str, pydantic.Field(pattern=r"^(auto|pytesseract|tesserocr)( \d[\w.]*)?$", validate_default=True)] = "auto"

    @pydantic.field_validator("binding")
    @classmethod
    def _installed(cls, binding: str) -> str:
        name, _, asked = binding.partition(" ")
        if name == "auto":
            name = _PYTESSERACT if importlib.util.find_spec(_TESSEROCR) is None else _TESSEROCR
        if importlib.util.find_spec(name) is None:
            return binding  # said when it is opened, together with what to install
        there = metadata.version(name)
        if asked not in ("", there):
            raise ValueError(f"{name} {there} is installed, not {asked}")
        return f"{name} {there}"


class _Binding(Protocol):
    name: str
    finds_orientation: bool

    def read(self, picture: Image, psm: int, dpi: int, context: Context) -> str: ...
    def orientation(self, picture: Image, dpi: int, context: Context) -> int | None: ...
    def close(self) -> None: ...


class Reader:
    """Tesseract, ready to read pages under its `Settings`. For components that do more with what it reads; `Tesseract` is one."""

    def __init__(self, settings: Settings) -> None:
        """Load what is needed. Raises `Unavailable`, with the command that installs it, when the program, tesserocr or language data
        is missing."""
        from ._library import Library
        from ._program import Program

        self._settings: Final = settings
        kind = Library if settings.binding.startswith(_TESSEROCR) else Program
        self._binding: Final[_Binding] = kind(settings.language.split("+"))

    @property
    def name(self) -> str:
        """What reads, in words: ``tesseract 5.3.0``."""
        return self._binding.name

    def close(self) -> None:
        """Let go of what was loaded."""
        self._binding.close()

    def read(self, page: Page, found: Scan, context: Context) -> Seen:
        """What there is to read in a picture of ``page``, or of a part of it; turned, where it lies on its side or head.

        Raises `LimitExceeded` for a picture larger than tesseract takes, and `DeadlineExceeded`.
        """
        if max(found.picture.size) > _LARGEST:
            width, height = found.picture.size
            raise LimitExceeded(f"Page {page.index + 1} has {width} x {height} pixels; tesseract takes {_LARGEST} a side", fix="Lower dpi")
        words = self._in_rows(found, self._words(found, context), context)
        if self._settings.psm not in ("auto", 3, 4, 6, *_WITH_OSD) or confidence(words) >= _DOUBTFUL:
            return Seen(found, words, [])
        return self._second_look(found, words, context)

    def _words(self, found: Scan, context: Context) -> list[ScanWord]:
        return words_of(self._binding.read(found.picture, self._mode(found), self._settings.dpi, context))

    def _mode(self, found: Scan) -> int:
        psm, picture = self._settings.psm, found.picture
        return psm if psm != "auto" else _ONE_BLOCK if picture.height > _RECEIPT * picture.width else _AUTOMATIC

    def _in_rows(self, found: Scan, words: list[ScanWord], context: Context) -> list[ScanWord]:
        """``words``, or those of another reading where tesseract tore the rows of a table apart, which also loses short cells."""
        if self._settings.psm != "auto" or self._mode(found) != _AUTOMATIC or not is_torn(words):
            return words
        again = words_of(self._binding.read(found.picture, _ONE_COLUMN, self._settings.dpi, context))
        return again if _certainty(again) >= _AS_SURE * _certainty(words) else words

    def _second_look(self, found: Scan, words: list[ScanWord], context: Context) -> Seen:
        """The most certain reading of a doubtful page: as it was found, turned as tesseract believes, and upside down, since tesseract
        does not tell up from down where there are few letters."""
        best = Seen(found, words, [])
        turn = self._binding.orientation(found.picture, self._settings.dpi, context) if self._binding.finds_orientation else None
        for degrees in (180, 90, 270) if turn is None else dict.fromkeys((turn, (turn + 180) % 360)):
            if degrees == 0:
                continue
            turned = found.turned(degrees)
            again = self._words(turned, context)
            if _certainty(again) > _certainty(best.words):
                best = Seen(turned, again, [f"turned by {degrees} degrees"])
            if confidence(again) >= _DOUBTFUL:
                break
        return best


def confidence(words: Sequence[ScanWord]) -> float:
    """The mean confidence of ``words``; 1 of none, since nothing is what is surely there."""
    return sum(word.confidence for word in words) / len(words) if words else 1.0


def _certainty(words: Sequence[ScanWord]) -> float:
    """Tesseract sees more words in what it cannot read, and fewer letters in each."""
    return sum(word.confidence * len(word.text) for word in words)
