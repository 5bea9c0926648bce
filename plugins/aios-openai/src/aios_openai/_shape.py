"""A pydantic model as the shape of an answer: the JSON schema that is asked for, and the values that are read out of what comes."""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias, Union

import pydantic

from aios_sdk import Field

FieldType = Literal["text", "integer", "decimal", "boolean", "date", "datetime"]
Value: TypeAlias = str | int | Decimal | bool | dt.date | dt.datetime

_TYPES: Final[Mapping[Any, FieldType]] = {
    str: "text",
    int: "integer",
    Decimal: "decimal",
    bool: "boolean",
    dt.date: "date",
    dt.datetime: "datetime",
}
#: How a value of each type is to be written in JSON. Decimals are texts, because JSON's numbers become floats on the way.
_WRITTEN: Final[Mapping[FieldType, tuple[str, str]]] = {
    "text": ("string", ""),
    "integer": ("integer", ""),
    "decimal": ("string", "digits with a point, such as -1234.50"),
    "boolean": ("boolean", ""),
    "date": ("string", "YYYY-MM-DD"),
    "datetime": ("string", "YYYY-MM-DDTHH:MM:SS, with the offset if one is printed"),
}
_MOST_DIGITS: Final = 1000
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


class NotInShape(ValueError):
    """An answer that is not built as was asked; the text says where."""


class Answered(NamedTuple):
    """One value of an answer: its path, the path with ``[*]`` for every index, its place among all leaves, the value, and the quote."""

    path: str
    pattern: str
    number: int
    value: Value
    quote: str


class Leaf(NamedTuple):
    """A single value."""

    type: FieldType
    choices: tuple[str, ...]
    description: str
    adapter: pydantic.TypeAdapter[Any]

    def schema(self) -> dict[str, Any]:
        """Asked for as a value with its quote, or null: where a value had to be given, models make one up."""
        kind, form = _WRITTEN[self.type]
        value: dict[str, Any] = {"type": kind, **({"enum": list(self.choices)} if self.choices else {})}
        if form:
            value["description"] = form
        found = _object({"value": value, "quote": {"type": "string"}})
        return {"anyOf": [found, {"type": "null"}], **({"description": self.description} if self.description else {})}

    def accepted(self, given: Any) -> Value | None:
        """What was given, as the model takes it; None where it is of another type or a constraint refuses it."""
        try:
            value = _READ[self.type](given)
            if self.choices and value not in self.choices:
                return None
            taken = self.adapter.validate_python(value)
            taken = taken.value if isinstance(taken, Enum) else taken
            # What a field cannot hold, such as a number of a million digits or half a character, is refused here.
            field = Field(path="value", value=taken if type(taken) in _TYPES else value, status="ungrounded")
            field.text.encode()
        except (ValueError, TypeError, InvalidOperation):  # pydantic's ValidationError is a ValueError
            return None
        found: Value = field.value
        return found


class Group(NamedTuple):
    """A model: shapes by name."""

    parts: Mapping[str, Shape]
    description: str

    def schema(self) -> dict[str, Any]:
        """An object of exactly these keys, as the strict mode demands."""
        described = {"description": self.description} if self.description else {}
        return {**_object({name: part.schema() for name, part in self.parts.items()}), **described}


class Items(NamedTuple):
    """A list: the shape of its items."""

    item: Shape
    description: str

    def schema(self) -> dict[str, Any]:
        """An array; how long it may be is not said, since not every endpoint takes that."""
        return {"type": "array", "items": self.item.schema(), **({"description": self.description} if self.description else {})}


Shape: TypeAlias = Leaf | Group | Items


def shape_of(model: type[pydantic.BaseModel]) -> Group:
    """The shape of a model's values.

    Raises ``ValueError`` for a float and other types that a field of a document cannot have, and for a model that contains itself.
    """
    return _group(model, "", (), "")


