"""Styles and numbering of WordprocessingML: what a paragraph is, and the number that Word displays before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from aios_sdk import RegionKind

from ._numbers import letters, ordinal, roman
from ._xml import Element, attribute, child, children, is_on, number, value

_LEVELS: Final = 9
#: How far styles that rest on others are followed; Word itself takes eleven.
_LONGEST_CHAIN: Final = 30
_HEADING: Final = re.compile(r"heading ([1-9])")
_KINDS: Final[dict[str, RegionKind]] = {
    "title": "title", "caption": "caption", "html preformatted": "code", "code": "code", "source code": "code", "macro": "code",
}  # fmt: skip
_PLACE: Final = re.compile(r"%([1-9])")


class Style(NamedTuple):
    """A style: its name (built-in ones have English names in every language), what it rests on, and its properties."""

    name: str
    parent: str
    paragraph: Element | None
    run: Element | None


class Styles:
    """The styles of a document, by id."""

    def __init__(self, root: Element | None) -> None:
        self._styles: Final[dict[str, Style]] = {}
        self._default = ""
        for element in children(root, "w:style"):
            name = attribute(element, "styleId")
            self._styles[name] = Style(
                value(element, "w:name").lower(), value(element, "w:basedOn"), child(element, "w:pPr"), child(element, "w:rPr")
            )
            if attribute(element, "type") == "paragraph" and attribute(element, "default") in ("1", "true", "on"):
                self._default = name

    def chain(self, style: str) -> Iterator[Style]:
        """The style and those it rests on, nearest first."""
        seen: set[str] = set()
        style = style or self._default
        while style in self._styles and style not in seen and len(seen) < _LONGEST_CHAIN:
            seen.add(style)
            yield self._styles[style]
            style = self._styles[style].parent

    def kind(self, properties: Element | None) -> tuple[RegionKind, int]:
        """What a paragraph with these properties is, and its level."""
        chain = list(self.chain(value(properties, "w:pStyle")))
        outline = value(properties, "w:outlineLvl")
        for style in chain:
            if found := _HEADING.fullmatch(style.name):
                return "heading", int(found[1])
            if style.name in _KINDS:
                return _KINDS[style.name], 0
            outline = outline or value(style.paragraph, "w:outlineLvl")
        level = number(outline, _LEVELS)
        return ("heading", level + 1) if 0 <= level < _LEVELS else ("paragraph", 0)

    def numbering(self, properties: Element | None) -> tuple[str, int] | None:
        """The list and the level (from 0) of a paragraph with these properties; None for one in no list."""
        name, level = "", ""
        for place in (properties, *(style.paragraph for style in self.chain(value(properties, "w:pStyle")))):
            name = name or value(place, "w:numPr", "w:numId")
            level = level or value(place, "w:numPr", "w:ilvl")
        return None if name in ("", "0") else (name, min(max(number(level), 0), _LEVELS - 1))

    def is_hidden(self, run: Element | None) -> bool:
        """Whether text with these run properties is marked as hidden, itself or by its style."""
        for place in (run, *(style.run for style in self.chain(value(run, "w:rStyle")) if value(run, "w:rStyle"))):
            if child(place, "w:vanish") is not None:
                return is_on(place, "w:vanish")
        return False


class _Level(NamedTuple):
    form: str
    text: str
    start: int
    legal: bool
    restarts: bool


class Numbering:
    """Counts the paragraphs of each list, in the order of the document (ECMA-376, part 1, 17.9)."""

    def __init__(self, root: Element | None) -> None:
        self._abstract: Final = {attribute(each, "abstractNumId"): each for each in children(root, "w:abstractNum")}
        self._lists: Final = {attribute(each, "numId"): each for each in children(root, "w:num")}
        self._by_style: Final = {value(each, "w:styleLink"): each for each in self._abstract.values() if value(each, "w:styleLink")}
        self._levels: Final[dict[str, dict[int, _Level]]] = {}
        self._counts: Final[dict[str, dict[int, int]]] = {}
        self._begun: Final[set[tuple[str, int]]] = set()

    def marker(self, name: str, level: int) -> str | None:
        """What stands before the next paragraph of list ``name`` at ``level``, with the space after it; empty for a bullet; None where
        there is no such list."""
        if name not in self._lists:
            return None
        if name not in self._levels:
            self._levels[name] = self._read(name)
        levels = self._levels[name]
        this = levels.get(level)
        if this is None:
            return ""
        counts = self._counts.setdefault(value(self._lists[name], "w:abstractNumId"), {})
        if (name, level) not in self._begun:
            self._begun.add((name, level))
            if self._restart(name, level) is not None:
                counts.pop(level, None)
        for above in range(level):  # a level that was left out counts as begun
            counts.setdefault(above, levels[above].start if above in levels else 1)
        counts[level] = counts.get(level, this.start - 1) + 1
        for deeper in [each for each in counts if each > level and (each not in levels or levels[each].restarts)]:
            del counts[deeper]
        if this.form in ("bullet", "none"):
            return ""
        text = _PLACE.sub(lambda place: self._number(levels, counts, int(place[1]) - 1, this.legal), this.text)
        return f"{text} " if text.strip() else ""

    @staticmethod
    def _number(levels: dict[int, _Level], counts: dict[int, int], level: int, legal: bool) -> str:
        of = levels.get(level)
        if of is None:
            return ""
        count = counts.get(level, of.start)
        return _written(count, "decimal" if legal else of.form)

    def _restart(self, name: str, level: int) -> int | None:
        for each in children(self._lists[name], "w:lvlOverride"):
            if number(attribute(each, "ilvl"), -1) == level and child(each, "w:startOverride") is not None:
                return number(value(each, "w:startOverride"), 1)
        return None

    def _read(self, name: str) -> dict[int, _Level]:
        abstract = self._abstract.get(value(self._lists[name], "w:abstractNumId"))
        linked = value(abstract, "w:numStyleLink")
        found = {number(attribute(each, "ilvl")): each for each in children(self._by_style.get(linked, abstract), "w:lvl")}
        for each in children(self._lists[name], "w:lvlOverride"):
            for level in children(each, "w:lvl"):
                found[number(attribute(level, "ilvl"))] = level
        return {level: self._level(name, level, element) for level, element in found.items()}

    def _level(self, name: str, level: int, element: Element) -> _Level:
        start = self._restart(name, level)
        return _Level(
            form=value(element, "w:numFmt", default="decimal"),
            text=value(element, "w:lvlText"),
            start=number(value(element, "w:start"), 1) if start is None else start,
            legal=is_on(element, "w:isLgl"),
            restarts=value(element, "w:lvlRestart") != "0",
        )


def _written(count: int, form: str) -> str:
    match form:
        case "lowerRoman":
            return roman(count)
        case "upperRoman":
            return roman(count).upper()
        case "lowerLetter":
            return letters(count)
        case "upperLetter":
            return letters(count).upper()
        case "decimalZero":
            return f"{count:02}"
        case "ordinal":
            return ordinal(count)
        case "none" | "bullet":
            return ""
        case _:
            return str(count)
