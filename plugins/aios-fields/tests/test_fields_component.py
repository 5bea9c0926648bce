"""What aios.fields finds, and where."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal
from enum import Enum
from typing import Annotated, Literal

import pydantic
import pytest
from aios_fields import Fields
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from aios_sdk import Box, ConfigurationError, Document, Layers, PageInfo, PageText, PluginDenied, Policy, Registry, Unsupported, Words
from aios_sdk.records import check_spans
from aios_sdk.testing import check_manifest


class Invoice(BaseModel):
    number: str
    date: dt.date
    total: Decimal


class Claim(BaseModel):
    policy_number: str
    claim_number: str
    date_of_loss: dt.date
    amount_claimed: Decimal


def typed(text: str) -> Document:
    return Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=text),))


def printed(*words: tuple[str, float, float]) -> Document:
    """A page with words at x, y (tenths of the page), in this order in the text; a letter is 0.01 wide and 0.01 high."""
    content = "\n".join(word for word, _, _ in words)
    text = PageText(page=0, content=content)
    places, position = [], 0
    for line, x, y in words:
        for number, word in enumerate(line.split(" ")):
            start = position + sum(len(other) + 1 for other in line.split(" ")[:number])
            left = x / 10 + 0.01 * (start - position)
            places.append((start, start + len(word), Box.of(left, y / 10, left + 0.01 * len(word), y / 10 + 0.01), None))
        position += len(line) + 1
    return Document.of(pages=(PageInfo(index=0, width=600, height=600),), text=(text,), words=(Words.build(text, places),))


def found(model: type[BaseModel], document: Document, **config: object) -> dict[str, object]:
    fields = Fields(Fields.Config.model_validate({"output": model, **config})).extract(document).fields
    assert not list(check_spans(document, document.stamp("s", Fields(Fields.Config(output=model)).extract(document))))
    return {field.path: field.value for field in fields}


def one(model: type[BaseModel], document: Document, **config: object):
    fields = Fields(Fields.Config.model_validate({"output": model, **config})).extract(document).fields
    assert len(fields) == 1
    return fields[0]


def test_the_manifest_says_what_the_code_says():
    check_manifest("aios_fields")


def test_a_mail_in_german_is_understood():
    text = "Versicherungsschein-Nr.: UNF-3310-2\nSchadensnummer: CLM-1001\nSchadentag: 14.07.2018\nSchadenhöhe: 389,00 EUR\n"
    assert found(Claim, typed(text)) == {
        "policy_number": "UNF-3310-2",
        "claim_number": "CLM-1001",
        "date_of_loss": dt.date(2018, 7, 14),
        "amount_claimed": Decimal("389.00"),
    }


def test_the_first_date_without_a_label_is_taken_for_that_of_the_document_with_little_confidence():
    field = one(Invoice, typed("Steel Works, Main Street 1\n14.03.2024\nThank you for 2 parcels of 15.03.2024"))
    assert field.value == dt.date(2024, 3, 14)
    assert field.confidence < 0.6


def test_a_field_tells_its_place_its_currency_and_the_other_readings():
    class Bill(BaseModel):
        total: Decimal

    field = one(Bill, typed("Total due: $12.00\nGrand Total: EUR 1,234.50\n"))
    assert (field.value, field.currency, field.quote) == (Decimal("1234.50"), "EUR", "EUR 1,234.50")
    assert (field.spans[0].start, field.spans[0].end) == (31, 43)
    assert [alternative.value for alternative in field.alternatives] == ["12.00"]
    assert 0 < field.confidence == field.raw_confidence < 1


def test_nothing_is_found_where_nothing_is_named():
    assert found(Invoice, typed("We met 3 people and paid 20.00 for lunch.")) == {}
    assert found(Claim, typed("The claim was late.")) == {}


def test_a_document_without_text_is_not_for_it():
    with pytest.raises(Unsupported, match="no text"):
        found(Invoice, typed(" \n"))


@pytest.mark.parametrize(("media_type", "is_read"), [("application/xml", False), ("image/svg+xml", False), ("application/xhtml+xml", True)])
def test_the_tags_of_xml_are_no_labels(media_type, is_read):
    text = PageText(page=0, content="<Number schemeID='9'>A-1</Number>\nInvoice number: 5")
    document = Document(media_type=media_type, layers=Layers(pages=(PageInfo(index=0),), text=(text,)))
    if is_read:
        assert found(Invoice, document)["number"] == "5"
    else:
        with pytest.raises(Unsupported, match="XML is markup"):
            found(Invoice, document)


@pytest.mark.parametrize(
    "label",
    [
        "Rechnungsnummer",
        "Rechnungs-Nr.",
        "RECHNUNGSNR",
        "Rechnung Nr.",
        "Invoice No.",
        "Invoice number",
        "INVOICE #",
        "invoice-no",
        "Rg.-Nr.",
        "Belegnr.",
    ],
)
def test_the_spellings_of_a_label_are_known(label):
    assert found(Invoice, typed(f"{label}: A-17/3")) == {"number": "A-17/3"}


@pytest.mark.parametrize("label", ["Schadenhöhe", "SCHADENHÖHE", "Schadenhoehe", "Schadenhohe", "Schadenho\u0308he"])
def test_umlauts_may_be_written_in_any_way(label):
    assert found(Claim, typed(f"{label}: 5,00 EUR"))["amount_claimed"] == Decimal("5.00")


def test_the_label_of_another_thing_is_not_mistaken():
    text = "Customer number: 4711\nOrder number: 815\nSubtotal: 10.00\nDue date: 2024-02-02\nInvoice number: 99\nTotal: 12.00"
    assert found(Invoice, typed(text)) == {"number": "99", "total": Decimal("12.00")}


def test_a_heading_names_number_and_date_of_an_invoice():
    text = "Mietrechnung (387) Nr. 9314110911/00/M vom 01.10.2018\nBestellung Nr. 12 vom 03.04.2018"
    assert found(Invoice, typed(text)) == {"number": "9314110911/00/M", "date": dt.date(2018, 10, 1)}


def test_what_a_mail_quotes_counts_less_than_what_it_says():
    text = "> Claim number: CLM-1\n> Date of loss: 2020-01-01\n\nClaim number: CLM-2\nDate of loss: 2021-01-01\n"
    assert found(Claim, typed(text)) == {"claim_number": "CLM-2", "date_of_loss": dt.date(2021, 1, 1)}


def test_a_value_stands_below_its_label_in_plain_text():
    assert found(Invoice, typed("Invoice number   Invoice date\nA-1              2024-01-31\n")) == {
        "number": "A-1",
        "date": dt.date(2024, 1, 31),
    }


def test_values_are_found_by_geometry_whatever_the_order_of_the_text():
    document = printed(
        ("A-17", 6, 1), ("529.87 EUR", 6, 3), ("Invoice number", 1, 1), ("Total", 1, 3), ("14.03.2024", 3, 5.2), ("Invoice date", 3, 5)
    )
    assert found(Invoice, document) == {"number": "A-17", "total": Decimal("529.87"), "date": dt.date(2024, 3, 14)}


def test_a_value_with_boxes_has_the_box_of_its_words():
    field = one(Claim, printed(("Amount claimed:", 1, 1), ("1.234,50 EUR", 4, 1)))
    assert field.spans[0].box == Box.of(0.4, 0.1, 0.52, 0.11)


def test_a_value_whose_words_are_apart_in_the_text_has_a_span_for_each():
    class Seller(BaseModel):
        seller: str

    document = printed(("Works", 3.55, 1), ("other text", 1, 8), ("Steel", 3, 1), ("Seller:", 1, 1))
    field = one(Seller, document)
    assert (field.value, [span.quote for span in field.spans]) == ("Steel Works", ["Steel", "Works"])


def test_own_names_titles_aliases_and_labels_are_looked_for():
    class Odd(BaseModel):
        shoe_size: int
        a: str = Field(alias="favouriteColour")
        b: Decimal = Field(title="Height above sea")
        c: str = Field(json_schema_extra={"labels": ["Zauberwort"]})
        d: bool = Field(description="has a dog")

    text = "Shoe size: 43\nFavourite colour: dark green\nHeight above sea: 12.5 m\nZauberwort: bitte\nHas a dog: yes\n"
    assert found(Odd, typed(text)) == {"shoe_size": 43, "a": "dark green", "b": Decimal("12.5"), "c": "bitte", "d": True}


def test_labels_in_the_configuration_replace_the_known_ones():
    text = "Total: 1.00\nEndsaldo: 2.00"
    assert found(Invoice, typed(text), labels={"total": ["Endsaldo"]})["total"] == Decimal("2.00")


def test_constraints_of_the_model_refuse_candidates():
    class Strict(BaseModel):
        policy_number: str = Field(pattern=r"^[A-Z]{3}-\d{4}-\d$")
        amount_claimed: Annotated[Decimal, Field(gt=100)]

    text = "Policy number: 12\nPolicy number: UNF-3310-2\nAmount claimed: 5.00\nAmount claimed (corrected): 500.00\n"
    assert found(Strict, typed(text)) == {"policy_number": "UNF-3310-2", "amount_claimed": Decimal("500.00")}


def test_choices_and_optional_values_are_read():
    class Cover(Enum):
        HOME = "household"
        CAR = "motor"

    class Policy(BaseModel):
        cover: Cover | None = None
        status: Literal["open", "closed"]

    assert found(Policy, typed("Cover: Motor\nStatus: closed")) == {"cover": "motor", "status": "closed"}


def test_nested_models_have_dotted_paths():
    class Party(BaseModel):
        name: str
        vat_id: str

    class Bill(BaseModel):
        seller: Party

    config = Fields.Config(output=Bill)
    assert Fields.provides(config).fields == {"seller.name": "text", "seller.vat_id": "text"}
    assert found(Bill, typed("Seller name: Steel & Co.\nUSt-IdNr. DE 123 456 789")) == {
        "seller.name": "Steel & Co.",
        "seller.vat_id": "DE123456789",
    }


def test_the_currency_is_where_it_is_printed():
    class Money(BaseModel):
        currency: str

    assert one(Money, typed("Paid 5.00 € and 7.00 €, and $1.00")).value == "EUR"
    field = one(Money, typed("Währung: CHF\nTotal 5.00 €"))
    assert (field.value, field.quote) == ("CHF", "CHF")


class Weight(BaseModel):
    weight: float


class Endless(BaseModel):
    name: str
    inner: Endless | None = None


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Weight, "money and fractions are Decimal"),
        (Endless, "contains itself"),
        (int, "no pydantic model"),
        ("nonsense", "Write it as 'package.module:Name'"),
        ("no.such.module:X", "No module named 'no'"),
        ("json:Nothing", "module 'json' has no attribute 'Nothing'"),
    ],
)
def test_a_model_that_cannot_be_looked_for_is_refused_with_the_reason(model, told):
    registry = Registry()
    registry.add(Fields)
    with pytest.raises(ConfigurationError, match=told):
        registry.create("aios.fields", {"output": model})


def test_a_model_that_the_policy_does_not_name_is_not_imported():
    registry = Registry(policy=Policy(allow=("aios-fields",), modules=("json",)))
    registry.add(Fields)
    with pytest.raises(PluginDenied, match="sqlite3:Row is not imported: modules does not name 'sqlite3'"):
        registry.create("aios.fields", {"output": "sqlite3:Row"})
    with pytest.raises(ConfigurationError, match="no pydantic model"):
        registry.create("aios.fields", {"output": "json:JSONDecoder"})


def test_labels_for_a_path_that_is_not_there_are_refused():
    with pytest.raises(pydantic.ValidationError, match=r"labels are given for totl, but the model has number, date, total"):
        Fields.Config(output=Invoice, labels={"totl": ["x"]})


def test_the_model_goes_into_yaml_as_its_import_path_and_back(tmp_path, monkeypatch):
    source = "from pydantic import BaseModel\nclass Outer:\n    class Model(BaseModel):\n        number: str\n"
    (tmp_path / "models_of_a_user.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    config = Fields.Config.model_validate({"output": "models_of_a_user:Outer.Model"})
    assert config.model_dump(mode="json")["output"] == "models_of_a_user:Outer.Model"
    again = Fields.Config.model_validate(config.model_dump(mode="json"))
    assert again.output is config.output
    assert Fields.provides(again).fields == {"number": "text"}


def test_a_model_that_no_other_process_can_import_cannot_go_into_yaml_and_says_why():
    class Local(BaseModel):
        number: str

    config = Fields.Config(output=Local)
    with pytest.raises(Exception, match=r"defined in a function.*move it to the top level of a module.*package\.module:Local"):
        config.model_dump(mode="json")


def test_a_model_of_the_script_that_is_run_can_be_used_and_cannot_go_into_yaml(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from pydantic import BaseModel\nfrom aios_fields import Fields\nclass M(BaseModel):\n    number: str\n"
        "config = Fields.Config(output=M)\nprint(Fields.provides(config).fields)\n"
        "try:\n    config.model_dump(mode='json')\nexcept Exception as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    assert "{'number': 'text'}" in done.stdout
    assert "defined in the script that is run" in done.stdout


def test_another_definition_of_the_model_gives_another_configuration_digest():
    def digest(kind: type) -> str:
        registry = Registry()
        registry.add(Fields)
        model = pydantic.create_model("Model", total=(kind, ...))
        return registry.create("aios.fields", {"output": model}).config_digest

    assert digest(Decimal) == digest(Decimal) != digest(str)


_lines = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.tuples(
            st.sampled_from(
                ["Invoice No.", "Rechnungsdatum", "Total", "Summe", "Date", "Nr.", "Due date", "IBAN", "Grand Total (EUR)", "vom"]
            ),
            st.sampled_from([":", "", " ", "\t", ".", "   "]),
            st.sampled_from(
                ["14.03.2024", "1.234,56 €", "A-1", "DE89 3704 0044 0532 0130 00", "", "\u00a0", "ſ ﬁ", "2024-01-01 12:00", "-5"]
            ),
        ).map("".join),
    ),
    max_size=8,
).map("\n".join)


class Everything(Invoice):
    due_date: dt.date
    iban: str
    seller: str
    paid: bool
    count: int
    moment: dt.datetime
    currency: str


EVERYTHING = Fields(Fields.Config(output=Everything))


@settings(deadline=None, max_examples=150)
@given(_lines)
def test_the_quote_of_every_field_stands_at_its_span_whatever_the_text(text):
    document = typed(text)
    if not text.strip():
        return
    extraction = EVERYTHING.extract(document)
    assert list(check_spans(document, document.stamp("s", extraction))) == []
    for field in extraction.fields:
        assert field.spans
        assert field.alternatives == tuple(sorted(field.alternatives, key=lambda other: -other.score))[:3]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Total", "529.87", "Invoice", "No.", "A-1", "Date:", "14.03.2024", "EUR", "x"]),
            st.integers(0, 80),
            st.integers(0, 90),
        ),
        min_size=1,
        max_size=25,
    ),
    st.randoms(),
)
def test_the_quote_of_every_field_stands_at_its_span_wherever_words_are_printed(words, random):
    document = printed(*((word, x / 10, y / 10) for word, x, y in words))
    extraction = EVERYTHING.extract(document)
    assert list(check_spans(document, document.stamp("s", extraction))) == []


def test_the_claims_of_the_example_are_read_as_their_truth_says():
    import email
    from email import policy
    from pathlib import Path

    folder = Path(__file__).resolve().parents[3] / "examples" / "claims"
    if not (folder / "truth.json").is_file():
        pytest.skip("the claims example is not there")
    for claim in json.loads((folder / "truth.json").read_text(encoding="utf-8"))["claims"]:
        path = folder / "inbox" / claim["file"]
        if path.suffix == ".eml":
            part = email.message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain", "html"))
            text = part.get_content()
        elif path.suffix == ".txt":
            text = path.read_text(encoding="utf-8")
        else:
            continue
        values = found(Claim, typed(text))
        expected = {name: claim[name] for name in Claim.model_fields if claim[name]}
        assert {name: str(value) for name, value in values.items()} == expected, claim["file"]
