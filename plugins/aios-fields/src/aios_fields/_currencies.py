"""Currencies as they are printed: ISO 4217 codes, symbols and names."""

from __future__ import annotations

import re
from typing import Final

_CODES: Final = re.findall(
    r"\w+",
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP GEL HKD HUF IDR ILS INR ISK JPY KES KRW KWD KZT LKR MAD MXN "
    "MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR",
)
_SYMBOLS: Final = {
    "€": "EUR",
    "euro": "EUR",
    "euros": "EUR",
    "$": "USD",
    "us$": "USD",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "rs": "INR",
    "rm": "MYR",
    "fr": "CHF",
    "sfr": "CHF",
    "zł": "PLN",
    "kč": "CZK",
    "₺": "TRY",
    "₩": "KRW",
    "₽": "RUB",
    "r$": "BRL",
    "c$": "CAD",
    "a$": "AUD",
    "s$": "SGD",
    "hk$": "HKD",
    "ft": "HUF",
    "lei": "RON",
}

#: ISO code by what is printed, case folded and without a final point. ``$`` alone is taken for USD, ``¥`` for JPY.
CURRENCIES: Final = {code.casefold(): code for code in _CODES} | _SYMBOLS

_WORDS: Final = "|".join([*_CODES, "EUROS?", "Euros?", "euros?", r"Rs\.?", "RM", r"S?Fr\.", "zł", "Kč", "Ft", "lei"])
_SIGNS: Final = "|".join(re.escape(mark) for mark in ("US$", "HK$", "R$", "C$", "A$", "S$", "€", "$", "£", "¥", "₹", "₺", "₩", "₽"))

#: Pattern of a mark: codes and words stand alone or beside a digit, symbols anywhere.
MARK: Final = rf"(?:(?<![^\W\d_])(?:{_WORDS})(?![^\W\d_])|{_SIGNS})"
