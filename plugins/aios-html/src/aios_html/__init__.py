"""HTML and Markdown: what a reader sees, with its structure; `render` does it for other plugins."""

from ._blocks import Grid, Part
from ._html import Html, declared_charset
from ._layers import document_of
from ._markdown import Markdown
from ._render import Picture, Rendered, render

__all__ = ["Grid", "Html", "Markdown", "Part", "Picture", "Rendered", "declared_charset", "document_of", "render"]
