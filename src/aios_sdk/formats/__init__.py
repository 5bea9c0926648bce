"""Documents in the forms that others read: text, Markdown, HTML and DoclingDocument JSON; made of pages, their regions and tables."""

from ._docling import to_docling
from ._html import to_html
from ._markdown import to_markdown
from ._text import to_text

__all__ = ["to_docling", "to_html", "to_markdown", "to_text"]
