"""What an evaluation asks of a document, and what it answers: a value, why, and what the decision rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, NoReturn, Protocol, TypeAlias, runtime_checkable

from ._types import Value, show

ReferenceKind: TypeAlias = Literal["field", "label", "check", "attribute", "lookup"]


class Known(NamedTuple):
    """What a document knows under a name: the resolved value (None while candidates disagree) and its circumstances.

    Example::

        Known(Decimal("471.30"), confidence=0.98, currency="EUR", id="f-17")
    """

    value: object
    confidence: object = None
    currency: str | None = None
    conflict: bool = False
    id: str = ""


@runtime_checkable
class Subject(Protocol):
    """A document, or a case, as expressions see it. Nothing it gives is trusted: a value of another type is unknown.

    A method gives None for what is not there. What it raises goes through to the caller of ``evaluate``.
    """

    @property
    def id(self) -> str:
        """The document's id, for references."""

    @property
    def name(self) -> str:
        """The document's name, for readers."""

    def attribute(self, name: str) -> object:
        """The value of an attribute of the scope."""

    def field(self, path: str) -> Known | None:
        """The resolved field at ``path``."""

    def label(self, taxonomy: str) -> Known | None:
        """The resolved label of ``taxonomy``; its value is a text."""

    def check(self, rule: str) -> Known | None:
        """The result of ``rule``; its value is True, False, or None where the check could not tell."""

    def members(self) -> Sequence[Subject]:
        """The members of a case, failed ones too, always in the same order."""

    def row(self, table: str, key: Any) -> Mapping[str, object] | None:
        """The row of ``table`` with that key. Only ever asked of the subject that is evaluated, not of its members."""


class Reference(NamedTuple):
    """One thing that a decision rests on: what was read, of which document, and what it was (None if missing).

    ``id`` is the item's id as the subject gave it; for a lookup it is the key. ``document`` is the document's name.
    """

    kind: ReferenceKind
    name: str
    document_id: str
    value: Value | None
    id: str = ""
    document: str = ""


class Result(NamedTuple):
    """The outcome of an expression or of a part of it; a tree through ``because``, of the parts that decided.

    ``value`` is None if unknown, and then ``reason`` says why. ``text`` is the part as it prints. Example::

        result = compile('field("total") <= 500', scope).evaluate(subject)
        if result.value is True: ...
    """

    text: str
    value: Value | None
    reason: str = ""
    because: tuple[Result, ...] = ()
    reference: Reference | None = None
    sign: str = ""

    @property
    def unknown(self) -> bool:
        """Whether there is no value."""
        return self.value is None

    @property
    def references(self) -> tuple[Reference, ...]:
        """Everything that the value rests on, each once, in order of reading; nothing else could have changed it."""
        return tuple(dict.fromkeys(part.reference for part in self._parts() if part.reference is not None))

    def explain(self, limit: int = 20) -> str:
        """A few lines for a reader: the part that decided, its values, and what they were made of."""
        lines = list(self._lines(0))
        more = len(lines) - limit
        return "\n".join(lines[:limit] + ([f"... and {more} more lines"] if more > 0 else []))

    def _parts(self) -> Iterator[Result]:
        yield self
        for part in self.because:
            yield from part._parts()

    def _lines(self, depth: int) -> Iterator[str]:
        yield "  " * depth + self._line()
        for part in self._shown():
            yield from part._lines(depth + 1)

    def _shown(self) -> Iterator[Result]:
        """The parts that say something new: no literals, and no step on the way of one and the same reason."""
        for part in self.because:
            if self.value is None and part.because and part.reason == self.reason:
                yield from part._shown()
            elif part.because or part.reference:
                yield part

    def _line(self) -> str:
        if self.value is None and self.reference and not self.because:
            return _cut(self.reason)
        subject = _cut(self.text) + (f" of {_cut(self.reference.document)}" if self.reference else "")
        if self.value is None:
            return f"{subject}  is unknown: {_cut(self.reason)}"
        line = f"{subject}  is {_cut(show(self.value))}"
        if self.sign and len(self.because) == 2:
            line += f": {_cut(show(self.because[0].value))} {self.sign} {_cut(show(self.because[1].value))}"
        return line

    def __bool__(self) -> NoReturn:
        raise TypeError("a result is neither true nor false, for it may be unknown; ask result.value is True")


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}..."
