"""Classification of texts learnt from examples, votes of several classifiers, the language of texts, and extractive summaries."""

from ._extractive import Extractive
from ._language import Language
from ._lexical import Lexical
from ._page_roles import PageRoles
from ._vote import Vote

__all__ = ["Extractive", "Language", "Lexical", "PageRoles", "Vote"]
