"""Looking at a few sources together before their turn comes: what they are, and whether an earlier run knows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..records import Document, Source
from ._again import Again, Recollection
from ._documents import Reader
from ._ingest import Admitted
from ._tree import Delivery


class Known(NamedTuple):
    """A document that is not ingested yet, the key under which all of it could be recalled (empty for none), and what was."""

    document: Document
    key: str
    recollection: Recollection | None


class Ahead:
    """Does one thing for several sources, then the next: each is a long way through the program, and the processor, which keeps little of
    it at hand, has gone it just before. Nothing is recorded of them yet, and their order stays."""

    def __init__(self, reader: Reader, again: Again) -> None:
        self._reader = reader
        self._again = again

    def look(self, sources: Sequence[Source]) -> Iterator[tuple[Delivery, Known | None]]:
        """The deliveries that the sources are, with what is known of those whose bytes are at hand."""
        found = [self._reader.delivery(source) for source in sources]
        found = [each if each.unfolded_by is not None else self._admitted(each) for each in found]
        return zip(found, [None if each.admitted is None else self.known(each.admitted) for each in found], strict=True)

    def known(self, admitted: Admitted) -> Known:
        """What is known of a source whose bytes are kept."""
        document = self._reader.document_of(admitted.source)
        key = "" if admitted.failure is not None else self._again.key(document)
        return Known(document, key, self._again.recall(document, key))

    def _admitted(self, delivery: Delivery) -> Delivery:
        return delivery._replace(admitted=self._reader.admit_at_once(delivery.source, delivery.media_type))
