"""The component for messages that Outlook saved."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, Encrypted, LimitExceeded, Malformed, Source, component, implements

from . import _cms
from ._body import better, of_html, of_text
from ._letter import FIELDS, letter
from ._tnef_component import body_of

if TYPE_CHECKING:
    from ._msg import Message

_SIGNED: Final = "ipm.note.smime.multipartsigned"
_SMIME: Final = "ipm.note.smime"


@component(
    "aios.msg",
    media_types=["application/vnd.ms-outlook"],
    isolation="process",
    provides=["pages", "text", "regions", "tables", "fields"],
    fields=FIELDS,
)
class Msg:
    """A message of Outlook (``.msg``): what `aios.email` gives for mails, out of Outlook's own form.

    Attached messages are messages again (``.msg``), with all they hold. RTF is turned back into the HTML that it was made of.
    """

    class Config(ComponentConfig):
        """``max_size``: of the file, in bytes."""

        max_size: int = Setting(200_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """The document, then a `Source` for each attachment. Raises `Malformed`, `Encrypted` or `LimitExceeded`."""
        from olefile import OleFileIO

        from ._msg import Message

        data = source.read(self.config.max_size)
        try:
            with OleFileIO(io.BytesIO(data)) as ole:
                yield from self._read(Message(ole), source, context)
        except RecursionError as error:
            raise LimitExceeded(f"{source.name!r} nests its messages too deeply", cause="It may be an attack") from error
        except (OSError, ValueError, IndexError, KeyError, AttributeError, TypeError, OverflowError) as error:
            raise Malformed(
                f"{source.name!r} is damaged: {error}", cause="It was cut off or changed on its way", fix="Ask the sender for it again"
            ) from error

    def _read(self, message: Message, source: Source, context: Context) -> Iterator[Document | Source]:
        headers = message.headers()
        kind, text = body_of(message.plain, message.html, message.rtf)
        shown = better(of_text(message.plain), of_html(text)) if kind == "html" else of_text(text)
        files = list(message.attachments())
        smime = message.message_class.lower().startswith(_SMIME)
        if not shown.text.strip() and not files and not any(headers.get(name) for name in ("From", "To", "Subject")):
            raise Malformed(f"{source.name!r} holds no message", cause="None of the properties of one is there")
        yield letter(lambda name: headers.get_all(name, []), shown, context)
        for picture in shown.pictures:
            yield Source(name=picture.name, data=picture.data)
        for attached in files:
            if attached.data is None:
                context.log.warning("an attachment is not in the message, which only points at it")
                continue
            is_mail = smime and message.message_class.lower() == _SIGNED
            media_type = "application/vnd.ms-outlook" if attached.is_message else "message/rfc822" if is_mail else ""
            yield Source(name=attached.name, data=attached.data, media_type=media_type)
        if smime and any((found := _cms.read(file.data or b"")) is not None and found.is_encrypted for file in files):
            raise Encrypted("The message is encrypted (S/MIME)", fix="Decrypt it in Outlook, and give what comes out")
