"""Classification of texts learnt from examples, their language, and extractive summaries."""

from ._extractive import Extractive
from ._language import Language
from ._lexical import Lexical
from ._page_roles import PageRoles

__all__ = ["Extractive", "Language", "Lexical", "PageRoles"]
