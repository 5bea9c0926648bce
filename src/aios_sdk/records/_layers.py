"""The layers of a document: what steps add, how it is marked and merged, and its canonical bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec.structs import force_setattr, replace

from ._identity import ID_LENGTH, canonical, digest
from ._items import Check, Field, Label, Redaction
from ._page import PageInfo, PageText, Words
from ._region import Region
from ._results import Result, Route, Summary
from ._shapes import shape_check
from ._span import Span
from ._table import Table

Layer: TypeAlias = Literal["pages", "text", "words", "regions", "tables", "fields", "labels", "summary", "checks", "redactions", "route"]

#: The layers of a document, in the order in which stages fill them.
LAYERS: Final[tuple[Layer, ...]] = get_args(Layer)


# The garbage collector does not look at other records, which hold no cycles. A document does hold one, with its pages, and msgspec shows
# it to the collector only if something that it holds is shown too.
class Layers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything known about a document; a step adds items and never changes any."""

    pages: tuple[PageInfo, ...] = ()
    text: tuple[PageText, ...] = ()
    words: tuple[Words, ...] = ()
    regions: tuple[Region, ...] = ()
    tables: tuple[Table, ...] = ()
    fields: tuple[Field, ...] = ()
    labels: tuple[Label, ...] = ()
    summary: tuple[Summary, ...] = ()
    checks: tuple[Check, ...] = ()
    redactions: tuple[Redaction, ...] = ()
    route: tuple[Route, ...] = ()


def same_pages(first: Layers, second: Layers) -> bool:
    """Whether both have the very same pages, texts, words and regions."""
    return first.text is second.text and first.pages is second.pages and first.words is second.words and first.regions is second.regions


def stamped_items(document: str, step: str, result: Result | Layers) -> dict[str, tuple[Any, ...]]:
    """The items of ``result`` by layer, without layers that have none; as `Document.stamp` gives them."""
    place = f"{len(document)}:{document}\x1f{len(step)}:{step}\x1f".encode()
    return {name: tuple([_stamp(item, place, step, number) for number, item in enumerate(items)]) for name, items in _items_of(result)}


def merge_layers(first: Layers, second: Layers, names: Iterable[str] = LAYERS) -> Layers:
    """The items of both, those of ``first`` first; text and words in the order of their pages among one step's.

    ``names`` are the layers of ``second`` that have items, where they are known.
    """
    changes = {name: getattr(first, name) + added for name in names if (added := getattr(second, name))}
    return replace(first, **changes) if changes else first


def layers_between(layers: Layers, start: int, end: int) -> Layers:
    """What of ``layers`` lies on the pages from ``start`` to ``end`` (exclusive); what has no page, such as a summary, lies on none."""
    tables = tuple(table for table in layers.tables if table.page is not None and start <= table.page < end)
    cells = {table.artifact for table in tables}

    def lies_here(span: Span) -> bool:
        return span.artifact in cells if span.page is None else start <= span.page < end

    fields: list[Field] = []
    kept: set[str] = set()
    for field in layers.fields:
        here = all(map(lies_here, field.spans)) if field.spans else bool(field.inputs) and all(each.id in kept for each in field.inputs)
        if here:
            fields.append(field)
            kept.add(field.id)
    return Layers(
        pages=tuple(page for page in layers.pages if start <= page.index < end),
        text=tuple(text for text in layers.text if start <= text.page < end),
        words=tuple(words for words in layers.words if start <= words.page < end),
        regions=tuple(region for region in layers.regions if start <= region.page < end),
        tables=tables,
        fields=tuple(fields),
        labels=tuple(label for label in layers.labels if label.page is not None and start <= label.page < end),
        redactions=tuple(redaction for redaction in layers.redactions if lies_here(redaction.span)),
    )


def layers_digest(layers: Layers, names: frozenset[str]) -> str:
    """One digest of the layers in ``names``: equal content gives an equal digest, wherever it was made."""
    return digest(
        b"\x1f".join(canonical([name, [_without_place(item) for item in getattr(layers, name)]]) for name in LAYERS if name in names)
    )


def _items_of(result: Result | Layers) -> list[tuple[str, tuple[Any, ...]]]:
    """The layers that ``result`` has items of, with them."""
    names = _names_of(type(result))
    if names:
        return [(name, items) for name in names if (items := getattr(result, name))]
    if isinstance(result, Summary):
        return [("summary", (result,))]
    if isinstance(result, Route):
        return [("route", (result,))]
    raise TypeError(f"{type(result).__name__} is no result of a stage")


#: What has an id of its own content, or is never referred to.
_UNNUMBERED: Final = frozenset((PageText, Words, Region, Table))


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    """The layers that a kind of result has items of; none for what is no result."""
    names: tuple[str, ...] = getattr(kind, "__struct_fields__", ())
    return names if set(names) <= set(LAYERS) else ()


def _stamp(item: Any, place: bytes, step: str, number: int) -> Any:
    kind = type(item)
    if kind is PageInfo:
        return item
    if kind in _UNNUMBERED:
        return replace(item, step=step)
    # Nobody else has the copy yet; unlike `replace`, copying does not check again what was checked when the item was made.
    stamped = item.__copy__()
    if stamped.step or stamped.id:
        force_setattr(stamped, "step", "")
        force_setattr(stamped, "id", "")
    content = b"%b\x1f%b%d\x1f%b" % (kind.__name__.encode(), place, number, canonical(stamped))
    force_setattr(stamped, "id", hashlib.sha256(content).hexdigest()[:ID_LENGTH])
    force_setattr(stamped, "step", step)
    return stamped


def _without_place(item: Any) -> Any:
    return replace(item, location="") if isinstance(item, Table) else item


_LAYER_TYPES: Final[dict[str, type]] = {
    "pages": PageInfo,
    "text": PageText,
    "words": Words,
    "regions": Region,
    "tables": Table,
    "fields": Field,
    "labels": Label,
    "summary": Summary,
    "checks": Check,
    "redactions": Redaction,
    "route": Route,
}
_DECODERS: Final = {layer: msgspec.json.Decoder(tuple[kind, ...]) for layer, kind in _LAYER_TYPES.items()}  # type: ignore[valid-type]


def canonical_layer(layer: str, items: Sequence[Any]) -> bytes:
    """The canonical bytes of items of a layer, as they are recorded: the places of table files stay out, for they change."""
    return canonical([_without_place(item) for item in items] if layer == "tables" else items)


def check_layer(layer: str, content: bytes) -> None:
    """Raise ``msgspec.ValidationError`` naming what has a wrong type in the canonical bytes of items of a layer."""
    shape_check(_LAYER_TYPES[layer])(content)


def decode_layer(layer: str, content: bytes | str) -> tuple[Any, ...]:
    """The items of a layer from their canonical bytes. Raises ``msgspec.ValidationError`` naming what has a wrong type."""
    items: tuple[Any, ...] = _DECODERS[layer].decode(content)
    return items
