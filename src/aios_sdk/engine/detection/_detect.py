"""The order of the looks: signatures, containers, the form of a text; then the name and what the sender said."""

from __future__ import annotations

import re
from typing import Final

from ...records import Source
from ._containers import by_container
from ._names import declared, is_binary, is_text, promised
from ._signatures import by_puremagic, by_signature
from ._texts import by_form, mail, markup
from ._texts import is_text as holds_text
from ._types import CSV, FOLDER, TEXT, UNKNOWN, XLS, XLSB, XLSX

_HEAD: Final = 8192


def detect(source: Source) -> str:
    """The media type of ``source``, lower case, without parameters; ``application/octet-stream`` for what it cannot tell.

    Content comes first: signatures, a look into containers (ZIP, OLE), mail and markup. The name, and what the sender declared, decide what
    bytes leave open: which kind of text it is, and what a file without its signature was to be. Reads 8 KiB, of a ZIP or OLE file its
    directory up to 1 MiB, and of an mbox 4 MiB. Raises `InputError` when the bytes cannot be read.
    """
    if source.media_type == FOLDER:
        return source.media_type
    with source.open() as file:
        head = file.read(_HEAD)
        found = by_signature(head) or by_container(head, file, source.name) or mail(head, file)
    return found or markup(head) or _by_name(head, promised(source.name), declared(source.media_type))


def _by_name(head: bytes, name: str, sender: str) -> str:
    if not holds_text(head):
        if sender and not is_binary(sender) and not is_text(sender):
            return sender  # a type that only the component knows which yielded the source
        return by_puremagic(head) or next((kind for kind in (name, sender) if kind and not is_text(kind)), UNKNOWN)
    if sender and sender != TEXT and not is_binary(sender):
        return sender
    if name and name != TEXT and not is_binary(name):
        return name
    form = by_form(head)
    if form is None and name in (XLS, XLSX, XLSB) and re.match(rb"[^\n]*[\t;,]", head):
        return CSV  # what many programs call a spreadsheet
    return form or TEXT
