"""Decoding text whose declared charset may be missing, unknown or wrong."""

from __future__ import annotations

from typing import Final

from aios_files import decode

#: Code pages of Windows that Python knows by other names.
_PAGES: Final = {
    65001: "utf-8", 1200: "utf-16-le", 1201: "utf-16-be", 20127: "ascii", 10000: "mac_roman", 20866: "koi8_r", 21866: "koi8_u",
    20932: "euc_jp", 51932: "euc_jp", 51949: "euc_kr", 51936: "gb2312", 52936: "hz", 54936: "gb18030", 50220: "iso2022_jp",
    50221: "iso2022_jp", 50222: "iso2022_jp", 50225: "iso2022_kr",
    **{28590 + part: f"iso8859_{part}" for part in (*range(1, 11), 13, 14, 15, 16)},
}  # fmt: skip


def decoded(data: bytes, charset: str = "") -> str:
    """``data`` as text: in ``charset`` if it fits, else as `aios_files.decode` finds it, with U+FFFD for what does not fit. Never raises.

    Example::

        decoded(b"caf\\xe9", "us-ascii") == "café"
    """
    return decode(data, declared=charset).text.replace("\0", "\ufffd")


def code_page(number: int) -> str:
    """The name of a code page of Windows; empty for none."""
    return _PAGES.get(number, f"cp{number}") if number else ""
