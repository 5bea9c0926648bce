"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

import sys
from email.message import EmailMessage
from pathlib import Path

from aios_sdk import Source
from aios_sdk.testing import conformance, samples

sys.path.append(str(Path(__file__).parent))  # where outlook is found, here and in the other processes of the kit
from outlook import message, tnef


def _reply() -> bytes:
    """An answer with a body in two forms, a picture within it, and the mail it answers attached."""
    mail = EmailMessage()
    mail["From"] = "Jürgen Groß <juergen@gross.example>"
    mail["To"] = "claims@insurer.example"
    mail["Date"] = "Tue, 17 Mar 2026 09:30:00 +0100"
    mail["Subject"] = "AW: Schäden"
    mail["Message-ID"] = "<2@gross.example>"
    mail["References"] = "<1@gross.example>"
    mail.set_content("Guten Tag,\n\ndie Rechnung über 471,30 € \U0001f4b6 liegt bei.\n")
    mail.add_alternative("<p>Guten Tag,</p><p>die Rechnung über <b>471,30 €</b> liegt bei.</p>", subtype="html")
    mail.add_attachment(samples.page_image().data, maintype="image", subtype="png", filename="Größe.png")
    mail.add_attachment(samples.mail().data, maintype="application", subtype="octet-stream", filename="before.eml")
    return mail.as_bytes()


def _box() -> bytes:
    """Two mails in a mailbox, and a line in one that only looks like the beginning of a third."""
    return b"".join(
        b"From sender Tue Mar 17 09:30:00 2026\n" + samples.mail().data.replace(b"\r\n", b"\n") + b"\n>From here on\n\n" for _ in range(2)
    )


def _file(name: str, media_type: str, data: bytes) -> Source:
    return samples.Sample(name=name, media_type=media_type, data=data).source()


test_mbox = conformance("aios.mbox", sources=[_file("box.mbox", "application/mbox", _box())], examples=3)
test_msg = conformance("aios.msg", sources=[_file("a.msg", "application/vnd.ms-outlook", message())], examples=3)
test_tnef = conformance("aios.tnef", sources=[_file("winmail.dat", "application/ms-tnef", tnef())], examples=3)
test_email = conformance(
    "aios.email", sources=[samples.Sample(name="reply.eml", media_type="message/rfc822", data=_reply()).source()], examples=10
)
