"""Laws about places: every value leads back to where it was read."""

from __future__ import annotations

from typing import Any

from aios_sdk.records import Document, check_references, check_spans
from aios_sdk.stages import Stage

from .._law import LawBroken, law
from .._subject import Subject


@law("contract", after=("returns-its-record",))
def spans_resolve(subject: Subject) -> None:
    """Every span lies in a text, page or table that is there, and its quote stands there.

    Offsets count Unicode code points within the text of one page (not bytes, not UTF-16 units, not characters of the whole document);
    ends are exclusive; boxes are 0..1 from the top left of the page as displayed. Take ``page.reading.artifact`` as the artifact, and cut
    the quote out of the same text: ``text[start:end]``.
    """

    def body(stage: Stage, given: Any) -> None:
        of_parts = stage == "ingest"
        document = Document(content_id=given.content_id, id=given.document_id) if of_parts else given
        layers = subject.answer(stage, given).added(document, stage)
        problems = [*check_spans(document, layers, parts=of_parts), *check_references(document, layers)]
        if problems:
            raise LawBroken("; ".join(problems[:3]))

    subject.each(body)
