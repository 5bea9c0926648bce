"""Numbers of list items and headings as they are displayed: decimal, roman, letters."""

from __future__ import annotations

from typing import Final

_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"),
    (4, "iv"), (1, "i"),
)  # fmt: skip
_LARGEST_ROMAN: Final = 3999
_LARGEST_LETTERS: Final = 26 * 30


def roman(number: int) -> str:
    """``number`` in lower-case roman digits; in decimal ones where there are none."""
    if not 0 < number <= _LARGEST_ROMAN:
        return str(number)
    written = ""
    for size, digits in _ROMAN:
        count, number = divmod(number, size)
        written += digits * count
    return written


def letters(number: int) -> str:
    """a .. z, aa, bb .. zz, aaa ...: the letters that Word counts with."""
    if not 0 < number <= _LARGEST_LETTERS:
        return str(number)
    times, letter = divmod(number - 1, 26)
    return chr(ord("a") + letter) * (times + 1)


def spreadsheet_letters(number: int) -> str:
    """a .. z, aa, ab .. az, ba ...: the letters that OpenDocument counts with."""
    written = ""
    while number > 0:
        number, letter = divmod(number - 1, 26)
        written = chr(ord("a") + letter) + written
    return written


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th ..."""
    tail = "th" if number // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"
