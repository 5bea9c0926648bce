"""EPUB books: each item of the spine a page, in the order of reading (EPUB 3.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import basename, dirname
from typing import Final

from aios_sdk import Encrypted, Malformed

from ._content import Content, Leaf, Part
from ._package import Package, within
from ._properties import properties
from ._xhtml import read_xhtml
from ._xml import Element, attribute, descendants

_CONTAINER: Final = "META-INF/container.xml"
_CHAPTERS: Final = frozenset({"application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document", "image/svg+xml"})
#: Ways in which fonts are made unreadable, which is no encryption of the text (EPUB 3.3, 4.4).
_FONTS: Final = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_META: Final = {"title": "title", "creator": "author", "subject": "keywords", "description": "subject", "date": "created"}


def read_epub(package: Package, *, pictures: bool) -> Content:
    """The book in ``package``. Raises `Encrypted` when its text is protected, `Malformed` when it has no list of chapters."""
    _refuse_protected(package)
    rootfile = next(descendants(package.xml(_CONTAINER), "?:rootfile"), None)
    name = attribute(rootfile, "full-path") if rootfile is not None else ""
    if name not in package:  # some books have lost it
        name = next((each for each in package.names() if each.lower().endswith(".opf")), "")
    root = package.xml(name) if name else None
    if root is None:
        raise Malformed(
            f"{package.name!r} has no package document", cause="It is damaged, or another kind of file", fix="Get the file again"
        )
    items = {attribute(each, "id"): each for each in descendants(root, "opf:item", "item")}
    spine = dict.fromkeys(attribute(each, "idref") for each in descendants(root, "opf:itemref", "itemref"))  # each once
    names = {each.lower(): basename(each) for each in package.names()}
    leaves = [leaf for each in spine if (leaf := _chapter(package, name, items.get(each), names))]
    if not leaves:
        raise Malformed(f"{package.name!r} has no chapter that can be read", cause="It is damaged", fix="Get the file again")
    found = properties(
        (_META[local], "".join(each.itertext()))
        for place in descendants(root, "opf:metadata", "metadata")
        for each in place.iter()
        if isinstance(each.tag, str)
        and each.tag.startswith("{http://purl.org/dc/elements/1.1/}")
        and (local := each.tag.rpartition("}")[2]) in _META
    )
    return Content(leaves, found, _parts(package, name, items) if pictures else (), package.damage)


def _refuse_protected(package: Package) -> None:
    for method in descendants(package.xml("META-INF/encryption.xml"), "?:EncryptionMethod"):
        target = next(descendants(method.getparent(), "?:CipherReference"), None)
        if attribute(method, "Algorithm") not in _FONTS and target is not None:
            raise Encrypted(f"{package.name!r} is protected (DRM)", fix="Ask its seller for a copy that is not")


def _chapter(package: Package, opf: str, item: Element | None, names: Mapping[str, str]) -> Leaf | None:
    if item is None or attribute(item, "media-type", "application/xhtml+xml") not in _CHAPTERS:
        package.damage.append(f"a chapter of {package.name!r} is not in its list of parts")
        return None
    part = within(dirname(opf), attribute(item, "href"))
    data = package.read(part)
    if data is None:
        if part not in package:
            package.damage.append(f"{part} is missing")
        return None
    return Leaf(read_xhtml(data, part, package.damage, lambda href: names.get(within(dirname(part), href).lower(), "")))


def _parts(package: Package, opf: str, items: dict[str, Element]) -> Iterator[Part]:
    """The pictures of the book, in the order of its list."""
    for item in items.values():
        if attribute(item, "media-type").startswith("image/"):
            name = within(dirname(opf), attribute(item, "href"))
            if data := package.read(name):
                yield Part(basename(name), data)
