"""What of a page is no part of its content: navigation, banners, footers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_TAGS: Final = frozenset({"nav", "footer", "aside", "header"})
_ROLES: Final = frozenset({"navigation", "banner", "contentinfo", "complementary", "search", "menu", "menubar"})
_CONTENT: Final = "main, [role=main]"
_NAMES: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|footer|topbar|toolbar|cookies?|consent|share|social|related|copyright)"
    r"(?:$|[\s_-])",
    re.IGNORECASE,
)
_LINKED: Final = 0.5
_SHORT: Final = 200


class Boilerplate:
    """Tells which elements of a page are boilerplate: what stands outside ``main`` where there is one; else by tag, role and class."""

    def __init__(self, root: LexborNode) -> None:
        self.has_main: Final = root.css_first(_CONTENT) is not None
        self._headings: Final = len(root.css("h1"))

    def is_main(self, node: LexborNode, tag: str) -> bool:
        """Whether ``node`` is said to be the content."""
        return tag == "main" or (node.attributes.get("role") or "").lower() == "main"

    def begins(self, node: LexborNode, tag: str, in_article: bool) -> bool:
        """Whether ``node`` is boilerplate; headers and footers of articles are none."""
        attributes = node.attributes
        if tag in _TAGS and not in_article:
            return not self._holds_the_title(node) if tag == "header" else True
        if (attributes.get("role") or "").lower() in _ROLES:
            return not self._holds_the_title(node)
        if tag not in ("div", "ul", "ol", "table", "section", "td", "p"):
            return False
        named = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        return bool(_NAMES.search(named)) and not self._holds_the_title(node) and self._says_little(node)

    def _holds_the_title(self, node: LexborNode) -> bool:
        return self._headings == 1 and node.css_first("h1") is not None

    def _says_little(self, node: LexborNode) -> bool:
        text = len(node.text(deep=True).strip())
        linked = sum(len(link.text(deep=True).strip()) for link in node.css("a[href]"))
        return text < _SHORT or linked > _LINKED * text
