"""Writing ALTO XML."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from aios_sdk import Document, __version__

from ._hocr_out import printable, rectangle
from ._pages import Written, pages_to_write

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://www.loc.gov/standards/alto/ns-v4# http://www.loc.gov/standards/alto/v4/alto-4-4.xsd">
 <Description>
  <MeasurementUnit>pixel</MeasurementUnit>
  <Processing ID="aios"><processingSoftware><softwareName>aios-sdk {version}</softwareName></processingSoftware></Processing>
 </Description>
 <Layout>
"""


def to_alto(document: Document) -> str:
    """A document as `ALTO 4.4 <https://www.loc.gov/standards/alto/>`_: of each page the reading that counts, with its words where a step
    gave their places.

    Places are in pixels at 300 dpi; a page without a size is written as 10,000 pixels square. Text without a place is a ``String``
    without one. `Alto` reads it back: the same words in the same lines and paragraphs. Example::

        Path("scan.xml").write_text(to_alto(outcome.document), encoding="utf-8")
    """
    return _HEAD.format(version=__version__) + "".join(_page(*page) for page in pages_to_write(document)) + " </Layout>\n</alto>\n"


def _page(number: int, label: str, width: int, height: int, paragraphs: list[list[list[Written]]]) -> str:
    printed = f" PRINTED_IMG_NR={_quoted(label)}" if label else ""
    inside = "".join(_block(f"{number + 1}_{count}", paragraph) for count, paragraph in enumerate(paragraphs, 1))
    size = f'WIDTH="{width}" HEIGHT="{height}"'
    return (
        f'  <Page ID="page_{number + 1}" PHYSICAL_IMG_NR="{number + 1}"{printed} {size}>\n'
        f'   <PrintSpace HPOS="0" VPOS="0" {size}>\n{inside}   </PrintSpace>\n  </Page>\n'
    )


def _block(name: str, lines: list[list[Written]]) -> str:
    inside = "".join(_line(f"{name}_{count}", line) for count, line in enumerate(lines, 1))
    return f'    <TextBlock ID="block_{name}"{_place(rectangle(piece for line in lines for piece in line))}>\n{inside}    </TextBlock>\n'


def _line(name: str, pieces: list[Written]) -> str:
    inside = "<SP/>".join(_string(f"string_{name}_{count}", piece) for count, piece in enumerate(pieces, 1))
    return f'     <TextLine ID="line_{name}"{_place(rectangle(pieces))}>{inside}</TextLine>\n'


def _string(name: str, piece: Written) -> str:
    sure = "" if piece.confidence is None else f' WC="{piece.confidence:.4g}"'
    return f'<String ID="{name}" CONTENT={_quoted(piece.text)}{_place(piece.place)}{sure}/>'


def _place(place: tuple[int, int, int, int] | None) -> str:
    if place is None:
        return ""
    left, top, right, bottom = place
    return f' HPOS="{left}" VPOS="{top}" WIDTH="{right - left}" HEIGHT="{bottom - top}"'


def _quoted(text: str) -> str:
    return quoteattr("".join(printable(text)))
