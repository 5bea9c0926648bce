"""Files of a media type that show given pages."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final

from ..samples._paper import Paper
from ..samples._pdf import write_pdf

#: The media types that documents are of unless one is asked for, with the names that files of them have.
_NAMES: Final = {
    "text/plain": "letter.txt",
    "application/pdf": "letter.pdf",
    "image/png": "scan.png",
    "message/rfc822": "mail.eml",
    "text/html": "page.html",
    "image/jpeg": "photo.jpg",
    "image/tiff": "fax.tif",
    "text/csv": "table.csv",
}
MEDIA_TYPES: Final = tuple(_NAMES)
_PICTURES: Final = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP", "bmp": "BMP", "gif": "GIF"}
_DPI: Final = 36


def name_of(media_type: str) -> str:
    """A file name that fits a media type."""
    return _NAMES.get(media_type, f"file.{media_type.rpartition('/')[2].rpartition('.')[2].rpartition('+')[2]}")


def file_of(media_type: str, papers: Sequence[Paper]) -> bytes:
    """Bytes of ``media_type`` that show ``papers`` as far as it can: PDF, mail, HTML and small pictures; else the text in UTF-8."""
    text = "\f".join(paper.content for paper in papers)
    kind, _, subtype = media_type.partition("/")
    if media_type == "application/pdf":
        return write_pdf(papers)
    if media_type == "text/html":
        return f'<!DOCTYPE html><html><meta charset="utf-8"><body><pre>{html.escape(text)}</pre></body></html>'.encode()
    if media_type == "message/rfc822":
        return _mail(text)
    if kind == "image" and subtype in _PICTURES and papers:
        return _pictures(_PICTURES[subtype], papers)
    return text.encode()


def _mail(text: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = "maria@lindqvist.example", "claims@insurer.example", "Claim"
    message.set_content(text, cte="base64")
    return message.as_bytes()


def _pictures(kind: str, papers: Sequence[Paper]) -> bytes:
    first, *others = [paper.draw(_DPI) for paper in papers]
    file = io.BytesIO()
    first.save(file, kind, dpi=(_DPI, _DPI), **({"save_all": True, "append_images": others} if kind == "TIFF" else {}))
    return file.getvalue()
