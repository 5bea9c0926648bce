"""The component for winmail.dat."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field as Setting

from aios_sdk import ComponentConfig, Context, Document, Malformed, Source, component, implements

from . import _rtf, _tnef


@component("aios.tnef", media_types=["application/ms-tnef", "application/vnd.ms-tnef"], isolation="process")
class Tnef:
    """The parts of ``winmail.dat``, in which Outlook packs a mail's formatted text and attachments (TNEF).

    The body is a part of its own (``message.html`` or ``message.txt``), and so is every attachment; an attached message is TNEF again.
    """

    class Config(ComponentConfig):
        """``max_size``: of the file, in bytes."""

        max_size: int = Setting(200_000_000, ge=1)

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def ingest(self, source: Source, context: Context) -> Iterator[Document | Source]:
        """A `Source` for the body and each attachment. Raises `Malformed`, after what can be read of a file that is cut off."""
        data = source.read(self.config.max_size)
        try:
            found = _tnef.read(data)
        except ValueError as error:
            raise Malformed(f"{source.name!r} is no TNEF", cause=str(error), fix="Check what kind of file it is") from error
        kind, text = body_of(found.plain, found.html, found.rtf)
        if text.strip():
            yield Source(name=f"message.{kind}", data=text.encode(), media_type="text/html" if kind == "html" else "text/plain")
        for number, attached in enumerate(found.files, 1):
            name = attached.name or f"part-{number}.bin"
            yield Source(name=name, data=attached.data, media_type="application/ms-tnef" if attached.is_message else "")
        if not found.is_whole:
            raise Malformed(f"{source.name!r} is cut off", cause="An attribute is longer than the file", fix="Ask the sender for it again")
        if not text.strip() and not found.files:
            raise Malformed(f"{source.name!r} holds neither a text nor attachments")


def body_of(plain: str, html: str, rtf: bytes) -> tuple[str, str]:
    """The kind (``html`` or ``txt``) and text of the best form of a body of Outlook."""
    if html.strip():
        return "html", html
    if rtf:
        text, is_html = _rtf.converted(_rtf.decompress(rtf))
        if is_html or not plain.strip():
            return ("html" if is_html else "txt"), text
    return "txt", plain
