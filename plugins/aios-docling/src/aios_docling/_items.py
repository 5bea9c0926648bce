"""The items of a DoclingDocument in reading order, whatever is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from aios_sdk import Box, Malformed

#: Lists, groups and items lie in one another; nobody writes them deeper, and a circle ends here too.
_DEEPEST: Final = 64
_KINDS: Final = ("texts", "tables", "pictures", "groups", "key_value_items", "form_items")


class Item(NamedTuple):
    """An item as it stands in the file: which list it is in, how deep in lists of the document it lies, and whether it is furniture."""

    kind: str
    data: Mapping[str, Any]
    depth: int
    furniture: bool


def items(whole: Mapping[str, Any]) -> Iterator[Item]:
    """Every item once, in the order of the body; then what only the furniture or nothing refers to. Raises `Malformed` for a circle."""
    seen: set[str] = set()
    for root in ("body", "furniture"):
        if isinstance(tree := whole.get(root), Mapping):
            yield from _below(whole, tree, 0, 0, root == "furniture", seen)
    for kind in _KINDS:
        for number, item in enumerate(_list(whole.get(kind))):
            if kind != "groups" and f"#/{kind}/{number}" not in seen and isinstance(item, Mapping):
                seen.add(f"#/{kind}/{number}")
                yield Item(kind, item, 0, item.get("content_layer") == "furniture")


def _below(whole: Mapping[str, Any], parent: Mapping[str, Any], depth: int, lists: int, furniture: bool, seen: set[str]) -> Iterator[Item]:
    if depth > _DEEPEST:
        raise Malformed(f"Items lie in one another more than {_DEEPEST} deep", cause="The file is damaged, or no program wrote it")
    for child in _list(parent.get("children")):
        reference = child.get("$ref", child.get("cref")) if isinstance(child, Mapping) else None
        found = _at(whole, reference)
        if found is None or reference in seen:
            continue
        seen.add(str(reference))
        kind = str(reference).split("/")[1]
        aside = furniture or found.get("content_layer") == "furniture"
        inner = lists + (found.get("label") in ("list", "ordered_list"))
        if kind != "groups":
            yield Item(kind, found, lists, aside)
        yield from _below(whole, found, depth + 1, inner, aside, seen)


def _at(whole: Mapping[str, Any], reference: object) -> Mapping[str, Any] | None:
    """What ``#/texts/3`` points at; None for what points nowhere."""
    steps = reference.split("/") if isinstance(reference, str) else []
    if len(steps) != 3 or steps[0] != "#" or steps[1] not in _KINDS or not steps[2].isdecimal():
        return None
    listed = _list(whole.get(steps[1]))
    place = int(steps[2]) if len(steps[2]) < 10 else len(listed)
    found = listed[place] if place < len(listed) else None
    return found if isinstance(found, Mapping) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def place(data: Mapping[str, Any], sizes: Mapping[int, tuple[float, float]]) -> tuple[int | None, Box | None]:
    """The page (from 0) that an item stands on, and its box there, as far as the file says."""
    listed = _list(data.get("prov"))
    first = listed[0] if listed and isinstance(listed[0], Mapping) else {}
    number = first.get("page_no")
    page = number - 1 if isinstance(number, int) and number >= 1 else None
    return page, None if page is None else box(first.get("bbox"), sizes.get(page))


def box(corners: object, size: tuple[float, float] | None) -> Box | None:
    """A box in points, counted from the upper or the lower edge, as shares of the page; None where it or the page has no size."""
    if not isinstance(corners, Mapping) or size is None:
        return None
    edges = [corners.get(edge) for edge in ("l", "t", "r", "b")]
    if not all(isinstance(edge, int | float) and abs(edge) < 1e9 for edge in edges):
        return None
    left, top, right, bottom = (float(edge) for edge in edges if edge is not None)
    width, height = size
    if corners.get("coord_origin") == "BOTTOMLEFT":
        top, bottom = height - top, height - bottom
    return Box.of(left / width, top / height, right / width, bottom / height)
