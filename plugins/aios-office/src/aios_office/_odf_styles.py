"""Styles of OpenDocument: pages, hidden text, and the numbers that lists and headings have (OASIS OpenDocument 1.3, part 3, 16)."""

from __future__ import annotations

from typing import Final, NamedTuple

from aios_sdk import RegionKind

from ._numbers import roman, spreadsheet_letters
from ._xml import Element, attribute, child, children, descendants, number, tag

_KINDS: Final[dict[str, RegionKind]] = {"title": "title", "caption": "caption", "preformatted_20_text": "code", "source_20_text": "code"}
_CAPTIONS: Final = frozenset({"illustration", "figure", "table", "drawing", "text"})
_POINTS: Final = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12.0, "px": 0.75}
_MOST_LEVELS: Final = 10
#: How far styles that rest on others are followed.
_LONGEST_CHAIN: Final = 30


def points(length: str) -> float | None:
    """A length such as ``2.5cm`` in points; None for what is none."""
    try:
        return float(length[:-2]) * _POINTS[length[-2:]]
    except (ValueError, KeyError):
        return None


class _Level(NamedTuple):
    form: str
    before: str
    after: str
    start: int
    shown: int


class OdfStyles:
    """The styles of a file, those of its content before those of its styles."""

    def __init__(self, roots: list[Element | None]) -> None:
        self._styles: Final[dict[tuple[str, str], Element]] = {}
        self._lists: Final[dict[str, Element]] = {}
        self._layouts: Final[dict[str, Element]] = {}
        self.masters: Final[dict[str, Element]] = {}
        self._outline: Element | None = None
        self._read: Final[dict[str, dict[int, _Level]]] = {}
        for each in (each for root in roots for each in descendants(root, *_STYLES)):
            name = attribute(each, "name")
            match tag(each):
                case "style:style":
                    self._styles.setdefault((attribute(each, "family"), name), each)
                case "text:list-style":
                    self._lists.setdefault(name, each)
                case "style:page-layout":
                    self._layouts.setdefault(name, each)
                case "style:master-page":
                    self.masters.setdefault(name, each)
                case _:
                    self._outline = each

    def _chain(self, family: str, name: str) -> list[Element]:
        found: list[Element] = []
        while (style := self._styles.get((family, name))) is not None and style not in found and len(found) < _LONGEST_CHAIN:
            found.append(style)
            name = attribute(style, "parent-style-name")
        return found

    def kind(self, name: str) -> RegionKind:
        """What a paragraph of that style is."""
        for style in self._chain("paragraph", name):
            own = attribute(style, "name").lower()
            if own in _KINDS:
                return _KINDS[own]
            if own in _CAPTIONS and attribute(style, "parent-style-name").lower() == "caption":
                return "caption"
        return _KINDS.get(name.lower(), "paragraph")

    def is_hidden(self, name: str) -> bool:
        """Whether text of that style is not displayed."""
        for style in self._chain("text", name):
            shown = attribute(child(style, "style:text-properties"), "display") if child(style, "style:text-properties") is not None else ""
            if shown:
                return shown == "none"
        return False

    def size(self, master: str) -> tuple[float, float]:
        """Width and height of pages of that master, in points; (0, 0) where it has none."""
        page = self.masters.get(master)
        layout = self._layouts.get(attribute(page, "page-layout-name")) if page is not None else None
        properties = child(layout, "style:page-layout-properties")
        if properties is None:
            return 0.0, 0.0
        width, height = (points(attribute(properties, name)) or 0.0 for name in ("page-width", "page-height"))
        return round(max(width, 0.0), 2), round(max(height, 0.0), 2)

    def marker(self, style: str, counts: dict[int, int], level: int, *, outline: bool = False) -> str:
        """What stands before an item of that list style at ``level`` (from 1), with the space after it; empty for a bullet."""
        levels = self._levels(style, outline)
        this = levels.get(level)
        if this is None or not this.form:
            return ""
        numbers = []
        for each in range(max(1, level - this.shown + 1), level + 1):
            of = levels.get(each)
            if of is not None and of.form:
                numbers.append(_written(counts.get(each, of.start), of.form))
        return f"{this.before}{'.'.join(numbers)}{this.after}".strip() + " "

    def start(self, style: str, level: int, *, outline: bool = False) -> int:
        """The number that the first item of that list style has at ``level``."""
        this = self._levels(style, outline).get(level)
        return this.start if this else 1

    def _levels(self, style: str, outline: bool) -> dict[int, _Level]:
        key = "" if outline else style
        if key not in self._read:
            root = self._outline if outline else self._lists.get(style)
            self._read[key] = {number(attribute(each, "level")): _level(each) for each in (root if root is not None else ())}
        return self._read[key]


_STYLES: Final = ("style:style", "text:list-style", "style:page-layout", "style:master-page", "text:outline-style")


def _level(element: Element) -> _Level:
    form = attribute(element, "num-format") if tag(element) != "text:list-level-style-bullet" else ""
    shown = min(max(number(attribute(element, "display-levels"), 1), 1), _MOST_LEVELS)
    return _Level(
        form, attribute(element, "num-prefix"), attribute(element, "num-suffix"), number(attribute(element, "start-value"), 1), shown
    )


def _written(count: int, form: str) -> str:
    match form:
        case "i":
            return roman(count)
        case "I":
            return roman(count).upper()
        case "a":
            return spreadsheet_letters(count)
        case "A":
            return spreadsheet_letters(count).upper()
        case _:
            return str(count)


def header_rows(table: Element) -> bool | None:
    """True where the table says that its first row is a header."""
    return True if next(children(table, "table:table-header-rows"), None) is not None else None
