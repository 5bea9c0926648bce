"""What stage methods return."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ._items import Check, Field, Label, Reason, Redaction, Sentence
from ._page import PageText, Words
from ._region import Region
from ._table import Table


class Extraction(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an extract step computed: text, words and regions of pages, tables, fields.

    Example::

        Extraction(text=(text,), words=(Words.build(text, found),))
    """

    text: tuple[PageText, ...] = ()
    words: tuple[Words, ...] = ()
    regions: tuple[Region, ...] = ()
    tables: tuple[Table, ...] = ()
    fields: tuple[Field, ...] = ()


class Classification(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """Labels for the document, its pages or its rows."""

    labels: tuple[Label, ...] = ()


class Summary(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A summary: sentences that cite their places, and the ``method`` that made them."""

    sentences: tuple[Sentence, ...] = ()
    method: str = ""
    step: str = ""
    id: str = ""

    @property
    def text(self) -> str:
        """All sentences, joined by spaces."""
        return " ".join(sentence.text for sentence in self.sentences)


class Checks(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The verdicts of the rules of one step."""

    checks: tuple[Check, ...] = ()


class Redactions(msgspec.Struct, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    """The places to mask."""

    redactions: tuple[Redaction, ...] = ()


class Route(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where the document or case goes, and why; ``review=True`` when a person is to look at it first.

    Example::

        Route(destination="pay", reasons=(Reason("all checks passed", references),), confidence=0.97)
    """

    destination: str
    reasons: tuple[Reason, ...] = ()
    review: bool = False
    confidence: float | None = None
    step: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.destination:
            raise ValueError("a route needs a destination, such as 'pay' or 'review'")


#: What any stage but ingest may return.
Result = Extraction | Classification | Summary | Checks | Redactions | Route


def merge_results(results: Iterable[Result]) -> Result:
    """One result out of those of the units of one document, in the order of the units.

    Extractions, classifications, checks and redactions are joined; of summaries the sentences. Routes cannot be split into units.
    Raises ``ValueError`` for none, and ``TypeError`` for a mixture.
    """
    found = list(results)
    if not found:
        raise ValueError("there is no result to merge")
    first = found[0]
    kinds = {type(result) for result in found}
    if len(kinds) > 1 or (isinstance(first, Route) and len(found) > 1):
        raise TypeError("results of different stages, or several routes, cannot be merged")
    if len(found) == 1:
        return first
    changes = {
        name: tuple(item for result in found for item in getattr(result, name))
        for name in first.__struct_fields__
        if isinstance(getattr(first, name), tuple)
    }
    return msgspec.structs.replace(first, **changes)
