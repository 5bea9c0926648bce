"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

from email.message import EmailMessage

from aios_sdk.testing import conformance, samples


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


test_email = conformance(
    "aios.email", sources=[samples.Sample(name="reply.eml", media_type="message/rfc822", data=_reply()).source()], examples=10
)
