"""XML as office files have it: parsed without reading anything else, names made short, damage survived."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, TypeAlias

from lxml import etree

from aios_sdk import Malformed

Element: TypeAlias = Any  # lxml has no types of its own

_OOXML: Final = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")
_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns:"
#: The last part of a namespace, and the prefix that specifications and this code write for it.
_PREFIXES: Final = {
    "wordprocessingml/main": "w", "drawingml/main": "a", "drawingml/wordprocessingDrawing": "wp", "drawingml/picture": "pic",
    "drawingml/chart": "c", "drawingml/diagram": "dgm", "presentationml/main": "p", "officeDocument/relationships": "r",
    "officeDocument/math": "m",
}  # fmt: skip
_OTHERS: Final = {
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/powerpoint/2018/8/main": "p188",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.w3.org/1999/xhtml": "h",
    "http://www.w3.org/1998/Math/MathML": "math",
    "http://www.idpf.org/2007/opf": "opf",
    _ODF + "xsl-fo-compatible:1.0": "fo",
    _ODF + "svg-compatible:1.0": "svg",
    _ODF + "drawing:1.0": "draw",
    _ODF + "datastyle:1.0": "number",
}


def parse(data: bytes, name: str, damage: list[str]) -> Element | None:
    """The root element of ``data``, as much of it as can be read; damage is told in ``damage``.

    Nothing but ``data`` is read and no entity is expanded. Raises `Malformed` for XML that declares entities: no writer of office files
    does, and attacks do.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        damage.append(f"{name} is no XML: {error}")
        return None
    told = [error for error in parser.error_log if error.level == etree.ErrorLevels.FATAL]
    if root is None:
        damage.append(f"{name} is no XML: {told[0].message if told else 'it is empty'}")
        return None
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and next(iter(dtd.iterentities()), None) is not None:
        raise Malformed(f"{name} declares entities", cause="No program writes office files so; it may be an attack")
    if told:
        damage.append(f"{name} is damaged at line {told[0].line}: {told[0].message}")
    return root


@lru_cache(maxsize=4096)
def short(name: str) -> str:
    """A name as specifications write it: ``{...wordprocessingml/2006/main}p`` is ``w:p``, whichever edition the namespace is of."""
    space, _, local = name.rpartition("}")
    space = space[1:]
    if not space:
        return local
    prefix = _OTHERS.get(space)
    if prefix is None and space.startswith(_OOXML):
        words = [word for word in space.partition("://")[2].split("/")[1:] if not word.isdigit() and word != "ooxml"]
        prefix = _PREFIXES.get("/".join(words))
    if prefix is None and space.startswith(_ODF):
        prefix = space[len(_ODF) :].partition(":")[0]
    return f"{prefix or '?'}:{local}"


def tag(element: Element) -> str:
    """The short name of ``element``; empty for what is no element, such as a reference to an entity."""
    return short(element.tag) if isinstance(element.tag, str) else ""


def attribute(element: Element, local: str, default: str = "") -> str:
    """The attribute with that local name, in whatever namespace."""
    plain = element.attrib.get(local)
    if plain is not None:
        return str(plain)
    for name, value in element.attrib.items():
        if name.endswith("}" + local):
            return str(value)
    return default


def child(element: Element | None, *path: str) -> Element | None:
    """The first element at the end of ``path``, a short name a level; None without."""
    for name in path:
        if element is None:
            return None
        element = next((each for each in element if tag(each) == name), None)
    return element


def children(element: Element | None, *names: str) -> Iterator[Element]:
    """The children of ``element`` with one of the short ``names``."""
    return (each for each in (element if element is not None else ()) if tag(each) in names)


def descendants(element: Element | None, *names: str) -> Iterator[Element]:
    """All elements below with one of the short ``names``, in the order of the document."""
    return (each for each in (element.iterdescendants() if element is not None else ()) if tag(each) in names)


def value(element: Element | None, *path: str, default: str = "") -> str:
    """The attribute ``val`` of the element at ``path``; ``default`` where there is no such element or attribute."""
    found = child(element, *path)
    return default if found is None else attribute(found, "val", default)


def is_on(element: Element | None, *path: str) -> bool:
    """Whether the toggle at ``path`` is there and not switched off."""
    found = child(element, *path)
    return found is not None and attribute(found, "val", "1").lower() not in ("0", "false", "off")


def number(text: str, default: int = 0) -> int:
    """``text`` as a whole number of at most nine digits, which every number of these formats is; else ``default``."""
    text = text.strip()
    return int(text) if text.isascii() and text.lstrip("-").isdigit() and len(text) < 11 and text.count("-") < 2 else default


def chosen(alternatives: Element) -> Iterator[Element]:
    """The contents of mc:AlternateContent: of the first choice that says anything, else of the fallback (ECMA-376, part 3)."""
    for option in children(alternatives, "mc:Choice", "mc:Fallback"):
        if len(option):
            yield from option
            return
