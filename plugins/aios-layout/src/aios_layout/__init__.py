"""Page layout: the reading order, tables and regions of a page out of the words that stand on it."""

from ._component import Layout
from ._grids import Grid, Rule, ruled_grids
from ._lines import Line, Word, turned
from ._records import LaidOutPage, Link, TableWriter, regions_and_tables
from ._regions import Block
from ._text import Content, as_in_file, as_read, main_turn

__all__ = [
    "Block",
    "Content",
    "Grid",
    "LaidOutPage",
    "Layout",
    "Line",
    "Link",
    "Rule",
    "TableWriter",
    "Word",
    "as_in_file",
    "as_read",
    "main_turn",
    "regions_and_tables",
    "ruled_grids",
    "turned",
]
