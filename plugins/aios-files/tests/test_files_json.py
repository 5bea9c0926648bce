"""What JSON gives."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from aios_files import Json
from hypothesis import given
from hypothesis import strategies as st

from aios_sdk import Context, LimitExceeded, Malformed, Source

CONTEXT = Context(run="r", step="s", scratch=Path("unused"))


def read(data, media_type="application/json", **config):
    """The document, and what was raised after it."""
    found, raised = [], None
    try:
        found.extend(Json(Json.Config(**config)).ingest(Source(name="a.json", data=data, media_type=media_type), CONTEXT))
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


def test_json_is_indented_and_its_values_are_fields_in_the_text():
    document, raised = read(b'{"a":1,"b":[1.50,true,null,"x\\ny",{}],"c d":{"e":"","":"z"}}')
    assert content(document) == (
        '{\n  "a": 1,\n  "b": [\n    1.50,\n    true,\n    null,\n    "x\\ny",\n    {}\n  ],\n  "c d": {\n    "e": "",\n    "": "z"\n  }\n}'
    )
    assert values(document) == [
        ("a", 1), ("b[0]", Decimal("1.50")), ("b[1]", True), ("b[3]", "x\ny"), ('["c d"][""]', "z"),
    ]  # fmt: skip
    assert document.layers.fields[3].quote == "x\\ny"
    assert [region.kind for region in document.layers.regions] == ["code"]
    assert raised is None


def test_numbers_are_exact_and_absurd_ones_are_text():
    document, _ = read(b"[0.1, 12345678901234567890, 1e2, NaN, 1e999999]")
    assert values(document) == [
        ("[0]", Decimal("0.1")), ("[1]", 12345678901234567890), ("[2]", Decimal("1E+2")), ("[3]", "NaN"), ("[4]", "1e999999"),
    ]  # fmt: skip


def test_names_that_come_twice_are_two_candidates():
    document, _ = read(b'{"total": 1, "total": 2}')
    assert [field.value for field in document.fields.all("total")] == [1, 2]


def test_lines_of_json_are_items():
    document, _ = read(b'{"a":1}\n\n{"a":2}\n', media_type="application/jsonl")
    assert values(document) == [("[0].a", 1), ("[1].a", 2)]


def test_what_is_no_json_is_kept_as_text_and_said():
    document, raised = read(b'{"a": 1')
    assert content(document) == '{"a": 1'
    assert isinstance(raised, Malformed)
    assert "line 1, column 8" in str(raised)
    document, raised = read(b'{"a": 1}\nnot json\n', media_type="application/jsonl")
    assert "line 2" in str(raised)
    assert "not json" in content(document)


@pytest.mark.parametrize("data", [b"[" * 100_000, b"[" * 500 + b"]" * 500])
def test_json_that_nests_too_deeply_is_over_a_limit(data):
    document, raised = read(data)
    assert content(document).startswith("[[[")
    assert isinstance(raised, LimitExceeded)


def test_values_over_the_limit_are_text_only_and_the_document_is_partial():
    document, raised = read(b"[1, 2, 3]", max_fields=2)
    assert len(document.layers.fields) == 2
    assert "3" in content(document)
    assert isinstance(raised, LimitExceeded)
    document, raised = read(b"[1, 2, 3]", max_fields=0)
    assert (document.layers.fields, raised) == ((), None)
    document, _ = read(json.dumps({"a": "x" * 10_001, "b": 1}).encode())
    assert values(document) == [("b", 1)]


def test_a_file_over_the_limit_or_without_text_is_refused():
    assert isinstance(read(b"[1,2,3]", max_size=3)[1], LimitExceeded)
    assert isinstance(read(b"  ")[1], Malformed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
)  # fmt: skip


@given(JSON)
def test_the_text_is_the_same_json(value):
    document, raised = read(json.dumps(value).encode())
    assert json.loads(content(document)) == json.loads(json.dumps(value).encode("utf-8", "replace")) or "\\ud" in json.dumps(value)
    assert raised is None


@given(st.binary(max_size=100))
def test_any_bytes_give_a_document_or_a_typed_failure(data):
    with suppress(Malformed, LimitExceeded):
        list(Json(Json.Config()).ingest(Source(name="a.json", data=data, media_type="application/json"), CONTEXT))
