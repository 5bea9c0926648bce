"""A writer of small PDF files, and what the tests run components with."""

import contextlib
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from aios_pdf import Pdf

from aios_sdk import Context, Document, Malformed, Source


@dataclass
class PageSpec:
    """A page to write: PDF operators, boxes in points, rotation in degrees, ``more`` entries; ``missing`` writes no page object at all."""

    content: bytes = b""
    media: tuple[float, float, float, float] = (0, 0, 300, 200)
    crop: tuple[float, float, float, float] | None = None
    rotate: int = 0
    more: bytes = b""
    missing: bool = False


def lines(*texts: str, left: int = 20, top: int = 170, size: int = 12, leading: int = 16) -> bytes:
    """Operators that print ``texts`` (Windows-1252) below each other."""
    shown = []
    for number, text in enumerate(texts):
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
        shown.append(b"BT /F %d Tf %d %d Td (%s) Tj ET" % (size, left, top - number * leading, escaped))
    return b"\n".join(shown)


def write_pdf(
    pages: Sequence[PageSpec],
    *,
    embedded: Mapping[str, bytes | None] | None = None,
    to_unicode: bytes = b"",
    objects: Sequence[bytes] = (),
    catalog: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """A PDF file. ``embedded`` gives files to embed by name, None for one whose bytes are missing; ``to_unicode`` is the font's CMap.

    The font is object 3 and called ``F``; ``objects`` are others, numbered from 4; ``catalog`` and ``trailer`` are more entries there.
    """
    bodies: list[bytes] = [b"", b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding%s>>", *objects]

    def add(body: bytes) -> int:
        bodies.append(body)
        return len(bodies)

    def stream(data: bytes) -> int:
        return add(b"<</Length %d>>\nstream\n%s\nendstream" % (len(data), data))

    bodies[2] %= b"/ToUnicode %d 0 R" % stream(to_unicode) if to_unicode else b""
    kids = []
    for page in pages:
        crop = b"/CropBox[%g %g %g %g]" % page.crop if page.crop else b""
        body = b"<</Type/Page/Parent 2 0 R/MediaBox[%g %g %g %g]%s/Rotate %d/Contents %d 0 R/Resources<</Font<</F 3 0 R>>>>%s>>" % (
            *page.media,
            crop,
            page.rotate,
            stream(page.content),
            page.more,
        )
        kids.append(b"%d 0 R" % (9999 if page.missing else add(body)))
    names = []
    for name, data in (embedded or {}).items():
        place = b"/EF<</F %d 0 R>>" % stream(data) if data is not None else b""
        names.append(b"(%s)%d 0 R" % (name.encode(), add(b"<</Type/Filespec/F(%s)/UF(%s)%s>>" % (name.encode(), name.encode(), place))))
    tree = b"/Names<</EmbeddedFiles<</Names[%s]>>>>" % b" ".join(names) if names else b""
    bodies[0] = b"<</Type/Catalog/Pages 2 0 R%s%s>>" % (tree, catalog)
    bodies[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    file, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, trailer, start)
    return bytes(file)


def encrypted_pdf(password: str, text: str) -> bytes:
    """A PDF of one page that needs ``password``: the standard security handler with RC4 of 40 bits (PDF 1.7, 7.6.3)."""
    padding = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
    padded = (password.encode() + padding)[:32]
    owner = rc4(hashlib.md5(padded).digest()[:5], padded)
    permissions, identity = b"\xfc\xff\xff\xff", b"\x00"
    key = hashlib.md5(padded + owner + permissions + identity).digest()[:5]
    security = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>" % (
        owner.hex().encode(),
        rc4(key, padding).hex().encode(),
    )
    content = lines(text)
    # The content of the only page is object 4.
    ciphered = rc4(hashlib.md5(key + b"\x04\0\0" + b"\0\0").digest()[:10], content)
    return write_pdf([PageSpec(content)], trailer=security).replace(content, ciphered)


def rc4(key: bytes, data: bytes) -> bytes:
    """``data`` ciphered, or deciphered."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


@dataclass
class Bench:
    """Runs `Pdf` on bytes; what a host would lend a document is lent by `open`."""

    context: Context
    page: type[PageSpec] = PageSpec
    data: bytes = field(default=b"", init=False)

    lines = staticmethod(lines)
    write = staticmethod(write_pdf)
    encrypted = staticmethod(encrypted_pdf)

    def ingest(self, data: bytes, *, damaged: str = "", **config: Any) -> tuple[Document, list[Source]]:
        """The document in ``data`` and its embedded files; a stand-in for the engine that keeps the order.

        With ``damaged`` the component says so at last, when it has given what could be read.
        """
        given: list[Document | Source] = []
        with pytest.raises(Malformed, match=damaged) if damaged else contextlib.nullcontext():
            given.extend(Pdf(Pdf.Config(**config)).ingest(Source(name="test.pdf", data=data), self.context))
        document, *children = given
        assert isinstance(document, Document)
        assert all(isinstance(child, Source) for child in children)
        self.data = data
        return document.bind(self), children  # type: ignore[return-value]

    def page_text(self, content: bytes, **options: Any) -> str:
        """The text of a document of one page."""
        return self.ingest(write_pdf([PageSpec(content)], **options))[0].text

    def open(self, document: Document) -> BinaryIO:
        return io.BytesIO(self.data)

    def render(self, document: Document, page: int, dpi: int) -> Any:
        return Pdf(Pdf.Config()).render(document, page, dpi)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(run="run", step="ingest", scratch=tmp_path)


@pytest.fixture
def bench(context: Context) -> Bench:
    return Bench(context)


@pytest.fixture(scope="session")
def corpora() -> Path:
    folder = Path(os.environ.get("AIOS_CORPORA") or Path(__file__).parents[4] / "shared" / "corpora")
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}; set AIOS_CORPORA")
    return folder
