"""What XML gives."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from aios_files import Xml
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Context, LimitExceeded, Malformed, Source

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))


def read(data, **config):
    """The document, and what was raised after it."""
    found, raised = [], None
    try:
        found.extend(Xml(Xml.Config(**config)).ingest(Source(name="a.xml", data=data, media_type="application/xml"), CONTEXT))
    except (Malformed, LimitExceeded) as error:
        raised = error
    for document in found:
        text = document.layers.text[0].content
        for field in document.layers.fields:
            assert text[field.spans[0].start : field.spans[0].end] == field.quote
    return (found[0] if found else None), raised


def content(document):
    return document.layers.text[0].content


def values(document):
    return [(field.path, field.value) for field in document.layers.fields]


ORDER = """<?xml version="1.0" encoding="iso-8859-1"?>
<o:Order xmlns:o="urn:order" id="7"><item><name>Größe</name><n>2</n></item><item n="1"/><total currency="EUR"> 047.10 </total></o:Order>"""


def test_data_are_lines_of_names_and_values_and_each_value_is_a_field():
    document, raised = read(ORDER.encode("iso-8859-1"))
    assert content(document) == (
        "Order\n  @id: 7\n  item\n    name: Größe\n    n: 2\n  item\n    @n: 1\n  total: 047.10\n    @currency: EUR\n"
    )
    assert values(document) == [
        ("Order.@id", "7"), ("Order.item[0].name", "Größe"), ("Order.item[0].n", "2"), ("Order.item[1].@n", "1"),
        ("Order.total", "047.10"), ("Order.total.@currency", "EUR"),
    ]  # fmt: skip
    assert raised is None


def test_prose_is_its_paragraphs_and_headings():
    document, _ = read(
        b"<doc><title>Hi</title><p>some <b>bold</b> text &amp; more</p><sec><title>Two</title><p>other\n line</p></sec></doc>"
    )
    text = content(document)
    assert text == "Hi\n\nsome bold text & more\n\nTwo\n\nother line"
    assert [(region.kind, region.level, text[region.start : region.end]) for region in document.layers.regions] == [
        ("heading", 1, "Hi"), ("paragraph", 0, "some bold text & more"), ("heading", 2, "Two"), ("paragraph", 0, "other line"),
    ]  # fmt: skip
    assert document.layers.fields == ()


def test_of_a_file_that_is_cut_off_what_stands_before_is_kept():
    document, raised = read(b"<a><b>x</b><c>cut")
    assert values(document) == [("a.b", "x")]
    assert isinstance(raised, Malformed)


def test_entities_of_html_are_known_and_nothing_is_fetched(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hush")
    data = f'<!DOCTYPE a SYSTEM "{secret.as_uri()}" [<!ENTITY x SYSTEM "{secret.as_uri()}">]><a>z&eacute;&x;</a>'
    document, raised = read(data.encode())
    assert content(document) == "a: zé\n"
    assert isinstance(raised, Malformed)
    assert "is not fetched" in raised.what


def test_entities_that_expand_without_end_are_over_a_limit():
    entities = "".join(f'<!ENTITY a{level + 1} "{f"&a{level};" * 10}">' for level in range(9))
    bomb = f'<!DOCTYPE l [<!ENTITY a0 "lolololololololol">{entities}]><l>&a9;</l>'
    assert isinstance(read(bomb.encode())[1], LimitExceeded)


@pytest.mark.parametrize(("data", "error"), [(b"no xml", Malformed), (b"<a/>", None), (b"<a>" * 1000, LimitExceeded), (b"", Malformed)])
def test_what_is_no_xml_or_too_deep_says_so(data, error):
    document, raised = read(data)
    assert type(raised) is (error or type(None))
    assert error is None or document is None or content(document)


def test_values_over_the_limit_are_text_only():
    document, raised = read(b"<a><b>1</b><b>2</b><b>3</b></a>", max_fields=2)
    assert values(document) == [("a.b[0]", "1"), ("a.b[1]", "2")]
    assert isinstance(raised, LimitExceeded)


@given(st.binary(max_size=100) | st.text(st.sampled_from("<a>/b &;\"='"), max_size=60).map(str.encode))
def test_any_bytes_give_a_document_or_a_typed_failure(data):
    with suppress(Malformed, LimitExceeded):
        list(Xml(Xml.Config()).ingest(Source(name="a.xml", data=data), CONTEXT))
