"""The component `aios.alto`: documents that were read by another program and written as ALTO XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from pydantic import Field

from aios_sdk import ComponentConfig, Document, Malformed, Source, component, implements

from ._hocr_in import head_then_all
from ._pages import DPI, FoundPage, FoundWord, Place, document, tidy

_ALTO: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?alto[\s>]")
#: Units in a point of 1/72 inch, by the name of the unit; pixels by the usual resolution.
_PER_POINT: Final = {"pixel": DPI / 72, "mm10": 254 / 72, "inch1200": 1200 / 72}


@component(
    "aios.alto",
    media_types=["application/xml", "text/xml"],
    priority=5,
    isolation="process",
    provides=["pages", "text", "words", "regions"],
)
class Alto:
    """Reads ALTO XML of any version: pages, text, words with boxes and confidences, and paragraphs, as another OCR program found them.

    ALTO (`Library of Congress <https://www.loc.gov/standards/alto/>`_) is what libraries and archives keep. Places may be in pixels, tenths
    of a millimetre or 1/1200 inch; ``WC`` becomes the confidence. A word that is parted by a hyphen at the end of a line stays in two
    parts, as it is printed. Other XML is `Unsupported`. Example::

        Pipeline("archive").ingest("alto")
    """

    class Config(ComponentConfig):
        """``max_size`` of a file in bytes."""

        max_size: int = Field(256 << 20, ge=1)

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        """One document. A file that breaks off gives the pages that are whole, and then `Malformed`. Raises `Unsupported` for other XML,
        `Malformed`, and `LimitExceeded`."""
        data = head_then_all(source, _ALTO, self.config.max_size, "ALTO")
        parser = _Parser()
        broken = parser.parse(data)
        if broken is not None and not parser.pages:
            raise broken
        yield document(parser.pages, f"ALTO by {parser.software}" if parser.software else "ALTO", "ALTO")
        if broken is not None:
            raise broken


class _Parser:
    """Takes the elements as they come, so that a large file is held once."""

    def __init__(self) -> None:
        self.pages: list[FoundPage] = []
        self.software = ""
        self._page: FoundPage | None = None
        self._per_point = _PER_POINT["pixel"]
        self._text: list[str] | None = None

    def parse(self, data: bytes) -> Malformed | None:
        """Read it all; what broke it off, if anything did."""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._characters
        parser.EntityDeclHandler = self._entity
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            return Malformed(f"The ALTO file is broken: {error}", cause="It was cut off or damaged", fix="Make it again")
        except Malformed as error:
            return error
        except ValueError as error:  # a number that is none
            return Malformed(f"The ALTO file has a place that is no number: {error}", fix="Make it again")
        return None

    def _entity(self, *declaration: object) -> None:
        raise Malformed("The ALTO file declares entities of its own", cause="It may be a bomb", fix="Write it without a DOCTYPE")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag, page = name.rpartition(" ")[2], self._page
        if tag in ("MeasurementUnit", "softwareName"):
            self._text = []
        elif tag == "Page":
            size = _number(attributes.get("WIDTH")), _number(attributes.get("HEIGHT"))
            self._page = FoundPage(*size, per_point=self._per_point, label=attributes.get("PRINTED_IMG_NR", ""))
        elif page is None:
            return
        elif tag == "TextBlock":
            page.paragraphs.append([])
        elif tag == "TextLine":
            page.paragraphs = page.paragraphs or [[]]
            page.paragraphs[-1].append([])
        elif tag == "String" and page.paragraphs and page.paragraphs[-1]:
            self._string(page, attributes)
        elif tag == "HYP" and page.paragraphs and page.paragraphs[-1] and page.paragraphs[-1][-1]:
            last = page.paragraphs[-1][-1][-1]
            page.paragraphs[-1][-1][-1] = last._replace(text=last.text + attributes.get("CONTENT", "-").strip())

    def _string(self, page: FoundPage, attributes: dict[str, str]) -> None:
        text = " ".join(attributes.get("CONTENT", "").split())
        if not text:
            return
        told = [attributes.get(key) for key in ("HPOS", "VPOS", "WIDTH", "HEIGHT")]
        place = None
        if all(told):
            left, top, width, height = map(_number, told)
            place = Place(left, top, left + width, top + height)
        sure = attributes.get("WC")
        confidence = min(1.0, max(0.0, _number(sure))) if sure else None
        page.paragraphs[-1][-1].append(FoundWord(text, place, confidence))

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "MeasurementUnit":
            self._per_point = _PER_POINT.get("".join(self._text or []).strip(), _PER_POINT["pixel"])
        elif tag == "softwareName":
            self.software = self.software or " ".join("".join(self._text or []).split())
        elif tag == "Page" and self._page is not None:
            self._page.paragraphs = tidy(self._page.paragraphs)
            self.pages.append(self._page)
            self._page = None
        self._text = None

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def _number(text: str | None) -> float:
    value = float(text or 0)
    if not abs(value) < 1e9:
        raise ValueError(text)
    return value
