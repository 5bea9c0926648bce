"""The gate between components and records: types, places, spans and references, before anything is merged or recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ..records import (
    Document,
    Layers,
    Result,
    UnitFailure,
    canonical,
    canonical_layer,
    check_layer,
    check_references,
    check_spans,
    digest,
    stamped_items,
)
from .workers._faults import readable

#: Canonical bytes of a layer up to which its types are checked by reading all of them back.
_CHECKED_WHOLE: Final = 64 * 1024

#: Canonical bytes that one item may have without the texts and words of pages. Its row in the journal has some of it twice or three times.
_LARGEST_ITEM: Final = 16 * 1024 * 1024


class Gained(NamedTuple):
    """What a step adds to a document, stamped, with the canonical bytes of each layer that has items, and their SHA-256."""

    layers: Layers
    contents: Mapping[str, tuple[bytes, str]]


NOTHING: Final = Gained(Layers(), {})


def verified(
    document: Document, step: str, result: Result | Layers, component: str, *, parts: bool = False
) -> tuple[Gained, UnitFailure | None]:
    """What ``result`` adds to ``document``; or nothing, and why, when it holds values of a wrong type or spans that do not resolve."""
    contents: dict[str, tuple[bytes, str]] = {}
    try:
        added = stamped_items(document.id, step, result)
        layers = Layers(**added)
        # The types of records are checked where they are read from JSON, not where they are made; these bytes are recorded as well.
        for name, items in added.items():
            content = canonical_layer(name, items)
            contents[name] = content, digest(content)
            if len(content) <= _CHECKED_WHOLE:
                check_layer(name, content)
            else:
                _check_large(name, items)
        problems = [*check_spans(document, layers, parts=parts), *check_references(document, layers)]
        if layers.text or layers.words or layers.regions:
            problems += _misplaced(document, layers)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a result is its component's fault
        problems = [f"{type(error).__name__}: {error}"]
    if problems:
        return NOTHING, UnitFailure("contract", readable(f"{component} gave what cannot be: {'; '.join(problems[:3])}"[:2000]))
    return Gained(layers, contents), None


def _check_large(name: str, items: Sequence[Any]) -> None:
    light = [_light(item) for item in items]
    content = canonical_layer(name, light)
    check_layer(name, content)
    if len(content) > _LARGEST_ITEM and (largest := max(len(canonical(item)) for item in light)) > _LARGEST_ITEM:
        raise ValueError(f"an item of the layer {name} takes {largest:,} bytes; at most {_LARGEST_ITEM:,} can be recorded")


def _light(item: Any) -> Any:
    """The item without what is large in texts and words; that was checked when they were built."""
    if hasattr(item, "content"):
        return msgspec.structs.replace(item, content="")
    if hasattr(item, "starts"):
        return msgspec.structs.replace(item, starts=b"", ends=b"", boxes=b"", confidences=b"")
    return item


def _misplaced(document: Document, added: Layers) -> Iterator[str]:
    """Texts, words and regions of pages that are not there, words and regions that count in another text, and regions of other tables."""
    pages = {page.index for layers in (document.layers, added) for page in layers.pages}
    texts = {text.artifact: text for layers in (document.layers, added) for text in layers.text}
    for text in added.text:
        if text.page not in pages:
            yield f"it gave text for page {text.page}, which is not there"
    for words in added.words:
        if words.artifact not in texts or words.page not in pages:
            yield f"the words of page {words.page} count in a text that is not there"
    tables = {table.artifact for layers in (document.layers, added) for table in layers.tables}
    for region in added.regions:
        counted = texts.get(region.artifact)
        if counted is None or counted.page != region.page:
            yield f"a {region.kind} on page {region.page} counts in a text that is not there"
        elif region.end > len(counted.content):
            length = len(counted.content)
            yield f"a {region.kind} at {region.start}..{region.end} lies outside the {length} code points of page {region.page}"
        elif region.kind == "table" and region.target and region.target not in tables:
            yield f"a table on page {region.page} has the rows {region.target!r}, which is no table of this document"
