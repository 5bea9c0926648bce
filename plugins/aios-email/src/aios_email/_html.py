"""The visible text of an HTML body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_HIDDEN: Final = frozenset({"head", "script", "style", "template", "noscript", "title", "iframe", "object", "svg", "select", "textarea"})
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "blockquote", "pre", "hr"})
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "body", "caption", "center", "dd", "div", "dt", "fieldset", "figcaption", "figure", "footer", "form",
    "header", "html", "li", "main", "nav", "option", "section", "tbody", "tfoot", "thead", "tr",
})  # fmt: skip
_CELLS: Final = frozenset({"td", "th"})
_UNSEEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class _Lines:
    """Lines of text under construction."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._gap = False

    def write(self, text: str, *, keep: bool = False) -> None:
        """More of the line; spaces after a space or at its start are dropped unless they are to be kept."""
        if not keep and (not self._line or self._line[-1].endswith((" ", "\t"))):
            text = text.lstrip(" ")
        if not text:
            return
        if self._gap and not self._line:
            self._lines.append("")
            self._gap = False
        self._line.append(text)

    def cell(self) -> None:
        """The end of a table cell."""
        if self._line:
            self._line = ["".join(self._line).rstrip(), "\t"]

    def block(self, *, gap: bool = False) -> None:
        """A block begins or ends here; with a blank line beside it if ``gap``."""
        if "".join(self._line).strip():
            self.newline()
        self._line.clear()
        self._gap = self._gap or gap

    def newline(self) -> None:
        """The line ends, even an empty one."""
        self._lines.append("".join(self._line).rstrip())
        self._line.clear()

    def text(self) -> str:
        self.block()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")


def visible_text(html: str) -> str:
    """What a reader sees: blocks on lines of their own, a blank line between paragraphs, a tab between cells; addresses of links left out.

    Example::

        visible_text("<p>Dear <b>Sir</b>,<p>bye") == "Dear Sir,\\n\\nbye"
    """
    from selectolax.lexbor import LexborHTMLParser

    root = LexborHTMLParser(html).root
    lines = _Lines()
    if root is not None:
        _collect(root, lines)
    return lines.text()


def _collect(root: LexborNode, lines: _Lines) -> None:
    # A stack instead of recursion: hostile mails nest tags a hundred thousand deep. None marks the end of the element whose tag it carries.
    stack: list[tuple[LexborNode | None, str, bool]] = [(root, "", False)]
    while stack:
        node, tag, keep = stack.pop()
        if node is None:
            _border(tag, lines, is_end=True)
            continue
        tag = node.tag or ""
        if tag == "-text":
            _write(node.text_content or "", lines, keep)
        elif tag == "br":
            lines.newline()
        elif not tag.startswith(("-", "!")) and tag not in _HIDDEN and not _is_unseen(node):
            _border(tag, lines, is_end=False)
            stack.append((None, tag, False))
            stack.extend((child, "", keep or tag == "pre") for child in reversed(_children(node)))


def _border(tag: str, lines: _Lines, *, is_end: bool) -> None:
    if tag in _PARAGRAPHS:
        lines.block(gap=True)
    elif tag in _BLOCKS:
        lines.block()
    elif tag in _CELLS and is_end:
        lines.cell()


def _write(text: str, lines: _Lines, keep: bool) -> None:
    if not keep:
        lines.write(re.sub(r"[ \t\r\n\f\v\u200b\ufeff\u00ad]+", " ", text).replace("\u00a0", " "))
        return
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        if number:
            lines.newline()
        lines.write(line, keep=True)


def _children(node: LexborNode) -> list[LexborNode]:
    found = []
    child = node.child
    while child is not None:
        found.append(child)
        child = child.next
    return found


def _is_unseen(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_UNSEEN.search(attributes.get("style") or ""))
