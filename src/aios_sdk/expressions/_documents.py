"""Documents as expressions see them: their attributes, and the subject that answers for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, final

from ..records import Candidates, Document, Field, Label, Status, ValueType
from ._result import Known
from ._types import BOOLEAN, DATE, NUMBER, TEXT, Type

Item = TypeVar("Item", Field, Label)

#: What every document has: its file name, its kind (file, part, case), media type, size in bytes, number of pages and tables, and thread.
DOCUMENT_ATTRIBUTES: Final[Mapping[str, Type]] = {
    "name": TEXT,
    "kind": TEXT,
    "media_type": TEXT,
    "size": NUMBER,
    "pages": NUMBER,
    "tables": NUMBER,
    "thread": TEXT,
}

#: What a member of a case has besides: how it ended, whether it failed or was refused, whether its bytes came before, and the
#: media type of the document that it was found inside of (empty for one that was delivered itself).
MEMBER_ATTRIBUTES: Final[Mapping[str, Type]] = {
    **DOCUMENT_ATTRIBUTES,
    "status": TEXT,
    "failed": BOOLEAN,
    "duplicate": BOOLEAN,
    "inside": TEXT,
}

#: What a fallback's condition sees besides: whether the step failed or did not support the document, and how sure it was (0..1).
FALLBACK_ATTRIBUTES: Final[Mapping[str, Type]] = {**DOCUMENT_ATTRIBUTES, "failed": BOOLEAN, "unsupported": BOOLEAN, "confidence": NUMBER}

#: The type in expressions of each type of value that fields have.
TYPE_OF_VALUE: Final[Mapping[ValueType, Type]] = {
    "text": TEXT,
    "integer": NUMBER,
    "decimal": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "datetime": DATE,
}

Tables = Mapping[str, Mapping[Any, Mapping[str, object]]]


@final
class DocumentSubject:
    """Answers an expression's questions about a document or case.

    A case that has no field or label of its own under a name speaks for its first member, the document it grew from. ``tables`` are
    those of ``lookup``, by name and key; ``status`` is how the document ended, where that is known; ``extra`` are further attributes.
    """

    __slots__ = ("_document", "_extra", "_members", "_status", "_tables")

    def __init__(
        self, document: Document, *, tables: Tables | None = None, status: Status | None = None, extra: Mapping[str, object] | None = None
    ) -> None:
        self._document = document
        self._tables: Tables = tables or {}
        self._status = status
        self._extra: Mapping[str, object] = extra or {}
        self._members: tuple[DocumentSubject, ...] | None = None

    @property
    def id(self) -> str:
        """The document's id."""
        return self._document.id

    @property
    def name(self) -> str:
        """The document's name."""
        return self._document.name

    def attribute(self, name: str) -> object:
        """One of `MEMBER_ATTRIBUTES` or of the extra ones; None for others."""
        document = self._document
        if name in self._extra:
            return self._extra[name]
        if name in ("pages", "tables"):
            return len(getattr(document.layers, name))
        if name == "duplicate":
            return bool(document.duplicate_of)
        if name == "status":
            return self._status
        if name == "failed":
            return None if self._status is None else self._status in ("failed", "refused")
        return getattr(document, name) if name in DOCUMENT_ATTRIBUTES else None

    def field(self, path: str) -> Known | None:
        """The resolved field."""
        return _known(self._document.fields, path, self._first("field", path))

    def label(self, taxonomy: str) -> Known | None:
        """The resolved label."""
        return _known(self._document.labels, taxonomy, self._first("label", taxonomy))

    def check(self, rule: str) -> Known | None:
        """The latest verdict of ``rule``."""
        found = self._document.checks.get(rule)
        return None if found is None else Known(found.passed, id=found.id)

    def members(self) -> Sequence[DocumentSubject]:
        """The members, in the order in which they lie in the case."""
        if self._members is None:
            types = {member.document.id: member.document.media_type for member in self._document.members}
            self._members = tuple(
                DocumentSubject(
                    member.document, tables=self._tables, status=member.status, extra={"inside": types.get(member.document.parent, "")}
                )
                for member in self._document.members
            )
        return self._members

    def row(self, table: str, key: Any) -> Mapping[str, object] | None:
        """The row of a table by its key."""
        return self._tables.get(table, {}).get(key)

    def _first(self, kind: str, name: str) -> Known | None:
        if not self._document.members:
            return None
        first = self.members()[0]
        return first.field(name) if kind == "field" else first.label(name)


def _known(candidates: Candidates[Item], name: str, otherwise: Known | None) -> Known | None:
    found = candidates.get(name)
    if found is None:
        return otherwise
    chosen = found.chosen
    return Known(
        found.value,
        confidence=found.confidence,
        currency=(chosen.currency or None) if isinstance(chosen, Field) else None,
        conflict=found.status == "conflict",
        id="" if chosen is None else chosen.id,
    )
