"""What components find and decide: fields, labels, summaries, checks, redactions and routes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from ._span import Span

#: The value of a field. Money and all other fractions are Decimal; float is refused, because 0.1 + 0.2 is not 0.3.
Value: TypeAlias = str | int | Decimal | bool | dt.date | dt.datetime

#: The names of the types a value may have.
ValueType: TypeAlias = Literal["text", "integer", "decimal", "boolean", "date", "datetime"]

Severity: TypeAlias = Literal["info", "warning", "error"]

#: Digits that a number may have.
_DIGITS = 1000

_TYPES: dict[type, ValueType] = {str: "text", int: "integer", Decimal: "decimal", bool: "boolean", dt.date: "date", dt.datetime: "datetime"}
_PARSERS: dict[str, Any] = {"decimal": Decimal, "date": dt.date.fromisoformat, "datetime": dt.datetime.fromisoformat}


class Reference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """A pointer at an item of a document: what a derived field, a check or a route rests on.

    ``kind`` says what it points at, ``id`` is that item's id, ``document_id`` the document that holds it, ``name`` its path, rule or
    taxonomy.
    """

    kind: Literal["field", "label", "check", "document", "table"]
    id: str
    document_id: str
    name: str = ""


class Alternative(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Another reading that was considered: the value as text, and its score (0..1)."""

    value: str
    score: float


class Field(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One value found in a document.

    Attributes:
        path: where it belongs: names joined by dots, list items as ``lines[0].total``.
        value: text, int, Decimal, bool, date, or an aware datetime (kept in UTC).
        type: the name of the value's type; follows from the value.
        spans: where it stands. A field has at least one, or it is ``derived`` or ``ungrounded``.
        status: ``extracted`` (spans are required), ``derived`` (inputs are required) or ``ungrounded`` (no automatic route may rest on it).
        inputs: for a derived field, the items it was made of.
        currency: ISO 4217 code of an amount, else empty.
        confidence: calibrated, 0..1, or None; raw_confidence: as the component gave it.
        alternatives: other readings, best first.
        step, id: which step made it and its id in the store; set by the engine.

    Raises ``ValueError`` or ``TypeError`` saying what is missing. Example::

        Field(path="total", value=Decimal("471.30"), currency="EUR", spans=(span,), confidence=0.98)
    """

    path: str
    value: Any
    type: str = ""
    spans: tuple[Span, ...] = ()
    status: Literal["extracted", "derived", "ungrounded"] = "extracted"
    inputs: tuple[Reference, ...] = ()
    currency: str = ""
    confidence: float | None = None
    raw_confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    step: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.path:
            raise ValueError("a field needs a path, such as 'total' or 'lines[0].total'")
        given, value = self.type, self.value
        if given in _PARSERS and isinstance(value, str):
            value = _PARSERS[given](value)  # as read from JSON
            force_setattr(self, "value", value)
        kind = _TYPES.get(type(value))
        if kind is None:
            raise TypeError(
                f"field {self.path!r} has a value of type {type(value).__name__}; give str, int, Decimal, bool, date or datetime"
                + ("; money and fractions are Decimal: Decimal(str(value))" if isinstance(value, float) else "")
            )
        if given != kind:
            if given:
                raise TypeError(f"field {self.path!r} says type {given!r} but its value is {kind!r}; leave type out")
            force_setattr(self, "type", kind)
        if kind != "text":
            self._check_value(value)
        if not self.spans and self.status == "extracted":
            raise ValueError(f"field {self.path!r} has no span; say where it stands, or status='derived' or 'ungrounded'")
        if not self.inputs and self.status == "derived":
            raise ValueError(f"field {self.path!r} is derived; list the inputs it was made of")
        _probability(self.confidence, "the confidence of field", self.path)
        _probability(self.raw_confidence, "the raw confidence of field", self.path)

    def _check_value(self, value: Value) -> None:
        if isinstance(value, Decimal) and not value.is_finite():
            raise ValueError(f"field {self.path!r} has the value {value}; leave a value that is unknown out")
        if _is_too_long(value):
            raise ValueError(f"field {self.path!r} has a number of more than {_DIGITS} digits; it is no number, or was misread")
        if isinstance(value, dt.datetime):
            if value.tzinfo is None:
                raise ValueError(f"field {self.path!r} has a datetime without a zone; time is UTC")
            force_setattr(self, "value", value.astimezone(dt.UTC).replace(fold=0))

    @property
    def text(self) -> str:
        """The value as text: decimals without exponent, dates and times in ISO 8601, booleans ``true`` and ``false``."""
        return value_text(self.value)

    @property
    def quote(self) -> str:
        """The value as printed at its first span; empty where it has none."""
        return self.spans[0].quote if self.spans else ""


def _is_too_long(value: Value) -> bool:
    # Written out, Decimal("1e999999999") takes a gigabyte; documents may hold such text.
    if isinstance(value, Decimal):
        _, digits, exponent = value.as_tuple()
        return len(digits) + abs(int(exponent)) > _DIGITS
    return isinstance(value, int) and value.bit_length() > 3 * _DIGITS


def value_text(value: Value) -> str:
    """A value as text, the same everywhere: SQL's ``value_text``, the terminal, canonical comparison of types."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


def _probability(value: float | None, what: str, name: str) -> None:
    if value is not None and not 0.0 <= value <= 1.0:
        raise ValueError(f"{what} {name!r} is {value}; it must lie in 0..1")


class Label(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A class given to a document, or to one ``page``: ``value`` out of ``taxonomy``.

    When the component ``abstained``, value is empty and the alternatives say what it hesitated between. Example::

        Label(taxonomy="document-kind", value="invoice", confidence=0.93)
    """

    taxonomy: str
    value: str = ""
    confidence: float | None = None
    raw_confidence: float | None = None
    page: int | None = None
    abstained: bool = False
    alternatives: tuple[Alternative, ...] = ()
    spans: tuple[Span, ...] = ()
    step: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.taxonomy or bool(self.value) == self.abstained:
            raise ValueError("a label needs a taxonomy, and either a value or abstained=True")
        _probability(self.confidence, "the confidence of label", self.taxonomy)


class Sentence(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A sentence of a summary and the place or places it rests on (at least one)."""

    text: str
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("every sentence of a summary cites at least one span")


class Check(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The verdict of one rule: ``passed`` is True, False, or None where it cannot be known.

    ``message`` says why in words; ``inputs`` are the items that decided. A failed check of severity ``error`` blocks automatic routes.
    """

    rule: str
    passed: bool | None
    severity: Severity = "error"
    message: str = ""
    inputs: tuple[Reference, ...] = ()
    step: str = ""
    id: str = ""


class Redaction(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A place to mask, and the ``kind`` of what is there (``iban``, ``person`` ...). Masks keep their length, so spans hold."""

    kind: str
    span: Span
    confidence: float | None = None
    step: str = ""
    id: str = ""


class Reason(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Why a route was taken: in words, and the items it rests on."""

    text: str
    references: tuple[Reference, ...] = ()
