"""Words as labels are compared: without regard to case, accents, spelling of umlauts, punctuation and forms of ``number``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

_PIECE: Final = re.compile(r"[nN]\.? ?[°º](?!\w)|[^\W_]+|[#№]")
_NUMBER: Final = frozenset(("number", "numbers", "numero", "nummer", "num", "no", "nr", "#", "№", "n°", "n.°", "n.o", "n °", "n o"))
_SPELT_OUT: Final = re.compile("(?<=[aou])e")


class Piece(NamedTuple):
    """A run of letters and digits of a text, from ``start`` to ``end``, and how it is compared."""

    start: int
    end: int
    key: str


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of ``text`` in their order."""
    for match in _PIECE.finditer(text):
        yield Piece(match.start(), match.end(), piece_key(match[0]))


def label_key(text: str) -> str:
    """What two spellings of one label have in common: ``Rechnungs-Nr.:`` and ``RECHNUNGSNUMMER`` both give ``rechnungsnr``."""
    return "".join(piece.key for piece in pieces(text))


def name_words(name: str) -> list[str]:
    """The words of a Python name: ``invoiceNumber``, ``invoice_number`` and ``InvoiceNumber`` give ``invoice number``."""
    return re.findall(r"[A-ZÄÖÜ]+(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|\d+", name)


@lru_cache(maxsize=65_536)
def piece_key(word: str) -> str:
    """How one piece is compared: ``Höhe``, ``Hoehe`` and ``HOHE`` give ``hohe``; ``Nummer``, ``No`` and ``#`` give ``nr``."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(char))
    if plain in _NUMBER:
        return "nr"
    if plain.endswith("nummer"):
        plain = plain.removesuffix("nummer") + "nr"
    return _SPELT_OUT.sub("", plain)
