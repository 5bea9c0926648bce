"""Reads XML into a small tree in which every value knows its exact range in the decoded text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, final
from xml.parsers import expat

from aios_sdk import LimitExceeded, Malformed, Unsupported

#: E-invoices are about ten levels deep.
MAX_DEPTH: Final = 100

_DECLARED: Final = re.compile(rb"""<\?xml[^>]{0,100}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_TAG: Final = re.compile(r"""<[^\s/>"']+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/?>""")
_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"),
)  # fmt: skip


class Name(NamedTuple):
    """The name of an element: its namespace, and its name within it."""

    namespace: str
    local: str

    def __str__(self) -> str:
        return f"{{{self.namespace}}}{self.local}" if self.namespace else self.local


@final
class Element:
    """An element: its ``value`` is the text in it, unescaped and stripped; ``start`` and ``end`` are the code points where that stands."""

    __slots__ = ("attributes", "children", "end", "name", "start", "value")

    def __init__(self, name: Name, attributes: Mapping[str, str]) -> None:
        self.name: Final = name
        self.attributes: Final = attributes
        self.children: list[Element] = []
        self.value = ""
        self.start = self.end = 0

    def find(self, path: str) -> Iterator[Element]:
        """The elements below this one at ``path``: local names joined by ``/``, each perhaps with the condition ``[@attribute=value]`` or
        ``[path=value]``; of alternatives joined by `` | `` the first that is there.

        Example: ``root.find("SpecifiedTaxRegistration/ID[@schemeID=VA]")``.
        """
        for alternative in path.split(" | "):
            found = list(self._walk(_steps(alternative)))
            if found:
                yield from found
                return

    def _walk(self, steps: tuple[_Step, ...]) -> Iterator[Element]:
        if not steps:
            yield self
            return
        first, *rest = steps
        for child in self.children:
            if child.name.local == first.name and child._fulfils(first):
                yield from child._walk(tuple(rest))

    def _fulfils(self, step: _Step) -> bool:
        if step.condition.startswith("@"):
            return self.attributes.get(step.condition[1:]) == step.wanted
        return not step.condition or any(found.value == step.wanted for found in self.find(step.condition))


class _Step(NamedTuple):
    name: str
    condition: str
    wanted: str


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[_Step, ...]:
    return tuple(_Step(*groups) for groups in re.findall(r"(\w+)(?:\[([^=\]]+)=([^\]]+)\])?(?:/|$)", path))


def decode_xml(data: bytes) -> str:
    """The text of an XML file, without a byte order mark: encoding by that mark, else by the declaration, else UTF-8.

    Raises `Malformed` for bytes that are not of that encoding.
    """
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), "") or _declared(data)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Malformed(
            f"The XML is not {encoding}: {error.reason} at byte {error.start}",
            cause="The file is damaged, or its declaration names another encoding",
        ) from error


def _declared(data: bytes) -> str:
    match = _DECLARED.match(data)
    name = match[1].decode() if match else "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if not encoding.startswith(("utf-", "ascii", "iso8859", "cp125", "koi8", "mac-")):
        raise Malformed(f"The XML declares the encoding {name!r}, which is not known", fix="Convert the file to UTF-8")
    # A declaration that can be read byte by byte is not in UTF-16 or UTF-32, whatever it says.
    return "utf-8" if encoding.startswith(("utf-16", "utf-32", "utf-8")) else encoding


def parse_xml(text: str, roots: Container[Name]) -> Element:
    """The root element of ``text``, if its name is one of ``roots``.

    Nothing outside the text is read, and no entity is expanded but the five of XML and character references. Raises `Unsupported` naming
    another root, as soon as it is seen; `Malformed` for what is no well-formed XML, and for one of ``roots`` with entities of its own;
    `LimitExceeded` for too deep nesting.
    """
    return _Reader(text, roots).read()


@final
class _Reader:
    """One pass of expat, which counts bytes of UTF-8; they are turned into code points as the events come, in order."""

    def __init__(self, text: str, roots: Container[Name]) -> None:
        self._text: Final = text
        self._roots: Final = roots
        self._data: Final = text.encode()
        self._bytes = self._points = 0
        self._open: list[tuple[Element, int, list[str]]] = []
        self._root: Element | None = None
        self._entity = ""
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = self._declared
        self._parser: Final = parser

    def read(self) -> Element:
        try:
            self._parser.Parse(self._text, True)
        except expat.ExpatError as error:
            raise Malformed(
                f"The XML is not well formed: {expat.ErrorString(error.code)} at line {error.lineno}, column {error.offset}",
                cause="The file is damaged or was cut off",
            ) from error
        assert self._root is not None  # expat refuses a text without a root element
        return self._root

    def _point(self) -> int:
        now = self._parser.CurrentByteIndex
        self._points += len(self._data[self._bytes : now].decode())
        self._bytes = now
        return self._points

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        element = Element(Name(namespace, local), attributes)
        if not self._open:
            if element.name not in self._roots:
                raise Unsupported(f"The root element is {element.name}, which is no invoice of CII or UBL")
            if self._entity:
                raise Malformed(
                    f"The invoice declares the entity {self._entity!r}",
                    cause="No e-invoice needs entities; they are used to exhaust memory or to read other files",
                    fix="Ask the sender for it without",
                )
            self._root = element
        else:
            self._open[-1][0].children.append(element)
        if len(self._open) >= MAX_DEPTH:
            raise LimitExceeded(f"The XML is nested deeper than {MAX_DEPTH} elements")
        self._open.append((element, self._point(), []))

    def _characters(self, data: str) -> None:
        self._open[-1][2].append(data)

    def _end(self, name: str) -> None:
        element, tag, parts = self._open.pop()
        if element.children:
            return
        element.value = "".join(parts).strip()
        end = self._point()
        match = _TAG.match(self._text, tag, end) if element.value else None
        if match:
            raw = self._text[match.end() : end]
            element.start = match.end() + len(raw) - len(raw.lstrip())
            element.end = end - len(raw) + len(raw.rstrip())

    def _declared(self, name: str, *_: object) -> None:
        self._entity = self._entity or name
