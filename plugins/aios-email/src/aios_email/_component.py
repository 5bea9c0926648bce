"""The component: a mail as a document with fields, and its attachments as parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, Encrypted, LimitExceeded, Source, Unsupported, component, implements

from ._body import NOTHING
from ._letter import FIELDS, letter
from ._parts import attachments, body, opened, parsed

_TYPICAL: Final = (
    "From", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "Received", "Return-Path", "Delivered-To", "Sender", "Reply-To",
    "MIME-Version", "Content-Type",
)  # fmt: skip


@component(
    "aios.email",
    media_types=["message/rfc822"],
    isolation="process",
    provides=["pages", "text", "regions", "tables", "fields"],
    fields=FIELDS,
)
class Email:
    """A mail: its headers and best body as the text of one page, its headers as fields, its attachments as parts.

    The text begins with a block of the decoded headers, one a line, then a blank line and the body: plain text where the mail has it, else
    what is visible of its HTML. The document's thread is the id of the conversation's first message. Headers, charsets, boundaries and
    encodings may be broken in any way: what can be read is read, and only a file without any header of a mail is refused.
    """

    class Config(ComponentConfig):
        """``max_size``: of the whole mail, in bytes."""

        max_size: int = Setting(200_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """The document, then a `Source` for each attachment. Raises `Unsupported` for what is no mail, `LimitExceeded` if too large."""
        data = source.read(self.config.max_size)
        try:
            mail = parsed(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
            if not any(mail.get(name) for name in _TYPICAL):
                raise Unsupported(f"{source.name!r} has none of the headers of a mail, such as From, Date or Subject")
            encrypted: Encrypted | None = None
            try:
                opened(mail)
                shown = body(mail)
            except Encrypted as error:  # its headers are readable all the same
                encrypted, shown = error, NOTHING
            yield letter(lambda name: mail.get_all(name, []), shown, context)
            for picture in shown.pictures:
                yield Source(name=picture.name, data=picture.data)
            for attachment in attachments(mail):
                if attachment.defects:
                    context.log.warning("an attachment could be decoded only in part: %s", ", ".join(attachment.defects))
                yield Source(name=attachment.name, data=attachment.data, media_type="message/rfc822" if attachment.is_mail else "")
            if encrypted is not None:
                raise encrypted
        except RecursionError as error:
            raise LimitExceeded(f"{source.name!r} nests its parts too deeply", cause="It may be an attack") from error
