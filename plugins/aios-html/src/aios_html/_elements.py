"""What single elements show: which are hidden, what stands for pictures and controls, how list items are numbered."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN: Final = frozenset({
    "head", "script", "style", "template", "noscript", "title", "iframe", "object", "applet", "embed", "audio", "video", "canvas",
    "datalist",
    "rp",
    "noembed", "noframes", "defs", "metadata", "desc", "map",
})  # fmt: skip
_DATA: Final = re.compile(r"\s*data:image/([\w+-]{1,20})(?:;[^,;]{0,99})*;base64,(.+)", re.IGNORECASE | re.DOTALL)
_UNSEEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_SHOWN_INPUTS: Final = frozenset({"", "text", "search", "tel", "url", "email", "date", "time", "datetime-local", "month", "week", "number",
                                  "submit", "reset", "button"})  # fmt: skip
_ROMAN: Final = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
                 (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


def is_hidden(node: LexborNode, tag: str) -> bool:
    """Whether no reader sees ``node``."""
    if tag in _HIDDEN:
        return True
    attributes = node.attributes
    if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
        return True
    return bool(_UNSEEN.search(attributes.get("style") or ""))


def shown(node: LexborNode, tag: str) -> tuple[str, str]:
    """What stands in the place of a picture, a formula or a control, and what it is: ``picture``, ``formula`` or ``text``."""
    attributes = node.attributes
    if tag == "img":
        return (attributes.get("alt") or "").strip(), "picture"
    if tag == "math":
        for note in node.css("annotation"):
            if "tex" in (note.attributes.get("encoding") or "").lower():
                return note.text(deep=True).strip(), "formula"
        return attributes.get("alttext") or node.text(deep=True, separator=" "), "formula"
    if tag == "textarea":
        return node.text(deep=True), "text"
    if tag == "select":
        options = node.css("option")
        chosen = [option for option in options if "selected" in option.attributes] or options[:1]
        return ", ".join(option.text(deep=True).strip() for option in chosen), "text"
    kind = (attributes.get("type") or "").lower()
    if kind in ("checkbox", "radio"):
        return "☑ " if "checked" in attributes else "☐ ", "text"
    if kind == "image":
        return (attributes.get("alt") or "").strip(), "picture"
    return (attributes.get("value") or "").strip() if kind in _SHOWN_INPUTS else "", "text"


def embedded(image: LexborNode) -> tuple[str, bytes] | None:
    """The kind and bytes of a picture whose address holds them (RFC 2397, in base64)."""
    found = _DATA.match(image.attributes.get("src") or "")
    if not found:
        return None
    try:
        data = base64.b64decode(unquote_to_bytes(found[2]))
    except binascii.Error:
        return None
    return (found[1].lower().partition("+")[0], data) if data else None


def number(item: LexborNode, items: LexborNode, following: int) -> tuple[str, int]:
    """What a browser writes before ``item`` of the ordered list ``items``, and the number that it has; ``following`` if it says none."""
    value = _integer(item.attributes.get("value"))
    value = following if value is None else value
    kind = items.attributes.get("type") or "1"
    written = str(value)
    if value > 0 and kind in "aA":
        written = _letters(value)
    elif 0 < value < 4000 and kind in "iI":
        written = _roman(value)
    return (written.upper() if kind in "AI" else written) + ". ", value


def first(items: LexborNode) -> int:
    """The number of the first item of an ordered list."""
    start = _integer(items.attributes.get("start"))
    if start is None:
        return len(items.css("li")) if "reversed" in items.attributes else 1
    return start


def _integer(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value) else None


def _letters(value: int) -> str:
    written = ""
    while value:
        value, digit = divmod(value - 1, 26)
        written = chr(97 + digit) + written
    return written


def _roman(value: int) -> str:
    written = ""
    for size, letters in _ROMAN:
        count, value = divmod(value, size)
        written += letters * count
    return written
