"""Laws about units: a document that is worked on page by page, or in blocks of rows, comes to the same as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Layers, Span, merge_results
from aios_sdk.stages import Stage

from .._answers import Answer
from .._inputs import documents_for
from .._judging import alike, difference, facts, sound
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject
from ._repeating import varies


def _whole(info: ComponentInfo) -> str:
    return "it works on whole documents" if info.unit == "document" else ""


@law("behaviour", after=("spans-resolve",), unless=_whole)
def units_keep_their_numbers(subject: Subject) -> None:
    """What is said of one page, or of some rows, bears the numbers that they have in the whole document.

    The engine hands over a view: one page out of many, which keeps its ``index``, or some rows of a table, whose first is ``first_row``.
    Count neither pages nor rows yourself: ``for page in document.pages`` and ``page.index`` instead of ``enumerate(document.pages)``;
    ``table.first_row + number`` instead of ``number``.
    """

    def body(stage: Stage, document: Document) -> None:
        for view in _views(subject, document, 2):
            answer = sound(subject, stage, view)
            wrong = list(_misnumbered(view, answer.layers, subject.info.unit))
            if wrong:
                raise LawBroken(wrong[0], example=view)

    _hold(subject, body)


@law("behaviour", after=("units-keep-their-numbers",), unless=lambda info: _whole(info) or varies(info))
def units_merge_to_the_whole(subject: Subject) -> None:
    """The answers for the units of a document, joined, are the answer for the document as a whole, however it is cut.

    Who declares ``unit="page"`` or ``"rows"`` says that no page and no row needs another: the engine works on them in any order, on several
    workers, keeps what is finished when one fails, and remembers each by itself. Look for code that takes the first page or row for
    special, or that remembers what came before. What needs the whole document declares ``unit="document"``. A component that
    takes one unit at a time alone may refuse several with `Unsupported`.
    """
    compared = 0

    def body(stage: Stage, document: Document) -> None:
        nonlocal compared
        whole = subject.answer(stage, document)
        for size in (1,) if subject.info.unit == "page" else (1, 2, 3):
            parts = [subject.answer(stage, view) for view in _views(subject, document, size)]
            if any(answer.refusal is not None and answer.refusal.category != "unsupported" for answer in (whole, *parts)):
                continue  # what fails for other reasons says nothing about units
            results = [answer.result for answer in parts if answer.result is not None]
            if whole.refusal is not None:
                compared += not results  # there is nothing in it for anybody
                continue
            compared += 1
            try:
                joined = Answer(merge_results(results)) if results else Answer(None)  # type: ignore[arg-type]  # ingest has no units
            except TypeError as error:
                raise LawBroken(f"the answers for {len(results)} units cannot be joined: {error}", example=document) from error
            together, alone = _unordered(whole), _unordered(joined)
            if not alike(together, alone):
                raise LawBroken(
                    f"the answers for {len(parts)} units are not that for the whole document",
                    example=document,
                    details=difference(together, alone, ("as a whole", "unit by unit")),
                )

    _hold(subject, body)
    if not compared:
        raise NotApplicable("it refuses documents of several units")


def _hold(subject: Subject, body: Any) -> None:
    """Call ``body`` for the author's documents and the samples, and for generated ones that have several units."""
    for stage in subject.stages:
        if stage == "ingest":
            continue
        for document in subject.own(stage):
            body(stage, document)
        inputs: st.SearchStrategy[Document] = documents_for(subject, pages=(2, 4))
        few = None if subject.info.unit == "page" else max(2, subject.examples // 4)  # opening a table takes time
        subject.forall(inputs, lambda document, stage=stage: body(stage, document), examples=few)  # type: ignore[misc]


def _views(subject: Subject, document: Document, size: int) -> Iterator[Document]:
    """What the engine hands over: a page at a time, or ``size`` rows of a table at a time."""
    if subject.info.unit == "page":
        for page in document.layers.pages:
            yield document.one_page(page.index)
        return
    for table in document.tables:
        for first in range(0, max(table.rows, 1), size):
            part = replace(table, first_row=table.first_row + first, rows=min(size, table.rows - first))
            yield document.with_layers(replace(document.layers, tables=(part,)))


def _misnumbered(view: Document, added: Layers, unit: str) -> Iterator[str]:
    if unit == "page":
        (page,) = (info.index for info in view.layers.pages)
        for what, number in _pages(added):
            if number not in (None, page):
                yield f"asked for page {page}, it gave {what} of page {number}"
        return
    (table,) = view.tables
    for span in _spans(added):
        if span.artifact == table.artifact and not table.first_row <= (span.row or 0) < table.first_row + table.rows:
            yield f"asked for rows {table.first_row} to {table.first_row + table.rows - 1}, it gave a span in row {span.row}"


def _pages(added: Layers) -> Iterator[tuple[str, int | None]]:
    yield from (("text", text.page) for text in added.text)
    yield from (("words", words.page) for words in added.words)
    yield from (("a region", region.page) for region in added.regions)
    yield from (("a table", table.page) for table in added.tables)
    yield from (("a label", label.page) for label in added.labels)
    yield from (("a span", span.page) for span in _spans(added))


def _spans(added: Layers) -> Iterator[Span]:
    for field in added.fields:
        yield from field.spans
    for label in added.labels:
        yield from label.spans
    for summary in added.summary:
        for sentence in summary.sentences:
            yield from sentence.spans
    yield from (redaction.span for redaction in added.redactions)


def _unordered(answer: Answer) -> Any:
    """The answer as plain values, with its items in an order that does not depend on that of the units."""
    found = facts(answer)
    for items in found.values():
        if isinstance(items, list):
            for item in items:
                if "sentences" in item:
                    item["sentences"] = sorted(item["sentences"], key=str)
            items.sort(key=str)
    return found
