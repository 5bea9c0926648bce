"""PDF files written in a page of code (ISO 32000-1): text at known places, in one of the fonts that every reader has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ._paper import A4, Paper

_COURIER_ADVANCE = 0.6  # ems of every character


def write_pdf(papers: Sequence[Paper]) -> bytes:
    """A PDF of ``papers`` with a text layer; each word fills its box. What Windows-1252 lacks is written as ``?``."""
    count = len(papers)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(count)), count),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for number, paper in enumerate(papers):
        width, height = (paper.info.width or A4[0], paper.info.height or A4[1])
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %.2f %.2f] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
            % (width, height, 5 + 2 * number)
        )
        content = b"BT\n" + b"".join(_shown(paper, width, height)) + b"ET\n"
        objects.append(b"<< /Length %d >>\nstream\n%sendstream" % (len(content), content))
    return _file(objects)


def _shown(paper: Paper, width: float, height: float) -> Iterator[bytes]:
    for word, after in zip(paper.words, (*paper.words[1:], None), strict=False):
        x0, y0, x1, y1 = word.box
        size = (y1 - y0) * height / 1.225
        text = "".join(character if character.isprintable() else "?" for character in word.text).encode("cp1252", "replace")
        squeeze = 100 * (x1 - x0) * width / (_COURIER_ADVANCE * size * len(text)) if size else 100
        # The blank between two words is drawn too: readers then need not guess from the gap where a word ends.
        blank = b" " if after is not None and after.box.y0 == y0 else b""
        escaped = text.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        place = (squeeze, x0 * width, height - (y0 * height + size * 0.975))
        yield b"/F1 %.3f Tf " % size + b"%.3f Tz 1 0 0 1 %.3f %.3f Tm (" % place + escaped + blank + b") Tj\n"


def _file(objects: Sequence[bytes]) -> bytes:
    data, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(data)
