"""Cases: several documents that belong together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal

from hypothesis import strategies as st

from aios_sdk.records import Document, Layer, Outcome, StepOutcome, UnitFailure, ValueType, digest, document_id

from ._documents import documents


def cases(
    requires: Collection[Layer] = ("pages", "text"),
    *,
    fields: Mapping[str, ValueType] | None = None,
    labels: Mapping[str, Collection[str]] | None = None,
    checks: Collection[str] = (),
    members: tuple[int, int] = (1, 3),
    text: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Document]:
    """Cases of documents with the layers in ``requires``, as `documents` draws them, now and then with one that failed. ``members`` is the
    least and greatest number of the sound ones. Example::

        @given(strategies.cases(["fields"], fields={"total": "decimal"}))
        def test_a_case_is_routed(case):
            assert Desk().route(case).destination
    """
    drawn = documents(requires, fields=fields, labels=labels, checks=checks, pages=(1, 2), text=text)
    return _cases(drawn, members)


@st.composite
def _cases(draw: st.DrawFn, drawn: st.SearchStrategy[Document], members: tuple[int, int]) -> Document:
    found: dict[str, Outcome] = {}
    for number in range(draw(st.integers(*members))):
        # The same bytes may come twice in one case, but not in the same place: their documents have other ids.
        document = _at(draw(drawn), number)
        status: Literal["completed", "partial"] = draw(st.sampled_from(["completed", "partial"]))
        found[document.id] = Outcome(document=document, status=status)
    if draw(st.integers(0, 4)) == 4:
        failed = _failed(len(found))
        found[failed.document.id] = failed
    name = next((outcome.name for outcome in found.values()), "case")
    identity = document_id(f"case:{','.join(found)}", 0, "")
    return Document(id=identity, name=name, kind="case", root=identity, members=tuple(found.values()))


def _at(document: Document, position: int) -> Document:
    """The document as it would be at another place of a mail; the ids of its items are what they were."""
    from msgspec.structs import replace

    host = document._host()
    identity = document_id(document.parent or document.key, position, document.content_id)
    return replace(document, id=identity, position=position, root=document.parent or identity).bind(host)


def _failed(position: int) -> Outcome:
    content = digest(b"damaged")
    identity = document_id("damaged.pdf", position, content)
    document = Document(
        id=identity, name="damaged.pdf", key="damaged.pdf", content_id=content, size=7, media_type="application/pdf", root=identity
    )
    failure = UnitFailure("malformed", "It was cut off")
    step = StepOutcome(step="ingest", stage="ingest", status="failed", failures=(failure,))
    return Outcome(document=document, status="failed", steps=(step,))
