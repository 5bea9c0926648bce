"""What Word and PowerPoint files have in common: the main part, the properties, pictures and embedded objects (ECMA-376, part 2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import basename
from typing import Final

from aios_sdk import Malformed

from ._content import Part, Property
from ._ole import unwrapped
from ._package import Package
from ._properties import properties
from ._xml import tag

_PICTURES: Final = frozenset({"image"})
_OBJECTS: Final = frozenset({"package", "oleObject", "aFChunk"})
_CORE: Final = {
    "dc:title": "title", "dc:subject": "subject", "dc:creator": "author", "cp:keywords": "keywords", "dcterms:created": "created",
    "dcterms:modified": "modified",
}  # fmt: skip


def main_part(package: Package, usual: str) -> str:
    """The name of the main part. Raises `Malformed` when there is none."""
    for relation in package.relations("").values():
        if relation.kind == "officeDocument" and relation.target in package:
            return relation.target
    if usual not in package:
        raise Malformed(f"{package.name!r} has no {usual}", cause="It is damaged, or another kind of file", fix="Get the file again")
    return usual


def core_properties(package: Package) -> dict[str, Property]:
    """The properties of the file, by name."""
    name = next((each.target for each in package.relations("").values() if each.kind == "core-properties"), "docProps/core.xml")
    root = package.xml(name)
    return properties((_CORE[tag(each)], each.text or "") for each in (root if root is not None else ()) if tag(each) in _CORE)


def embedded(package: Package, parts: Iterable[str], pictures: bool) -> Iterator[Part]:
    """The pictures and embedded files that ``parts`` point at, each once, in that order. What stands outside of the file is left there."""
    seen: set[str] = set()
    for part in parts:
        for relation in package.relations(part).values():
            wanted = relation.kind in _OBJECTS or (pictures and relation.kind in _PICTURES)
            if relation.external or not wanted or relation.target in seen:
                continue
            seen.add(relation.target)
            data = package.read(relation.target)
            if data and (found := unwrapped(Part(basename(relation.target), data))):
                yield found
