"""A packet becomes the documents that lie in it, one behind the other: views of its pages, which go on by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec.structs import replace

from ..records import Candidates, Document, Layers, StepOutcome, canonical_layer, digest
from ._plan import PlannedSplit
from ._verify import Gained

#: What the labels of pages say: it is the first of a document, or a sheet that only parts two; whatever else they say, it belongs to the
#: page before.
_FIRST: Final = "first"
_SEPARATOR: Final = "separator"


def parts_of(document: Document, split: PlannedSplit, position: int) -> list[Document]:
    """The documents in a packet, the first being its part number ``position``; none for what is a single document."""
    ranges = list(_ranges(document, split.taxonomy))
    if not ranges or ranges == [(document.layers.pages[0].index, document.layers.pages[-1].index + 1)]:
        return []
    return [document.split_off(start, end, position=position + number) for number, (start, end) in enumerate(ranges)]


def _ranges(document: Document, taxonomy: str) -> Iterator[tuple[int, int]]:
    """Where the documents of a packet begin and end; sheets that separate are in none."""
    labels = [label for label in document.layers.labels if label.page is not None and label.taxonomy == taxonomy]
    start = end = None
    for page in document.layers.pages:
        said = Candidates([label for label in labels if label.page == page.index], document.resolve).get(taxonomy)
        role = said.value if said is not None else None
        if role in (_FIRST, _SEPARATOR) and start is not None and end is not None:
            yield start, end
            start = None
        if role != _SEPARATOR:
            start, end = page.index if start is None else start, page.index + 1
    if start is not None and end is not None:
        yield start, end


def inherited(part: Document, done: Sequence[StepOutcome]) -> list[StepOutcome]:
    """How the steps of the packet ended for a part: what failed on other pages is none of its failures."""
    start, end = part.page_range or (0, 0)
    found = []
    for step in done:
        failures = tuple(failure for failure in step.failures if failure.page is None or start <= failure.page < end)
        spared = step.status == "partial" and step.failures and not failures
        found.append(replace(step, status="ok", message="", failures=()) if spared else replace(step, failures=failures))
    return [*found, StepOutcome(step="split", stage="split", status="ok")]


def gained_of(layers: Layers) -> Gained:
    """What a part begins with, as a step would have added it."""
    items = {name: getattr(layers, name) for name in layers.__struct_fields__}
    contents = {name: canonical_layer(name, found) for name, found in items.items() if found}
    return Gained(layers, {name: (content, digest(content)) for name, content in contents.items()})
