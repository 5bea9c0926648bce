"""Laws of check digits, and the types that a model can have."""

from __future__ import annotations

import re

import pydantic
import pytest
from aios_fields import Address, CardNumber, Fields, Iban, Luhn, VatId, Vin
from aios_fields._identifiers import CHECKED_VAT_IDS, IBAN_LENGTHS, compact, is_iban, is_luhn, is_vat_id, is_vin
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from aios_sdk import Document, PageInfo, PageText

#: Numbers that those who issue them print as examples, or that are printed on invoices.
VAT_IDS = {
    "AT": "ATU37675002", "BE": "BE0428759497", "CHE": "CHE116281710", "DE": "DE136695976", "DK": "DK13585628", "ES": "ESB58378431",
    "FI": "FI20774740", "FR": "FR40303265045", "GB": "GB980780684", "IT": "IT00743110157", "LU": "LU15027442", "NL": "NL004495445B01",
    "PL": "PL8567346215", "PT": "PT501964843", "SE": "SE556188840401",
}  # fmt: skip

#: Their algorithms give two different numbers one check digit here and there: two alternatives of the sum, or remainders of 10 and 11 that
#: are both written as 0.
_NOT_ALL_CHANGES = {"GB", "NL", "PT"}

#: How many of the digits the check digit is of; what follows counts the establishments of one company.
_CHECKED_DIGITS = {"NL": 9, "SE": 10}


def changed(text: str, place: int, digit: int) -> str:
    """``text`` with another digit at one of its digits."""
    spots = [match.start() for match in re.finditer(r"\d", text)]
    spot = spots[place % len(spots)]
    return text[:spot] + str((int(text[spot]) + 1 + digit) % 10) + text[spot + 1 :]


def iban(country: str, account: str) -> str:
    number = account[: IBAN_LENGTHS[country] - 4].rjust(IBAN_LENGTHS[country] - 4, "0")
    rest = int("".join(str(int(char, 36)) for char in f"{number}{country}00")) % 97
    return f"{country}{98 - rest:02}{number}"


_ibans = st.builds(iban, st.sampled_from(sorted(IBAN_LENGTHS)), st.text("0123456789ABCXYZ", max_size=30))
_luhns = st.text("0123456789", min_size=1, max_size=18).map(
    lambda digits: next(digits + last for last in "0123456789" if is_luhn(digits + last))
)
_vins = st.text("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", min_size=17, max_size=17).map(
    lambda text: next(text[:8] + check + text[9:] for check in "0123456789X" if is_vin(text[:8] + check + text[9:]))
)
_places, _digits = st.integers(0, 99), st.integers(0, 8)


@settings(deadline=None)
@given(number=_ibans, place=_places, digit=_digits)
def test_an_iban_with_one_digit_changed_is_none(number, place, digit):
    assert is_iban(number)
    assert not is_iban(changed(number, place, digit))


@settings(deadline=None)
@given(number=_luhns, place=_places, digit=_digits)
def test_digits_with_a_luhn_check_digit_tell_when_one_is_changed(number, place, digit):
    assert is_luhn(number)
    assert not is_luhn(changed(number, place, digit))


@settings(deadline=None)
@given(number=_vins, place=_places, digit=_digits)
def test_a_vin_with_one_digit_changed_is_none(number, place, digit):
    assert is_vin(number)
    assert not is_vin(changed(number, place, digit))


@pytest.mark.parametrize("country", CHECKED_VAT_IDS)
def test_a_vat_id_with_one_digit_changed_is_none(country):
    number = VAT_IDS[country]
    assert is_vat_id(number)
    digits = _CHECKED_DIGITS.get(country, sum(char.isdigit() for char in number))
    missed = [changed(number, place, digit) for place in range(digits) for digit in range(9) if is_vat_id(changed(number, place, digit))]
    assert missed == [] or country in _NOT_ALL_CHANGES
    assert len(missed) <= digits


@settings(deadline=None)
@given(st.text(max_size=40))
def test_no_text_makes_a_check_fail(text):
    for holds in (is_iban, is_luhn, is_vin, is_vat_id):
        assert holds(text) in (True, False)
        assert holds(compact(text)) in (True, False)


@settings(deadline=None)
@given(number=_ibans, group=st.sampled_from([" ", "  ", "-", "\u00a0", "."]))
def test_spaces_and_marks_that_group_an_identifier_are_no_part_of_it(number, group):
    printed = group.join(number[start : start + 4] for start in range(0, len(number), 4)).lower()
    assert pydantic.TypeAdapter(Iban).validate_python(printed) == number


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (Iban, "DE89 3704 0044 0532 0130 00", "DE88370400440532013000"),
        (VatId, "nl 004495445.b01", "DE136695975"),
        (CardNumber, "4111 1111 1111 1111", "4111111111111112"),
        (CardNumber, "378282246310005", "18"),
        (Luhn, "18", "19"),
        (Vin, "1M8GDM9AXKP042788", "1M8GDM9A1KP042788"),
    ],
)
def test_a_type_takes_what_its_check_digits_confirm_and_says_why_it_does_not(kind, right, wrong):
    adapter = pydantic.TypeAdapter(kind)
    assert adapter.validate_python(right) == compact(right)
    with pytest.raises(pydantic.ValidationError, match="check digit"):
        adapter.validate_python(wrong)


def test_an_address_is_one_line():
    assert pydantic.TypeAdapter(Address).validate_python("Musterstr.  12\n12345   Stadt") == "Musterstr. 12, 12345 Stadt"


class Car(BaseModel):
    chassis: Vin | None = None
    account: Iban
    refund_to: CardNumber
    tax_office_id: VatId


def test_the_types_of_a_model_say_what_is_looked_for():
    text = (
        "Chassis: 1M8GDM9A1KP042788\nVehicle 1M8GDM9AXKP042788\nAccount: DE88 3704 0044 0532 0130 00\nIBAN DE89 3704 0044 0532 0130 00\n"
        "Refund to: 4111 1111 1111 1112\nRefund to: 4111 1111 1111 1111\nTax office id: DE 123 456 789\nUSt-Id DE 136 695 976\n"
    )
    document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))
    fields = Fields(Fields.Config(output=Car)).extract(document).fields
    assert {field.path: field.value for field in fields} == {
        "chassis": "1M8GDM9AXKP042788",
        "account": "DE89370400440532013000",
        "refund_to": "4111111111111111",
        "tax_office_id": "DE136695976",
    }
