"""Rules in a real pipeline: compiled with it, run by the engine, and found again in the store."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from aios_sdk import (
    ConfigurationError,
    Document,
    ExpressionError,
    Extraction,
    Field,
    PageInfo,
    PageText,
    Pipeline,
    Registry,
    Source,
    Span,
    Store,
    component,
    implements,
)

RULES = """\
checks:
  - rule: has-total
    expect: field("total") > 0
  - rule: small-total
    expect: check("has-total") and field("total") < 500
routes:
  - to: pay
    when: check("small-total")
  - to: desk
    review: true
"""


@component("test.text", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Texts:
    """Reads a text file."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        content = Path(source.path).read_text(encoding="utf-8")
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=content),))


@component("test.total", version="1", requires=["text"], provides=["fields"], fields={"total": "decimal"})
class Totals:
    """Takes the whole text for the total."""

    @implements
    def extract(self, document: Document) -> Extraction:
        text = document.pages[0].reading
        assert text is not None
        span = Span(artifact=text.artifact, page=0, start=0, end=len(text.content), quote=text.content)
        return Extraction(fields=(Field(path="total", value=Decimal(text.content), spans=(span,)),))


def pipeline(rules: Path) -> Pipeline:
    config = {"rules": str(rules)}
    return Pipeline("totals").ingest(Texts).extract(Totals).check("rules", config=config).route("rules", config=config)


@pytest.fixture
def registry() -> Registry:
    return Registry.discover()


def test_a_pipeline_checks_and_routes_and_every_edge_leads_to_what_is_stored(tmp_path: Path, desk: Any, registry: Registry) -> None:
    rules = desk.write("claims.rules.yaml", RULES)
    inputs = [desk.write("small.txt", "471.30"), desk.write("large.txt", "1200.00")]
    with Store(tmp_path / "totals.aios") as store:
        outcomes = {outcome.name: outcome for outcome in pipeline(rules).run(inputs, store=store, registry=registry, progress=False)}
        edges = store.sql("select source_kind, source_id from edges where target_kind in ('check', 'route')").fetchall()
        items = {id for kind in ("fields", "checks") for (id,) in store.sql(f"select {kind[:-1]}_id from {kind}").fetchall()}
    small, large = outcomes["small.txt"].route, outcomes["large.txt"].route
    assert small is not None
    assert large is not None
    assert (small.destination, small.review, large.destination, large.review) == ("pay", False, "desk", True)
    assert {kind for kind, _ in edges} == {"field", "check"}
    assert {id for _, id in edges} <= items


def test_what_does_not_fit_fails_when_the_pipeline_is_compiled(desk: Any, registry: Registry) -> None:
    wrong = desk.write("claims.rules.yaml", RULES.replace('field("total") > 0', 'field("totals") > 0'))
    with pytest.raises(ExpressionError, match=r"claims.rules.yaml, line 3: check 'has-total', expect: .*Did you mean \"total\"\?"):
        pipeline(wrong).compile(registry)


def test_a_route_step_without_the_check_step_of_its_file_is_refused(desk: Any, registry: Registry) -> None:
    rules = desk.write("claims.rules.yaml", RULES)
    with pytest.raises(ConfigurationError, match="check 'has-total' is held by no step before this route step"):
        Pipeline("totals").ingest(Texts).extract(Totals).route("rules", config={"rules": str(rules)}).compile(registry)
