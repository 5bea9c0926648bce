"""HTML as the text that a reader sees, with its structure as regions and its tables as grids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urljoin

from ._blocks import IGNORED, Blocks, Grid, Part
from ._boilerplate import Boilerplate
from ._elements import embedded, first, is_hidden, number, shown
from ._tables import Cell, children, is_data, rows_of

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_GAPS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr", "listing", "xmp"})
_BLOCKS: Final = _GAPS | {
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "dir", "div", "dt", "fieldset", "figcaption",
    "figure", "footer", "form",
    "frameset", "header", "hgroup", "html", "legend", "li", "main", "menu", "nav", "optgroup", "option", "search",
    "section", "summary", "tbody", "tfoot", "thead", "tr",
}  # fmt: skip
_KINDS: Final = {"caption": "caption", "figcaption": "caption", "pre": "code", "listing": "code", "xmp": "code"}
_KEPT: Final = frozenset({"pre", "listing", "xmp"})
_REPLACED: Final = frozenset({"img", "input", "textarea", "select", "math"})
_LISTS: Final = frozenset({"ul", "ol", "menu", "dir"})
_ARTICLES: Final = frozenset({"article", "section", "main", "blockquote", "figure"})
_HEADING: Final = re.compile(r"h[1-6]")
_CHECKED_DEPTH: Final = 100  # boilerplate is not looked for deeper, where looking would take quadratic time
_XML: Final = re.compile(r"\s*<\?xml|[^>]{0,300}<html[^>]{0,300}xmlns=", re.IGNORECASE)
_EMPTY: Final = re.compile(
    r"<(title|script|style|textarea|iframe|noscript|object|a|b|i|p|div|span|td|th|tr|li|ul|em|strong)(\s[^<>]*)?/>", re.IGNORECASE
)


class Picture(NamedTuple):
    """A picture that stands in the HTML itself (``data:``)."""

    name: str
    data: bytes


class Rendered(NamedTuple):
    """What HTML shows: its text, the regions of it, the tables and the pictures within, and what its head says."""

    text: str
    parts: tuple[Part, ...]
    grids: tuple[Grid, ...]
    pictures: tuple[Picture, ...] = ()
    title: str = ""
    description: str = ""
    language: str = ""


def render(html: str, *, page: bool = True, main_only: bool = False) -> Rendered:
    """What a reader sees of ``html``: blocks on lines of their own, blank lines between paragraphs, the cells of a table apart by tabs.

    As a ``page`` of its own (not a fragment, such as a mail's body) the text begins with the title, unless a heading says the same, and
    navigation, banners and footers are regions of kind ``header`` (before the content) and ``footer`` (after it); ``main_only`` leaves them
    out. Scripts, styles and hidden elements are no part of the text. Never raises. Example::

        render("<p>Dear <b>Sir</b>,<p>bye").text == "Dear Sir,\\n\\nbye"
    """
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(_as_html(html))
    root = tree.root
    if root is None:
        return Rendered("", (), ())
    head = _head(root) if page else Rendered("", (), ())
    found = _Rendering(root, Boilerplate(root) if page else None, main_only)
    if page and not found.has_content:
        found = _Rendering(root, None, main_only)  # nothing but boilerplate: it is the content then
    blocks = found.blocks
    shown = head._replace(text=blocks.text, parts=tuple(blocks.parts), grids=tuple(blocks.grids), pictures=tuple(found.pictures))
    return _titled(shown) if head.title else shown


def _titled(shown: Rendered) -> Rendered:
    """``shown`` with its title: the first heading that says the same, else a line of its own before all others."""
    for number_, part in enumerate(shown.parts):
        if part.kind == "heading" and " ".join(shown.text[part.start : part.end].split()) == shown.title:
            return shown._replace(parts=(*shown.parts[:number_], part._replace(kind="title"), *shown.parts[number_ + 1 :]))
    lead = shown.title + "\n\n" * bool(shown.text)
    parts = (part._replace(start=part.start + len(lead), end=part.end + len(lead)) for part in shown.parts)
    grids = tuple(grid._replace(part=grid.part + 1) for grid in shown.grids)
    return shown._replace(text=lead + shown.text, parts=(Part("title", 0, len(shown.title)), *parts), grids=grids)


def _as_html(html: str) -> str:
    """XHTML as HTML: there ``<script/>`` is an empty element, which in HTML would swallow all that follows."""
    if not _XML.match(html):
        return html
    return _EMPTY.sub(lambda found: f"<{found[1]}{found[2] or ''}></{found[1]}>", html)


def _head(root: LexborNode) -> Rendered:
    title = root.css_first("head > title") or root.css_first("title")
    named: dict[str, str] = {}
    for meta in root.css("meta"):
        attributes = meta.attributes
        key = (attributes.get("name") or attributes.get("property") or attributes.get("http-equiv") or "").lower()
        named.setdefault(key, " ".join((attributes.get("content") or "").split()))
    shown = " ".join((title.text(deep=True) if title is not None else "").split()) or named.get("og:title", "")
    html = root if root.tag == "html" else root.css_first("html")
    attributes = html.attributes if html is not None else {}
    language = attributes.get("lang") or attributes.get("xml:lang") or named.get("content-language", "").partition(",")[0]
    return Rendered(
        "", (), (), (), shown, named.get("description") or named.get("og:description", ""), _language(language or named.get("language", ""))
    )


def _language(tag: str) -> str:
    """A language tag (BCP 47) as it is usually written; empty where it is none."""
    tag = tag.strip().replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
        return ""
    first, *others = tag.split("-")
    return "-".join([first.lower(), *(each.upper() if len(each) == 2 else each.title() if len(each) == 4 else each for each in others)])


class _Context(NamedTuple):
    """What holds for the text of an element, and for that within it."""

    kind: str = "paragraph"
    level: int = 0
    lists: int = 0  # how many lists are open
    item: LexborNode | None = None  # the ordered list whose items are numbered
    aside: bool = False  # boilerplate
    main: bool = False
    article: bool = False
    keep: bool = False  # white space counts


class _Rendering:
    """One walk over a tree. A stack stands in for recursion, because hostile pages nest tags a hundred thousand deep."""

    def __init__(self, root: LexborNode, boilerplate: Boilerplate | None = None, main_only: bool = False) -> None:
        self.blocks = Blocks()
        self._boilerplate = boilerplate
        self._main_only = main_only
        self._context = _Context(aside=boilerplate is not None and boilerplate.has_main)
        self.pictures: list[Picture] = []
        self.has_content = False
        self._fresh = False  # whether nothing of the list item was written
        self._numbers: dict[int, int] = {}  # the next number of each open list, by its depth
        self._link: tuple[int, str] | None = None
        base = root.css_first("base[href]")
        self._base = (base.attributes.get("href") or "") if base is not None else ""
        self._walk(root)

    def _walk(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode | None, str, _Context]] = [(root, "", self._context)]
        depth = 0
        while stack:
            node, tag, context = stack.pop()
            if node is None:
                self._leave(tag, context)
                depth -= 1
                continue
            tag = node.tag or ""
            if tag == "-text":
                self._text(node.text_content or "")
            elif not tag.startswith(("-", "!")) and not is_hidden(node, tag) and not self._replaced(node, tag):
                stack.append((None, tag, self._context))
                self._enter(node, tag, depth)
                depth += 1
                stack.extend((child, "", self._context) for child in reversed(list(children(node))))
        self._end()

    def _text(self, text: str) -> None:
        if self._context.keep:
            self.blocks.write_as_is(text.replace("\r\n", "\n"))
        else:
            self.blocks.write(text)

    def _replaced(self, node: LexborNode, tag: str) -> bool:
        """Whether ``node`` was read at once, with all that is in it."""
        if tag == "br":
            if self.blocks.newline():
                self._end()
                self.blocks.gap()
        elif tag in _REPLACED:
            text, made_of = shown(node, tag)
            self.blocks.write(text, made_of)
            if tag == "img" and (data := embedded(node)):
                kind, content = data
                self.pictures.append(Picture(f"picture-{len(self.pictures) + 1}.{kind}", content))
        elif tag == "table" and not self._context.aside and is_data(node):
            return self._table(node)
        else:
            return False
        return True

    def _enter(self, node: LexborNode, tag: str, depth: int) -> None:
        if tag == "a" and (target := node.attributes.get("href")):
            self._link = (self.blocks.place, self._target(target))
        if tag not in _BLOCKS:
            return
        self._border(tag)
        context = self._context
        if self._boilerplate is not None and depth < _CHECKED_DEPTH:
            if self._boilerplate.is_main(node, tag):
                context = context._replace(main=True, aside=False)
            elif not context.main and not context.aside and self._boilerplate.begins(node, tag, context.article):
                context = context._replace(aside=True)
        if tag in _ARTICLES:
            context = context._replace(article=True)
        if tag in _LISTS:
            context = context._replace(lists=context.lists + 1, item=node if tag == "ol" else None)
            self._numbers[context.lists] = first(node) if tag == "ol" else 0
        elif tag == "li":
            context = self._item(node, context)
        elif _HEADING.fullmatch(tag):
            context = context._replace(kind="heading", level=int(tag[1]))
        elif tag in _KINDS:
            context = context._replace(kind=_KINDS[tag], level=0, keep=tag in _KEPT)
        elif tag in ("table", "blockquote"):
            context = context._replace(kind="paragraph", level=0)
        self._context = context

    def _item(self, node: LexborNode, context: _Context) -> _Context:
        self._fresh = True
        if context.item is not None:
            written, value = number(node, context.item, self._numbers[context.lists])
            self._numbers[context.lists] = value + (-1 if "reversed" in context.item.attributes else 1)
            self.blocks.mark(written)
        return context._replace(kind="list_item", level=max(1, context.lists))

    def _leave(self, tag: str, outer: _Context) -> None:
        if tag == "a" and self._link is not None:
            self.blocks.link(*self._link)
            self._link = None
        elif tag in ("td", "th"):
            self.blocks.cell()
        elif tag in _BLOCKS:
            self._end()
            self._context = outer
            self._border(tag)
        self._context = outer

    def _border(self, tag: str) -> None:
        """A block begins or ends here."""
        self._end()
        if tag in _GAPS and not (tag in _LISTS and self._context.kind == "list_item"):
            self.blocks.gap()

    def _end(self) -> None:
        """What was written is a region."""
        if self.blocks.is_empty:
            return
        if self._link is not None:
            self.blocks.link(*self._link)
            self._link = (0, self._link[1])
        kind, level = self._context.kind, self._context.level
        if self._context.aside:
            if self._main_only:
                self.blocks.drop()
                return
            kind, level = ("footer" if self.has_content else "header"), 0
        elif kind == "list_item" and not self._fresh:
            kind, level = "paragraph", 0
        self._fresh = False
        self.has_content = self.has_content or not self._context.aside
        self.blocks.end(kind, level)

    def _table(self, node: LexborNode) -> bool:
        """A table of data as a region; False where it has no text, or is too wide to be one."""
        found = rows_of(node, self._cell)
        if found is None:
            return False
        self._end()
        caption = node.css_first("caption")
        name = _line(caption) if caption is not None and not is_hidden(caption, "caption") else ""
        if name:
            self.blocks.gap()
            self.blocks.write(name)
            self.blocks.end("caption")
        self.has_content = True
        self.blocks.table(Grid(name, found.cells, found.header, found.merged, 0), found.links)
        return True

    def _cell(self, node: LexborNode) -> Cell:
        """A cell of a table in one line, whatever stands in it."""
        if not any(child.tag != "-text" for child in children(node)):
            return Cell(" ".join(node.text(deep=False).translate(IGNORED).split()))
        inner = _Rendering(node)
        self.pictures.extend(inner.pictures)
        text = inner.blocks.text
        links = tuple((part.start, part.end, self._target(part.target)) for part in inner.blocks.parts if part.kind == "link")
        return Cell(*_in_one_line(text, links))

    def _target(self, target: str) -> str:
        try:
            return urljoin(self._base, target.strip()) if self._base else target.strip()
        except ValueError:
            return target.strip()


def _line(node: LexborNode) -> str:
    return " ".join(node.text(deep=True).translate(IGNORED).split())


def _in_one_line(text: str, links: tuple[tuple[int, int, str], ...]) -> tuple[str, tuple[tuple[int, int, str], ...]]:
    """``text`` with single spaces for all white space, and where its links stand then."""
    places, line = [], ""
    for character in text:
        places.append(len(line))
        if not character.isspace():
            line += character
        elif line and line[-1] != " ":
            line += " "
    places.append(len(line))
    line = line.rstrip()
    moved = ((places[start], min(places[end], len(line)), target) for start, end, target in links)
    return line, tuple(link for link in moved if link[0] < link[1])
