"""Classification of texts learnt from examples, and extractive summaries."""

from ._extractive import Extractive
from ._lexical import Lexical

__all__ = ["Extractive", "Lexical"]
