"""Identifiers with check digits, as types for the fields of a model and as tests of what was read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

import pydantic

from ._concepts import TextKind


@dataclass(frozen=True, slots=True)
class Kind:
    """In the annotation of a field: how its text is looked for."""

    name: TextKind


#: Of the countries that tell the length of their account numbers (ISO 13616; the registry of SWIFT), those around Europe.
IBAN_LENGTHS: Final = {
    country: int(length)
    for country, length in re.findall(
        r"([A-Z]{2})(\d\d)",
        "AD24 AE23 AL28 AT20 BA20 BE16 BG22 CH21 CY28 CZ24 DE22 DK18 EE20 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 HR21 HU28 IE22 "
        "IL23 IS26 IT27 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MT31 NL18 NO15 PL28 PT25 RO24 RS22 SA24 SE24 SI19 SK24 SM27 TR26 UA29 XK20",
    )
}
_LONGEST_IBAN, _SHORTEST_IBAN = 34, 15
_VIN_VALUES: Final = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)
)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN: Final = 17


def is_iban(text: str) -> bool:
    """Whether ``text``, without spaces, is an account number of the length of its country with a right check sum (ISO 13616, ISO 7064)."""
    if not (_SHORTEST_IBAN <= len(text) <= _LONGEST_IBAN and re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]+", text, re.ASCII)):
        return False
    return len(text) == IBAN_LENGTHS.get(text[:2], len(text)) and int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def is_luhn(text: str) -> bool:
    """Whether ``text`` is two digits or more, of which the last is the check digit of the others (Luhn; ISO/IEC 7812-1)."""
    return len(text) > 1 and text.isascii() and text.isdigit() and _luhn(text) == 0


def is_vin(text: str) -> bool:
    """Whether ``text`` is a vehicle identification number (ISO 3779) with a right check digit, as North America and China ask for
    (49 CFR 565.15); makers elsewhere need not set it."""
    if len(text) != _VIN or any(char not in _VIN_VALUES for char in text):
        return False
    rest = sum(weight * _VIN_VALUES[char] for weight, char in zip(_VIN_WEIGHTS, text, strict=True)) % 11
    return text[8] == ("X" if rest == 10 else str(rest))


def is_vat_id(text: str) -> bool:
    """Whether ``text``, without spaces and points, is a VAT id of the European Union, the United Kingdom, Norway or Switzerland.

    The form is looked at for all countries, the check digits for those of `CHECKED_VAT_IDS`.
    """
    match = _VAT_ID.fullmatch(text)
    if match is None:
        return False
    country, number = match.lastgroup or "", match[match.lastgroup or 0]
    check = CHECKED_VAT_IDS.get(country)
    return check is None or check(number)


def _luhn(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))


def _german(digits: str) -> bool:
    product = 10
    for digit in digits[:-1]:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(digits[-1])


def _dutch(text: str) -> bool:
    whole = int("".join(str(int(char, 36)) for char in f"NL{text}"))
    return whole % 97 == 1 or _weighted(text[:8], range(9, 1, -1)) % 11 == int(text[8])


def _spanish(text: str) -> bool:
    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    if text[0].isdigit() or text[0] in "XYZ":
        number = text[:-1].translate(str.maketrans("XYZ", "012"))
        return number.isdigit() and text[-1] == letters[int(number) % 23]
    if not text[1:8].isdigit():
        return False
    check = (10 - _luhn(text[1:8] + "0")) % 10
    return text[-1] in (str(check), "JABCDEFGHI"[check])


def _french(text: str) -> bool:
    return not text.isdigit() or ((12 + 3 * (int(text[2:]) % 97)) % 97 == int(text[:2]) and (is_luhn(text[2:]) or text[2:5] == "000"))


def _british(digits: str) -> bool:
    if not digits.isdigit():
        return True
    rest = _weighted(digits[:7], range(8, 1, -1)) + int(digits[7:9])
    return rest % 97 == 0 or (rest + 55) % 97 == 0


#: How the check digits of a country's VAT ids are looked at, without its prefix (the algorithms are those that the tax administrations
#: publish, collected by the Commission as "VIES VAT number algorithms").
CHECKED_VAT_IDS: Final[dict[str, Callable[[str], bool]]] = {
    "AT": lambda text: (_luhn(text[1:]) - 6) % 10 == 0,
    "BE": lambda text: 97 - int(text[:8]) % 97 == int(text[8:]),
    "CHE": lambda text: (11 - _weighted(text[:8], (5, 4, 3, 2, 7, 6, 5, 4)) % 11) % 11 == int(text[8]),
    "DE": _german,
    "DK": lambda text: _weighted(text, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0,
    "ES": _spanish,
    "FI": lambda text: _weighted(text, (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0,
    "FR": _french,
    "GB": _british,
    "IT": is_luhn,
    "LU": lambda text: int(text[:6]) % 89 == int(text[6:]),
    "NL": _dutch,
    "PL": lambda text: _weighted(text, (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(text[9]),
    "PT": lambda text: (11 - _weighted(text[:8], range(9, 1, -1)) % 11) % 11 % 10 == int(text[8]),
    "SE": lambda text: is_luhn(text[:10]),
}

#: The forms of VAT ids (Directive 2006/112/EC, article 215; the table of VIES), each as a group that is named by the prefix.
VAT_FORMS: Final = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CHE": r"\d{9}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"\d{9}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "GB": r"(?:\d{9}|\d{12}|GD\d{3}|HA\d{3})",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(?:\d{12}|\d{9})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "NO": r"\d{9}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"\d{9}",
}
_VAT_ID: Final = re.compile("|".join(f"{prefix}(?P<{prefix}>{form})(?:MWST|TVA|IVA)?" for prefix, form in VAT_FORMS.items()), re.ASCII)


def compact(text: str) -> str:
    """An identifier as it is kept: capital letters and digits, without the spaces, points and hyphens that group them."""
    return re.sub(r"[\s.\-\u00ad\u2010-\u2013/]+", "", text).upper()


def _checked(what: str, holds: Callable[[str], bool]) -> pydantic.AfterValidator:
    def check(text: str) -> str:
        if not holds(text):
            raise ValueError(f"{text!r} is no {what}: its form or its check digits are wrong; one digit may be misread")
        return text

    return pydantic.AfterValidator(check)


def _as_lines(text: str) -> str:
    return ", ".join(" ".join(line.split()) for line in re.split(r"[\n,]+", text) if line.strip())


_compact: Final = pydantic.BeforeValidator(lambda value: compact(value) if isinstance(value, str) else value)

#: An international bank account number, without spaces: ``DE89370400440532013000``. The check sum must be right (ISO 13616).
Iban: TypeAlias = Annotated[str, _compact, _checked("IBAN", is_iban), Kind("iban")]

#: A VAT id with its country's prefix, without spaces: ``NL810433941B01``. Its form must be right, and its check digits where the country
#: has them.
VatId: TypeAlias = Annotated[str, _compact, _checked("VAT id", is_vat_id), Kind("vat")]

#: Digits of which the last is the check digit of the others (Luhn; ISO/IEC 7812-1), as in IMEI, SIREN and customer numbers.
Luhn: TypeAlias = Annotated[str, _compact, _checked("number with a Luhn check digit", is_luhn), Kind("luhn")]

#: The number of a payment card: 12 to 19 digits with a right check digit (ISO/IEC 7812-1).
CardNumber: TypeAlias = Annotated[
    str, _compact, _checked("card number", lambda text: 12 <= len(text) <= 19 and is_luhn(text)), Kind("luhn")
]

#: A vehicle identification number of 17 characters (ISO 3779) with a right check digit; cars that were not made for North America or China
#: need not have one.
Vin: TypeAlias = Annotated[str, _compact, _checked("VIN", is_vin), Kind("vin")]

#: The lines of a postal address, joined by commas: ``Musterstraße 12, 12345 Musterstadt``.
Address: TypeAlias = Annotated[str, pydantic.AfterValidator(_as_lines), Kind("address")]
