"""The component: a mail as a document with fields, and its attachments as parts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final, NamedTuple

from pydantic import Field as Setting

from aios_sdk import (
    ComponentConfig,
    Context,
    Document,
    Field,
    LimitExceeded,
    PageInfo,
    PageText,
    Source,
    Span,
    Unsupported,
    component,
    implements,
)

from ._headers import identifiers, moment, words
from ._parts import MailPart, attachments, body, parsed

#: The header block, in its order: the name of the header and the path of its field.
_SHOWN: Final = (
    ("From", "from"), ("To", "to"), ("Cc", "cc"), ("Date", "date"), ("Subject", "subject"),
    ("Message-ID", "message_id"), ("In-Reply-To", "in_reply_to"), ("References", "references"),
)  # fmt: skip
_IDENTIFIERS: Final = frozenset({"message_id", "in_reply_to", "references"})
_TYPICAL: Final = (
    "From", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "Received", "Return-Path", "Delivered-To", "Sender", "Reply-To",
    "MIME-Version", "Content-Type",
)  # fmt: skip


class _Line(NamedTuple):
    """A header in the page's text: the path of its field, its value as text and where that stands (code points)."""

    path: str
    value: str
    start: int


@component(
    "aios.email",
    media_types=["message/rfc822"],
    isolation="process",
    provides=["pages", "text", "fields"],
    fields={
        "from": "text", "to": "text", "cc": "text", "date": "datetime", "subject": "text",
        "message_id": "text", "in_reply_to": "text", "references": "text",
    },
)  # fmt: skip
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
        with source.open() as file:
            data = file.read(self.config.max_size + 1)
        if len(data) > self.config.max_size:
            raise LimitExceeded(f"{source.name!r} has more than {self.config.max_size:,} bytes", fix="Raise max_size of aios.email")
        try:
            mail = parsed(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
            if not any(mail.get(name) for name in _TYPICAL):
                raise Unsupported(f"{source.name!r} has none of the headers of a mail, such as From, Date or Subject")
            yield _document(mail)
            for attachment in attachments(mail):
                if attachment.defects:
                    context.log.warning("an attachment could be decoded only in part: %s", ", ".join(attachment.defects))
                yield Source(name=attachment.name, data=attachment.data, media_type="message/rfc822" if attachment.is_mail else "")
        except RecursionError as error:
            raise LimitExceeded(f"{source.name!r} nests its parts too deeply", cause="It may be an attack") from error


def _document(mail: MailPart) -> Document:
    lines, block = _header_block(mail)
    text = PageText(page=0, content=f"{block}\n{body(mail).text.strip()}".rstrip() + "\n")
    return Document.of(
        thread=_thread(mail),
        pages=(PageInfo(index=0),),
        text=(text,),
        fields=tuple(field for line in lines if (field := _field(line, text)) is not None),
    )


def _header_block(mail: MailPart) -> tuple[list[_Line], str]:
    lines: list[_Line] = []
    block = ""
    for name, path in _SHOWN:
        if value := words(mail.get(name, "")):
            lines.append(_Line(path, value, len(block) + len(name) + 2))
            block += f"{name}: {value}\n"
    return lines, block


def _field(line: _Line, text: PageText) -> Field | None:
    """The field of a header line; None for a date that cannot be read."""
    value: str | dt.datetime | None = line.value
    quote, start = line.value, line.start
    if line.path == "date":
        value = moment(line.value)
    elif line.path in _IDENTIFIERS:
        found = identifiers(line.value)
        value = " ".join(found)
        if len(found) == 1:
            quote, start = value, start + quote.index(value)
    if not value:
        return None
    span = Span(artifact=text.artifact, page=0, start=start, end=start + len(quote), quote=quote)
    return Field(path=line.path, value=value, spans=(span,), confidence=1.0)


def _thread(mail: MailPart) -> str:
    """The id of the first message of the conversation: of References, else In-Reply-To, else its own."""
    for name in ("References", "In-Reply-To", "Message-ID"):
        if found := identifiers(words(mail.get(name, ""))):
            return found[0]
    return ""
