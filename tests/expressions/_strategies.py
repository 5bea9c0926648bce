"""Subjects to evaluate against, and hypothesis strategies of trees and of values, sane and odd."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any

from hypothesis import strategies as st

from aios_sdk import expressions as x
from aios_sdk.expressions import Expression, Known, Scope, TableType


@dataclass
class Paper:
    """A subject held in dictionaries."""

    id: str = "d1"
    attributes: Mapping[str, object] = field(default_factory=dict)
    fields: Mapping[str, Known] = field(default_factory=dict)
    labels: Mapping[str, Known] = field(default_factory=dict)
    checks: Mapping[str, Known] = field(default_factory=dict)
    papers: Sequence[Paper] = ()
    tables: Mapping[str, Mapping[Any, Mapping[str, object]]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.id}.pdf"

    def attribute(self, name: str) -> object:
        return self.attributes.get(name)

    def field(self, path: str) -> Known | None:
        return self.fields.get(path)

    def label(self, taxonomy: str) -> Known | None:
        return self.labels.get(taxonomy)

    def check(self, rule: str) -> Known | None:
        return self.checks.get(rule)

    def members(self) -> Sequence[Paper]:
        return self.papers

    def row(self, table: str, key: Any) -> Mapping[str, object] | None:
        return self.tables.get(table, {}).get(key)


TYPES = {"text": x.TEXT, "number": x.NUMBER, "date": x.DATE, "duration": x.DURATION, "boolean": x.BOOLEAN}
KINDS = frozenset({"invoice", "receipt", "letter"})

MEMBER = Scope(
    attributes={"a_boolean": x.BOOLEAN, "a_number": x.NUMBER},
    fields={**{f"f_{name}": type for name, type in TYPES.items()}, "f_any": x.ANY, "f_list": x.list_of(x.TEXT)},
    labels={"kind": KINDS, "free": None},
    checks=frozenset({"sums-agree"}),
)
SCOPE = Scope(
    attributes=MEMBER.attributes,
    fields=MEMBER.fields,
    labels=MEMBER.labels,
    checks=MEMBER.checks,
    tables={"policies": TableType(key=x.TEXT, columns={"limit": x.NUMBER, "note": x.ANY})},
    members=MEMBER,
)

numbers = st.integers(-1000, 1000) | st.decimals(-1000, 1000, places=2)
literals = {
    "text": st.text(max_size=4) | st.sampled_from(sorted(KINDS)),
    "number": numbers,
    "date": st.dates(),
    "duration": st.integers(-1000, 1000).map(dt.timedelta),
    "boolean": st.booleans(),
}


class Shade(Enum):
    GREY = 1


class Word(StrEnum):
    HELLO = "hello"


_looped: list[object] = []
_looped.append(_looped)
odd = st.sampled_from(
    [
        None, float("nan"), float("inf"), 0.1, 1e-200, 1e300, 10**5000, Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"),
        Decimal("1e999999"), Decimal("1e-999999"), Decimal("0e999999"), Decimal("-0"), b"bytes", object(), Shade.GREY,
        Word.HELLO, dt.datetime(2026, 1, 31, 23, 59), dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5))),
        dt.date.max, dt.date.min, dt.timedelta.max, dt.timedelta.min, dt.timedelta(seconds=1), [], ["a", 1], [["a"]], _looped,
        {}, "\x00\u202e\ud800", "x" * 2000, 1j, True, ("a", "b"),
    ]
)  # fmt: skip
values = st.one_of(*literals.values(), st.lists(st.text(max_size=3), max_size=3), odd)


def knowns(value: st.SearchStrategy[Any]) -> st.SearchStrategy[Known]:
    return st.builds(
        Known, value, confidence=st.none() | st.floats(0, 1) | odd, currency=st.sampled_from([None, "", "EUR"]),
        conflict=st.booleans(), id=st.just("i1"),
    )  # fmt: skip


def papers(value: st.SearchStrategy[Any] | None = None, members: bool = True) -> st.SearchStrategy[Paper]:
    """Subjects whose values are of any kind, or all of ``value``."""

    def well_typed(name: str) -> st.SearchStrategy[Any]:
        return value or st.none() | literals.get(name, values) | values

    names = {f"f_{name}": name for name in TYPES} | {"f_any": "any", "f_list": "list"}
    return st.builds(
        Paper,
        id=st.sampled_from(["d1", "d2", "d3"]),
        attributes=st.fixed_dictionaries({}, optional={"a_boolean": well_typed("boolean"), "a_number": well_typed("number")}),
        fields=st.fixed_dictionaries({}, optional={path: knowns(well_typed(name)) for path, name in names.items()}),
        labels=st.fixed_dictionaries({}, optional={"kind": knowns(well_typed("text")), "free": knowns(well_typed("text"))}),
        checks=st.fixed_dictionaries({}, optional={"sums-agree": knowns(well_typed("boolean"))}),
        papers=st.lists(papers(value, members=False), max_size=3) if members else st.just(()),
        tables=st.just({"policies": {"invoice": {"limit": Decimal(500)}, "": {"limit": "odd", "note": "n"}}}),
    )


@st.composite
def expressions(draw: st.DrawFn, type: str = "boolean", depth: int = 3, inside: bool = False) -> Expression:
    """Well-typed expressions over SCOPE; ``inside`` of an aggregate they may reach the case."""
    side: Any = draw(st.sampled_from([x, x.case])) if inside else x

    def part(type: str, inside: bool = inside) -> Expression:
        return draw(expressions(type, depth - 1, inside))

    def leaf() -> Expression:
        ways = [f"f_{type}", "f_any", "literal"]
        ways += {"boolean": ["attribute", "check", "conflict"], "number": ["attribute", "confidence"]}.get(type, [])
        ways += ["label", "currency"] if type == "text" else []
        way = draw(st.sampled_from(ways))
        if way == "literal":
            return x.coalesce(draw(literals[type]), draw(literals[type]))
        if way == "attribute":
            return side.attribute(f"a_{type}")
        if way == "check":
            return side.check("sums-agree")
        if way == "label":
            return side.label("free")
        if way in ("conflict", "confidence", "currency"):
            return getattr(side.field("f_number"), way)()
        return side.field(way)

    def aggregate() -> Expression:
        name = draw(st.sampled_from(["any", "all"] if type == "boolean" else ["min", "max", "sum", "count"]))
        where = part("boolean", True) if draw(st.booleans()) else None
        if name == "count":
            listed = x.count_of(x.distinct_of(part(draw(st.sampled_from(sorted(TYPES))), True), where=where))
            return draw(st.sampled_from([listed, x.count_of(where=where)]))
        if name == "sum":
            return x.sum_of(part("number", True), where=where)
        build = {"any": x.any_of, "all": x.all_of, "min": x.min_of, "max": x.max_of}[name]
        return build(part(type, True), where=where)

    if depth == 0:
        return leaf()
    two = draw(st.sampled_from(sorted(TYPES)))
    ordered = draw(st.sampled_from(["number", "date", "duration"]))
    ways: list[Any] = [leaf, lambda: x.coalesce(part(type), part(type))]
    if type == "boolean":
        ways += [
            lambda: part("boolean") & part("boolean") & part("boolean"),
            lambda: part("boolean") | part("boolean"),
            lambda: ~part("boolean"),
            lambda: part(two) == part(two),
            lambda: part(two) != draw(literals[two]),
            lambda: part(ordered) < part(ordered),
            lambda: part(ordered) >= part(ordered),
            lambda: part(two).is_missing(),
            lambda: part(two).isin(draw(st.lists(literals[two], max_size=3))),
            lambda: part("text").isin(part("text")),
            lambda: part("text").like(draw(st.text("ab*?", max_size=5))),
            lambda: part("text").contains(part("text")),
            lambda: x.exists("policies", part("text")),
        ]
    if type == "number":
        ways += [
            lambda: part("number") + part("number") * draw(numbers),
            lambda: part("number") - part("number"),
            lambda: part("number") / part("number"),
            lambda: -part("number"),
            lambda: round(abs(part("number")), draw(st.integers(0, 20))),
            lambda: x.min_of(part("number"), part("number"), part("number")),
            lambda: part("text").length() + part("date").year(),
            lambda: x.lookup("policies", part("text"), draw(st.sampled_from(["limit", "note"]))),
        ]
    if type == "text":
        ways += [lambda: part("text").lower(), lambda: part("text").upper()]
    if type == "date":
        ways += [lambda: part("date") + part("duration"), lambda: x.max_of(part("date"), part("date"))]
    if type == "duration":
        ways += [lambda: part("date") - part("date"), lambda: -part("duration"), lambda: part("duration") + part("duration")]
    if not inside and (type == "boolean" or type in ("number", "date", "duration")):
        ways.append(aggregate if type in ("boolean", "number") else lambda: x.max_of(part(type, True)))
    return draw(st.sampled_from(ways))()
