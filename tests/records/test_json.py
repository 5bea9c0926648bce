"""Records as JSON: exactly what they were, and the same bytes everywhere."""

from __future__ import annotations

import datetime as dt
import json
import pickle
import subprocess
import sys
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import aios_sdk.records as records
from aios_sdk.records import (
    Field,
    Layers,
    PageText,
    Span,
    Table,
    canonical,
    document_id,
    from_json,
    identify,
    layers_digest,
    new_run_id,
    to_json,
)
from aios_sdk.testing.strategies import RECORDS, layers, texts

quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def test_there_is_a_strategy_for_every_record() -> None:
    structs = {each for name in records.__all__ if isinstance(each := getattr(records, name), type) and issubclass(each, msgspec.Struct)}
    # What is resolved, and what is learnt from, is never written.
    assert structs - {records.Resolved, records.Example, records.Training} == set(RECORDS)


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_comes_back_from_json_exactly_as_it_was(kind: type) -> None:
    @quick
    @given(RECORDS[kind])
    def law(record: Any) -> None:
        data = to_json(record)
        back: Any = from_json(data, kind)
        assert back == record
        assert repr(back) == repr(record), "equal is not enough: 1 == True == Decimal('1.0')"
        assert to_json(back) == data

    law()


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_survives_the_way_to_another_process(kind: type) -> None:
    @settings(quick, max_examples=5)
    @given(RECORDS[kind])
    def law(record: Any) -> None:
        assert repr(pickle.loads(pickle.dumps(record))) == repr(record)

    law()


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2**63,
        10**40,
        Decimal("0.10"),
        Decimal("1E+20"),
        Decimal("-0.0"),
        Decimal("1234567890123456789012345678.1234567890"),
        True,
        False,
        "",
        "1",
        "true",
        "2026-01-01",
        dt.date(2026, 1, 1),
        dt.datetime(2026, 1, 1, 12, 30, 0, 123456, dt.UTC),
        "\U0001f600",
        "a\x00b",
    ],
)
def test_a_value_keeps_its_type_on_the_way_through_json(value: Any) -> None:
    field = Field(path="x", value=value, status="ungrounded")
    back: Field = from_json(to_json(field), Field)
    assert (type(back.value), str(back.value), back.type) == (type(value), str(value), field.type)


def test_an_unknown_or_wrong_key_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        from_json(b'{"artifact": "a", "page": 0, "start": 0, "end": 1, "colour": "red"}', Span)
    with pytest.raises(msgspec.ValidationError, match=r"\$\.page"):
        from_json(b'{"artifact": "a", "page": "one"}', Span)


@quick
@given(st.dictionaries(texts(), st.integers() | texts() | st.dictionaries(texts(), texts(), max_size=3), max_size=5), st.randoms())
def test_canonical_bytes_do_not_depend_on_the_order_of_a_mapping(mapping: dict[str, Any], random: Any) -> None:
    keys = list(mapping)
    random.shuffle(keys)
    assert canonical({key: mapping[key] for key in keys}) == canonical(mapping)
    assert json.loads(canonical(mapping)) == mapping


def test_canonical_bytes_and_ids_are_the_same_in_every_process() -> None:
    script = (
        "from aios_sdk.records import *; from decimal import Decimal; import sys\n"
        "s = Span(artifact='a'*64, page=0, start=1, end=3, quote='xy')\n"
        "f = Field(path='total', value=Decimal('471.30'), currency='EUR', spans=(s,))\n"
        "d = Document(id='d').add('extract', Extraction(fields=(f,)))\n"
        "print(d.layers.fields[0].id, document_id('key', 0, 'c'), PageText(page=3, content='\U0001f600').artifact, "
        "digest(canonical({'b': frozenset('abcdefgh'), 'a': {'z': 1, 'y': Decimal('1.0')}})), "
        "layers_digest(d.layers, frozenset({'fields'})))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(answers) == 1
    assert document_id("key", 0, "c") in answers.pop()


@quick
@given(st.lists(texts() | st.integers(), min_size=1, max_size=4), st.lists(texts() | st.integers(), min_size=1, max_size=4))
def test_other_parts_or_the_same_split_otherwise_give_another_id(one: list[Any], other: list[Any]) -> None:
    assert (identify(*one) == identify(*other)) == ([str(part) for part in one] == [str(part) for part in other])
    assert len(identify(*one)) == 32


def test_the_id_of_a_delivery_is_of_its_origin_position_and_content() -> None:
    every = {document_id(origin, position, content) for origin in "ab" for position in (0, 1) for content in "xy"}
    assert len(every) == 8


def test_ids_of_runs_sort_by_the_time_they_were_made_and_never_meet() -> None:
    made = [new_run_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert [each[:12] for each in made] == sorted(each[:12] for each in made)
    assert {(each[12], each[16] in "89ab") for each in made} == {("7", True)}


@quick
@given(layers())
def test_the_digest_of_layers_is_of_their_content_and_not_of_where_it_lies(found: Layers) -> None:
    moved = msgspec.structs.replace(found, tables=tuple(msgspec.structs.replace(table, location="/elsewhere") for table in found.tables))
    every = frozenset(records.LAYERS)
    assert layers_digest(moved, every) == layers_digest(found, every)
    assert layers_digest(found, every - {"tables"}) == layers_digest(msgspec.structs.replace(found, tables=()), every - {"tables"})


def test_the_digest_of_layers_changes_with_any_item() -> None:
    one = Layers(text=(PageText(page=0, content="a"),))
    two = Layers(text=(PageText(page=0, content="b"),))
    assert layers_digest(one, frozenset({"text"})) != layers_digest(two, frozenset({"text"}))
    assert layers_digest(one, frozenset({"fields"})) == layers_digest(two, frozenset({"fields"}))
    table = Table(name="t", columns=(), rows=1, artifact="a")
    assert layers_digest(Layers(tables=(table,)), frozenset({"tables"})) != layers_digest(Layers(), frozenset({"tables"}))
