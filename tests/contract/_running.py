"""A program: finds the plugin of a kept wheel on its path, runs all of its stages and hooks, and prints what came of them as JSON.

``python _running.py PATH FOLDER``: PATH is the wheel, or the folder that it was installed into; FOLDER is for files.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from pathlib import Path
from typing import Any

from aios_sdk import AiosDeprecation, Context, Document, Pipeline, Policy, Registry, Resources, Source, Store
from aios_sdk.expressions import DOCUMENT_ATTRIBUTES, Scope
from aios_sdk.plugins import Implementation

LETTER = "ACME\nDear Anna,\npaper;12.50\nink;7.00\nplease pay 12.50 and 7.00\nattached: Dear Bert\fThank you\n"


def main(path: str, folder: Path) -> dict[str, Any]:
    """What the wheel's plugin answers."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry = Registry.discover(Policy(), path=[path])
        [plugin] = registry.plugins
        said = {"plugin": f"{plugin.name} {plugin.version}: {plugin.state}", "reason": plugin.reason}
        if plugin.failure is not None:
            return {**said, "fix": plugin.fix}
        modules = [name for name in sys.modules if name.startswith("acme")]
        said = {**said, "imported before it is used": modules, **run(registry, folder), **call(registry, folder)}
    return {**said, "warnings": [str(each.message) for each in caught if issubclass(each.category, AiosDeprecation)]}


def run(registry: Registry, folder: Path) -> dict[str, Any]:
    """A pipeline with all seven stages over one letter, and one that makes a case of it."""
    (folder / "letter.txt").write_text(LETTER, encoding="utf-8")
    stages = (
        Pipeline("seven")
        .ingest()
        .extract("acme.amounts")
        .classify("acme.kind", config={"invoice": "size > 50"})
        .summarize("acme.gist")
        .check("acme.sums")
        .redact("acme.names")
        .route("acme.desk")
    )
    cases = Pipeline("cases").ingest().collect().route("acme.desk")
    with Store(folder / "seven.aios") as store:
        documents = list(stages.run(folder / "letter.txt", store=store, registry=registry, progress=False))
        [case] = cases.run(folder / "letter.txt", store=store, registry=registry, progress=False)
    assert case.route is not None
    return {
        "case": [case.status, case.route.destination, case.route.reasons[0].text],
        "documents": {outcome.name: {"status": outcome.status, **describe(outcome.document)} for outcome in documents},
    }


def describe(document: Document) -> dict[str, Any]:
    """What the stages added to a document."""
    layers = document.layers
    return {
        "pages": [len(page.words or ()) for page in document.pages],
        "tables": [(table.name, table.rows) for table in layers.tables],
        "fields": [f"{field.path} {field.text} {field.currency} {field.quote} {field.spans[0].page}" for field in layers.fields],
        "labels": [f"{label.taxonomy} {label.value}" for label in layers.labels],
        "summary": [summary.text for summary in layers.summary],
        "checks": [f"{check.rule} {check.passed} {check.message} {len(check.inputs)}" for check in layers.checks],
        "redactions": [f"{redaction.kind} {redaction.span.quote}" for redaction in layers.redactions],
        "route": [f"{route.destination} {route.review} {len(route.reasons[0].references)}" for route in layers.route],
    }


def call(registry: Registry, folder: Path) -> dict[str, Any]:
    """The hooks that no run calls: the batch companions, and drawing a page."""
    context = Context(run="r", step="s", scratch=folder)
    letter = hook(registry, "acme.letter", "ingest")
    document = next(iter(letter.call(source=Source(name="letter.txt", data=LETTER.encode()), context=context)))
    empty = Document.of()
    amounts = hook(registry, "acme.amounts", "extract").batch
    kinds = hook(registry, "acme.kind", "classify").batch
    assert amounts is not None
    assert kinds is not None
    picture = hook(registry, "acme.letter", "render").call(document=document, page=1, dpi=72)
    labelled = asyncio.run(kinds.call(documents=[document, empty], context=context))
    return {
        "extract_batch": [type(result).__name__ for result in amounts.call(documents=[document, empty], context=context)],
        "classify_batch": [result.labels[0].value for result in labelled],
        "render": picture.size,
    }


def hook(registry: Registry, id: str, name: str) -> Implementation:
    """The implementation of a hook by an opened instance."""

    instance = registry.create(id)
    instance.bind(Scope(attributes=DOCUMENT_ATTRIBUTES))
    instance.open(Resources(scratch=Path(sys.argv[2])))
    found = instance.implementation(name)
    assert found is not None
    return found


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))  # noqa: T201
