"""Samples that hold others: a mail with attachments and a zip archive."""

from __future__ import annotations

import io
import zipfile
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from typing import Final

from ._paper import Paper
from ._sample import Sample
from ._scans import page_image
from ._tables import table
from ._texts import pdf, text

_WHEN: Final = (2026, 3, 14, 9, 26, 53)

#: The body of the mail.
BODY: Final = """\
Dear Sirs,

please find attached the invoice for my car and a photo of the damage.
My claim has the number C-2026-0042; the total is 471.30 EUR.

Kind regards
Maria Lindqvist
"""


@lru_cache(maxsize=16)
def mail(body: str = BODY, parts: tuple[Sample, ...] | None = None) -> Sample:
    """A mail (RFC 5322) from a claimant: its text is ``body``, and ``parts`` are attached, by default a PDF and a picture."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "Maria Lindqvist <maria@lindqvist.example>"
    message["To"] = "claims@insurer.example"
    message["Subject"] = "Claim C-2026-0042"
    message["Date"] = "Sat, 14 Mar 2026 09:26:53 +0000"
    message["Message-ID"] = "<claim-0042@lindqvist.example>"
    message.set_content(body, cte="quoted-printable")
    parts = (pdf(), page_image()) if parts is None else parts
    for part in parts:
        kind, _, subtype = part.media_type.partition("/")
        message.add_attachment(part.data, maintype=kind, subtype=subtype, filename=part.name)
    message.set_boundary("boundary-of-the-sample")
    paper = Paper.of(body, size=(0.0, 0.0))
    return Sample(name="claim.eml", media_type="message/rfc822", data=message.as_bytes(), papers=(paper,), parts=parts)


@lru_cache(maxsize=16)
def zip(*parts: Sample) -> Sample:
    """A zip archive of ``parts``, by default a text, a table and a picture; pictures lie in a folder."""
    parts = parts or (text(), table(), page_image())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            folder = "pictures/" if part.media_type.startswith("image/") else ""
            archive.writestr(zipfile.ZipInfo(folder + part.name, _WHEN), part.data, zipfile.ZIP_DEFLATED)
    return Sample(name="claim.zip", media_type="application/zip", data=file.getvalue(), parts=parts)
