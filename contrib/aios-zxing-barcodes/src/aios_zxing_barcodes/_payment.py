"""Payments in QR codes: SEPA credit transfers (EPC069-12) and Swiss QR-bills (SIX 2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Final, Literal, NamedTuple

#: What a payment may give, and the types.
PATHS: Final[Mapping[str, Literal["text", "decimal"]]] = {
    "payment.name": "text",
    "payment.iban": "text",
    "payment.amount": "decimal",
    "payment.reference": "text",
}

#: The character sets of EPC069-12 by number.
_CHARACTERS: Final = {
    "1": "utf-8", "2": "iso8859-1", "3": "iso8859-2", "4": "iso8859-4",
    "5": "iso8859-5", "6": "iso8859-7", "7": "iso8859-10", "8": "iso8859-15",
}  # fmt: skip
_AMOUNT: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,2})?")


class _Payment(NamedTuple):
    name: str
    iban: str
    amount: str
    currency: str
    reference: str


def payment(content: bytes, text: str) -> Iterator[tuple[str, str | Decimal, str]]:
    """The fields of the payment in a QR code: path, value, and the currency of an amount; none when it holds no payment.

    ``content`` are its bytes, ``text`` what the reader takes them for; the standards say how bytes are to be read, and where that fails the
    reader's word counts. A payment whose account number has a wrong check sum is none.
    """
    found = (
        _sepa(content, text)
        if content.startswith(b"BCD")
        else _swiss(content, text)
        if content.startswith(b"SPC")
        else None
    )
    if found is None or not _is_iban(found.iban):
        return
    for path, value in (("name", found.name), ("iban", found.iban), ("reference", found.reference)):
        if value:
            yield f"payment.{path}", value, ""
    if _AMOUNT.fullmatch(found.amount):
        yield "payment.amount", Decimal(found.amount), found.currency


def _sepa(content: bytes, text: str) -> _Payment | None:
    _, version, characters, kind = _lines(content, "latin-1", text, 4)[:4]
    if version not in ("001", "002") or kind != "SCT":
        return None
    lines = _lines(content, _CHARACTERS.get(characters, "utf-8"), text, 12)
    return _Payment(lines[5], _account(lines[6]), lines[7].removeprefix("EUR"), "EUR", lines[9] or lines[10])


def _swiss(content: bytes, text: str) -> _Payment | None:
    lines = _lines(content, "utf-8", text, 31)
    if not lines[1].startswith("02") or lines[30] != "EPD":
        return None
    return _Payment(lines[5], _account(lines[3]), lines[18], lines[19], lines[28] or lines[29])


def _lines(content: bytes, encoding: str, text: str, count: int) -> Sequence[str]:
    """At least ``count`` lines; those that are left out at the end are empty."""
    with suppress(UnicodeDecodeError):
        text = content.decode(encoding)
    lines = [line.strip() for line in re.split(r"\r\n|\n|\r", text)]
    return lines + [""] * (count - len(lines))


def _account(text: str) -> str:
    return text.replace(" ", "").upper()


def _is_iban(text: str) -> bool:
    """ISO 13616: letters count as 10 to 35, and the number with its first four places at the end leaves 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", text):
        return False
    return int("".join(str(int(place, 36)) for place in text[4:] + text[:4])) % 97 == 1
