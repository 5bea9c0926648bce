"""Laws about places: every value leads back to where it was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Region, check_references, check_spans
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


def _gives_no_regions(info: ComponentInfo) -> str:
    if not {"ingest", "extract"} & set(info.stages):
        return "it gives no parts of pages"
    return "" if not info.provides or "regions" in info.provides else "it provides no regions"


@law("contract", after=("spans-resolve",), unless=_gives_no_regions)
def regions_in_order(subject: Subject) -> None:
    """Regions follow the reading order, do not overlap, and leave no text out; links lie within them.

    What is written out of a document (Markdown, HTML, DoclingDocument) is written region by region, in the order in which they come: what
    lies in none is lost, and what lies in two stands twice. So between the regions of one text there is nothing but white space. A link
    lies within another region. A page of which nothing is known is one paragraph, or has no regions.
    """

    def body(stage: Stage, given: Any) -> None:
        document = Document(content_id=given.content_id, id=given.document_id) if stage == "ingest" else given
        added = subject.answer(stage, given).added(document, stage)
        texts = {text.artifact: text.content for layers in (document.layers, added) for text in layers.text}
        problems = [
            problem
            for artifact in dict.fromkeys(region.artifact for region in added.regions)
            for problem in _out_of_order([region for region in added.regions if region.artifact == artifact], texts.get(artifact, ""))
        ]
        if problems:
            raise LawBroken("; ".join(problems[:3]))

    subject.each(body)


def _out_of_order(regions: Sequence[Region], text: str) -> Iterator[str]:
    """What is wrong with the regions of one text, in sentences."""
    place = 0
    parts = [region for region in regions if region.kind != "link"]
    for region in parts:
        if region.start < place:
            yield f"the {region.kind} at {region.start}..{region.end} begins before {place}, where the one before it ends"
        elif text[place : region.start].strip():
            yield f"{text[place : region.start].strip()[:40]!r} before the {region.kind} at {region.start}..{region.end} lies in no region"
        place = max(place, region.end)
    if parts and text[place:].strip():
        yield f"{text[place:].strip()[:40]!r} behind the last region lies in none"
    for link in regions:
        if link.kind == "link" and not any(part.start <= link.start and link.end <= part.end for part in parts):
            yield f"the link at {link.start}..{link.end} lies within no other region"