def leaves(shape: Shape, pattern: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every single value, with its path; ``lines[*].total`` stands for those of all items."""
    if isinstance(shape, Leaf):
        yield pattern, shape
    elif isinstance(shape, Items):
        yield from leaves(shape.item, f"{pattern}[*]")
    else:
        for name, part in shape.parts.items():
            yield from leaves(part, f"{pattern}.{name}" if pattern else name)


class Reading:
    """Reads an answer: ``values`` are those that the model takes, in the order of the answer; ``refused`` the paths of the others."""

    def __init__(self, shape: Group, answer: Any) -> None:
        self.values: Final[list[Answered]] = []
        self.refused: Final[list[str]] = []
        self.count = 0  # leaves that are not null
        self._read(shape, answer, "", "")

    def _read(self, shape: Shape, given: Any, path: str, pattern: str) -> None:
        if given is None:
            return
        if isinstance(shape, Items):
            for index, item in enumerate(_is(list, given, path)):
                self._read(shape.item, item, f"{path}[{index}]", f"{pattern}[*]")
        elif isinstance(shape, Group):
            for name, part in _is(dict, given, path).items():
                inner = f"{path}.{name}" if path else name
                if name in shape.parts:
                    self._read(shape.parts[name], part, inner, f"{pattern}.{name}" if pattern else name)
                else:
                    raise NotInShape(f"{path or 'the answer'} has a key that was not asked for")
        else:
            self._leaf(shape, _is(dict, given, path), path, pattern)

    def _leaf(self, leaf: Leaf, given: dict[str, Any], path: str, pattern: str) -> None:
        if not {"value"} <= given.keys() <= {"value", "quote"}:
            raise NotInShape(f"{path} is not given as a value with its quote")
        number, quote = self.count, given.get("quote")
        self.count += 1
        if given["value"] is None:
            return
        value = leaf.accepted(given["value"])
        if value is None:
            self.refused.append(path)
        else:
            self.values.append(Answered(path, pattern, number, value, quote if isinstance(quote, str) else ""))


def _is(kind: type, given: Any, path: str) -> Any:
    if not isinstance(given, kind):
        raise NotInShape(f"{path or 'the answer'} is not {'a list' if kind is list else 'an object'}")
    return given


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _group(model: type[pydantic.BaseModel], path: str, outer: tuple[type, ...], description: str) -> Group:
    if model in outer:
        raise ValueError(f"{model.__name__} contains itself; only models of a fixed depth can be asked for")
    parts = {}
    for name, info in model.model_fields.items():
        annotation: Any = typing.Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        said = ", ".join(dict.fromkeys(filter(None, (info.title, info.description, info.alias))))
        parts[name] = _shape(annotation, f"{path}.{name}" if path else name, (*outer, model), said)
    if not parts:
        raise ValueError(f"{model.__name__} has no fields")
    return Group(parts, description)


def _shape(annotation: Any, path: str, outer: tuple[type, ...], description: str) -> Shape:
    kind = _bare(annotation)
    if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
        return _group(kind, path, outer, description)
    if typing.get_origin(kind) in (list, tuple, Sequence):
        inner = [part for part in typing.get_args(kind) if part is not Ellipsis]
        if len(inner) != 1:
            raise ValueError(f"{path} is a tuple of several types; take list[...] or a nested model")
        return Items(_shape(inner[0], f"{path}[*]", outer, ""), description)
    type_, choices = _type(kind, path)
    return Leaf(type_, choices, description, pydantic.TypeAdapter(annotation))


def _bare(annotation: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _bare(parts[0]) if len(parts) == 1 else annotation
    return annotation


def _type(kind: Any, path: str) -> tuple[FieldType, tuple[str, ...]]:
    choices: tuple[Any, ...] = ()
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        choices = tuple(member.value for member in kind)
    if choices:
        if all(isinstance(choice, str) for choice in choices):
            return "text", choices
        raise ValueError(f"{path} has choices that are not texts; give str values")
    if kind in _TYPES:
        return _TYPES[kind], ()
    hint = "; money and fractions are Decimal" if kind is float else ""
    name = getattr(kind, "__name__", kind)
    raise ValueError(f"{path} has the type {name}; take str, int, Decimal, bool, date, datetime, list[...] or a nested model{hint}")


# -- one value of JSON, as a value of its type; ValueError or TypeError for what is none ------------------------------------


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError
    return given.strip()


def _integer(given: Any) -> int:
    if isinstance(given, Decimal) and given.adjusted() > _MOST_DIGITS:  # written out, 1e999999999 takes a gigabyte
        raise ValueError
    if isinstance(given, bool) or not isinstance(given, int | Decimal) or given != int(given):
        raise ValueError
    return int(given)


def _decimal(given: Any) -> Decimal:
    if isinstance(given, bool) or not (isinstance(given, int | Decimal) or (isinstance(given, str) and _DECIMAL.fullmatch(given.strip()))):
        raise ValueError
    return Decimal(given)


def _boolean(given: Any) -> bool:
    if not isinstance(given, bool):
        raise TypeError
    return given


def _date(given: Any) -> dt.date:
    return dt.date.fromisoformat(given)


def _datetime(given: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(given)
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


_READ: Final[Mapping[FieldType, Callable[[Any], Value]]] = {
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
