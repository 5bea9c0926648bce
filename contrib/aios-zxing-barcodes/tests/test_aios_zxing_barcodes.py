"""What ZxingBarcodes promises."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from aios_sdk import Pipeline, Store
from aios_sdk.testing import conformance
from PIL import Image

from aios_zxing_barcodes._payment import payment

EXAMPLE = Path(__file__).parent.parent / "example"

SEPA = """BCD
002
1
SCT
COBADEFFXXX
Northwind Spares & Söhne
DE89 3704 0044 0532 0130 00
EUR118.40


Invoice 2024-0117
"""
SWISS = """SPC
0200
1
CH4431999123000889012
S
Max Muster & Söhne
Musterstrasse
123
8000
Seldwyla
CH







1949.75
CHF
S
Simon Muster
Musterstrasse
1
8000
Seldwyla
CH
QRR
210000000003139471430009017

EPD
"""

test_aios_zxing_barcodes = conformance("zxing.barcodes", files=[EXAMPLE / "invoice.png"], examples=5)


def run(path: Path, tmp_path: Path) -> Any:
    with Store(tmp_path / "test.aios") as store:
        (outcome,) = Pipeline.from_yaml(EXAMPLE / "pipeline.yaml").run(path, store=store)
    return outcome


def test_the_barcodes_of_a_page_come_from_the_top_each_with_its_box(tmp_path: Path) -> None:
    fields = run(EXAMPLE / "invoice.png", tmp_path).document.fields
    above, below = fields["pages[0].barcodes[0]"].chosen, fields["pages[0].barcodes[1]"].chosen
    assert above.value == "2024-0117"
    assert below.value.startswith("BCD\n002\n")
    assert above.spans[0].box.y1 < below.spans[0].box.y0
    assert above.quote == "2024-0117"


def test_the_payment_in_a_qr_code_becomes_fields(tmp_path: Path) -> None:
    fields = run(EXAMPLE / "invoice.png", tmp_path).document.fields
    assert fields["payment.iban"].value == "DE89370400440532013000"
    assert fields["payment.name"].value == "Northwind Spares & Söhne"
    assert fields["payment.reference"].value == "Invoice 2024-0117"
    amount = fields["payment.amount"].chosen
    assert (amount.value, amount.currency) == (Decimal("118.40"), "EUR")


def test_a_page_without_barcodes_is_not_its_own(tmp_path: Path) -> None:
    Image.new("L", (200, 200), 255).save(tmp_path / "blank.png")
    outcome = run(tmp_path / "blank.png", tmp_path)
    assert outcome.status == "completed"
    assert outcome.steps[-1].status == "unsupported"


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_page_may_lie_on_its_side(turned: int, tmp_path: Path) -> None:
    Image.open(EXAMPLE / "invoice.png").rotate(turned, expand=True).save(tmp_path / "turned.png")
    assert run(tmp_path / "turned.png", tmp_path).document.fields["payment.amount"].value == Decimal("118.40")


def test_bytes_that_are_no_text_are_given_as_digits(tmp_path: Path) -> None:
    drawn = zxingcpp.create_barcode(b"\x00\xff\xfe\x80", zxingcpp.BarcodeFormat.QRCode).to_image(scale=5)
    Image.frombytes("L", drawn.shape[1::-1], bytes(memoryview(drawn))).save(tmp_path / "bytes.png")
    assert run(tmp_path / "bytes.png", tmp_path).document.fields["pages[0].barcodes[0]"].value == "00fffe80"


def test_a_swiss_bill_is_a_payment() -> None:
    assert list(payment(SWISS.encode(), "")) == [
        ("payment.name", "Max Muster & Söhne", ""),
        ("payment.iban", "CH4431999123000889012", ""),
        ("payment.reference", "210000000003139471430009017", ""),
        ("payment.amount", Decimal("1949.75"), "CHF"),
    ]


def test_the_character_set_that_a_transfer_names_counts() -> None:
    latin = SEPA.replace("\n1\n", "\n2\n").encode("iso8859-1")
    assert next(payment(latin, "")) == ("payment.name", "Northwind Spares & Söhne", "")


@pytest.mark.parametrize(
    "content",
    [
        SEPA.replace("0130 00", "0130 01"),
        SEPA.replace("SCT", "XYZ"),
        SEPA.replace("002", "9"),
        SWISS.replace("EPD", ""),
        "BCD",
        "SPC",
        "WIFI:S:guests;;",
    ],
)
def test_what_is_not_a_whole_payment_is_none(content: str) -> None:
    assert list(payment(content.encode(), content)) == []


def test_a_transfer_without_an_amount_leaves_it_to_the_payer() -> None:
    paths = [path for path, _, _ in payment(SEPA.replace("EUR118.40", "").encode(), "")]
    assert paths == ["payment.name", "payment.iban", "payment.reference"]


def test_where_the_bytes_are_not_what_they_say_the_reader_is_believed() -> None:
    assert next(payment(SEPA.encode("cp1252"), SEPA)) == ("payment.name", "Northwind Spares & Söhne", "")
