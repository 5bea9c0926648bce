"""Decoding text whose declared charset may be missing, unknown or wrong."""

from __future__ import annotations

import codecs
from typing import Final

#: Charsets that mails declare, and the larger ones they are written in (the WHATWG encoding standard's labels).
_LARGER: Final = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932", "big5": "big5hkscs", "iso2022_jp": "iso2022_jp_2",
}  # fmt: skip


def decoded(data: bytes, charset: str = "") -> str:
    """``data`` as text: in ``charset`` if it fits, else as UTF-8 if it is, else with what does not fit replaced by U+FFFD. Never raises.

    Example::

        decoded(b"caf\\xe9", "us-ascii") == "café"
    """
    known = _python_name(charset)
    for name in (known if known != "cp1252" else "", "utf-8"):
        if name:
            try:
                return _whole(data.decode(name))
            except UnicodeError:
                continue
    return _whole(data.decode(known or "cp1252", "replace"))


def _python_name(charset: str) -> str:
    """Python's name of a charset, of the larger one where there is one; empty when it is unknown or no charset of text."""
    try:
        found = codecs.lookup(charset.strip().strip("\"'"))
        b"x".decode(found.name, "replace")
    except (LookupError, ValueError, UnicodeError):
        return ""
    return _LARGER.get(found.name, found.name)


def _whole(text: str) -> str:
    """``text`` without lone surrogates and NULs, which some codecs and mailers let through."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")
