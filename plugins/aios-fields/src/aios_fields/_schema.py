"""A pydantic model as the list of fields to look for."""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, Union

import pydantic
from pydantic.fields import FieldInfo

from ._concepts import TextKind
from ._identifiers import Kind
from ._values import Value
from ._vocabulary import column_named, concept_named, section_named
from ._words import label_key, name_words

FieldType = Literal["text", "integer", "decimal", "boolean", "date", "datetime"]

_TYPES: Final[dict[Any, FieldType]] = {
    str: "text",
    int: "integer",
    Decimal: "decimal",
    bool: "boolean",
    dt.date: "date",
    dt.datetime: "datetime",
}
_OWN, _CONCEPT, _WEAK = 1.0, 0.97, 0.65
#: How labels of percentages end, as labels are compared.
_RATES: Final = ("rate", "percent", "percentage", "pct", "satz", "prozent", "taux", "tarief", "aliquota", "tipoiva", "share", "anteil")
_LONGEST_DESCRIPTION: Final = 5


class Wanted(NamedTuple):
    """A field to look for: its path and type, how texts are read, its labels (as compared) with their weight, and what values it takes.

    ``pattern`` is what the whole text must look like, where the model says so. A field of a nested model belongs to a ``section`` of the
    document (``seller``): labels that do not name it themselves, those outside of ``own``, count less in the section of another. ``heads``
    are what the section is called. ``listed`` is the path of the list that it is a field of the items of: ``lines`` for ``lines[*].total``.
    """

    path: str
    type: FieldType
    kind: TextKind
    labels: Mapping[str, float]
    choices: tuple[str, ...]
    adapter: pydantic.TypeAdapter[Any]
    concept: str = ""
    pattern: str = ""
    section: str = ""
    own: frozenset[str] = frozenset()
    heads: tuple[str, ...] = ()
    listed: str = ""

    @property
    def is_rate(self) -> bool:
        """Whether percentages are its values: a tax rate, an interest rate, a share."""
        named = (key for key, weight in self.labels.items() if weight == _OWN)
        return self.concept == "tax rate" or (not self.concept and any(key.endswith(_RATES) for key in named))

    def accepted(self, value: Value) -> Value | None:
        """``value`` as the model takes it, or None when a constraint refuses it."""
        try:
            taken = self.adapter.validate_python(value)
        except pydantic.ValidationError:
            return None
        taken = taken.value if isinstance(taken, Enum) else taken
        return taken if type(taken) in _TYPES else value

    def item(self, number: int) -> str:
        """The path of this field in item ``number`` of its list."""
        return self.path.replace("[*]", f"[{number}]", 1)


def wanted(model: type[pydantic.BaseModel], labels: Mapping[str, Sequence[str]]) -> tuple[Wanted, ...]:
    """The fields of ``model``, those of nested models with dotted paths, those of lists as ``lines[*].total``; ``labels`` overrides what
    some are called.

    Raises ``ValueError`` for a float and other types that a field of a document cannot have, for lists of anything but flat models, for a
    model that contains itself, and for a path in ``labels`` that the model does not have.
    """
    found = tuple(_fields(model, _Place(labels=labels)))
    unknown = set(labels) - {field.path for field in found}
    if unknown:
        raise ValueError(f"labels are given for {', '.join(sorted(unknown))}, but the model has {', '.join(field.path for field in found)}")
    return found


class _Place(NamedTuple):
    """Where in the outermost model a model stands."""

    labels: Mapping[str, Sequence[str]]
    prefix: str = ""
    outer: tuple[type, ...] = ()
    listed: str = ""
    heads: tuple[str, ...] = ()


def _fields(model: type[pydantic.BaseModel], place: _Place) -> Iterator[Wanted]:
    if model in place.outer:
        raise ValueError(f"{model.__name__} contains itself; only models of a fixed depth can be looked for")
    for name, info in model.model_fields.items():
        path = f"{place.prefix}{name}"
        kind = _bare(info.annotation)
        inner = place._replace(outer=(*place.outer, model))
        item = _item(kind)
        if item is not None:
            if place.listed:
                raise ValueError(f"{path} is a list within the list {place.listed}; the items of a list have single values")
            yield from _fields(item, inner._replace(prefix=f"{path}[*].", listed=path, heads=tuple(map(label_key, _names(name, info)))))
        elif isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            if place.listed:
                raise ValueError(f"{path} is a model within the items of {place.listed}; the items of a list have single values")
            yield from _fields(kind, inner._replace(prefix=f"{path}.", heads=tuple(map(label_key, _names(name, info)))))
        else:
            yield _wanted(path, _type(kind, path), info, _model_names(model), place)


def _wanted(path: str, types: tuple[FieldType, tuple[str, ...]], info: FieldInfo, models: list[str], place: _Place) -> Wanted:
    type_, choices = types
    name = " ".join(name_words(path.rpartition(".")[2]))
    owner = place.prefix.rstrip(".").rpartition(".")[2].removesuffix("[*]")
    owners = [owner, "line"] if place.listed else [owner, *models]
    particular = [f"{other} {name}" for words in map(name_words, owners) for other in [" ".join(words), *words] if other]
    keys = [label_key(label) for label in (*particular, name, *_given(info))]
    concept = (column_named(keys) if place.listed else None) or concept_named(keys)
    override = place.labels.get(path)
    own = frozenset(label_key(label) for label in override or particular)
    if override is not None:
        weights = dict.fromkeys(own, _OWN)
    else:
        weights = dict.fromkeys(concept.weak_keys(), _WEAK) | dict.fromkeys(concept.label_keys(), _CONCEPT) if concept else {}
        weights |= dict.fromkeys(keys, _OWN)
    if concept and override is None and label_key(name) in concept.weak_keys():
        weights[label_key(name)] = _WEAK
    weights.pop("", None)
    annotation: Any = typing.Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    marked = next((marker.name for marker in _markers(annotation) if isinstance(marker, Kind)), None)
    named = concept.kind if concept else "identifier" if label_key(name).endswith(("nr", "id", "code", "reference")) else "text"
    return Wanted(
        path,
        type_,
        marked or named,
        weights,
        choices,
        pydantic.TypeAdapter(annotation),
        concept=concept.name if concept else "",
        pattern=next((shape for marker in _markers(annotation) if (shape := _readable(getattr(marker, "pattern", None)))), ""),
        section="" if place.listed or not place.heads else section_named(place.heads) or place.heads[0],
        own=own,
        heads=place.heads,
        listed=place.listed,
    )


def _readable(pattern: Any) -> str:
    """A pattern of pydantic that can be looked for, too; empty for one that only its own engine understands."""
    text = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    try:
        re.compile(text or "")
    except re.error:
        return ""
    return text or ""


def _markers(annotation: Any) -> Iterator[Any]:
    """What stands beside the type in ``Annotated``, also within a union."""
    if typing.get_origin(annotation) is typing.Annotated:
        for marker in typing.get_args(annotation)[1:]:
            yield marker
            yield from marker.metadata if isinstance(marker, FieldInfo) else ()
    for part in typing.get_args(annotation):
        if typing.get_origin(part) is not None:
            yield from _markers(part)


def _item(kind: Any) -> type[pydantic.BaseModel] | None:
    """The model of the items of a list; None for what is no list of models."""
    if typing.get_origin(kind) in (list, tuple, Sequence):
        inner = [_bare(part) for part in typing.get_args(kind) if part is not Ellipsis]
        if len(inner) == 1 and isinstance(inner[0], type) and issubclass(inner[0], pydantic.BaseModel):
            return inner[0]
    return None


def _model_names(model: type[pydantic.BaseModel]) -> list[str]:
    """What the model and those that it derives from are called."""
    return [base.__name__ for base in model.__mro__ if issubclass(base, pydantic.BaseModel) and base is not pydantic.BaseModel]


def _names(name: str, info: FieldInfo) -> list[str]:
    return [" ".join(name_words(name)), *_given(info)]


def _given(info: FieldInfo) -> list[str]:
    own = info.json_schema_extra.get("labels", ()) if isinstance(info.json_schema_extra, dict) else ()
    labels = [str(label) for label in own] if isinstance(own, list | tuple) else []
    choices = info.validation_alias.choices if isinstance(info.validation_alias, pydantic.AliasChoices) else [info.validation_alias]
    known = dict.fromkeys(alias for alias in (info.alias, *choices, info.serialization_alias) if isinstance(alias, str))
    aliases = [" ".join(name_words(alias)) for alias in known]
    titles = [info.title] if info.title else []
    short = [info.description] if info.description and len(info.description.split()) <= _LONGEST_DESCRIPTION else []
    return [*labels, *aliases, *titles, *short]


def _bare(annotation: Any) -> Any:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        parts = [part for part in typing.get_args(annotation) if part is not type(None)]
        return _bare(parts[0]) if len(parts) == 1 else annotation
    return annotation


def _type(kind: Any, path: str) -> tuple[FieldType, tuple[str, ...]]:
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        choices = tuple(member.value for member in kind)
    else:
        choices = ()
    if choices:
        if all(isinstance(choice, str) for choice in choices):
            return "text", choices
        raise ValueError(f"{path} has choices that are not texts; give str values")
    if kind in _TYPES:
        return _TYPES[kind], ()
    if typing.get_origin(kind) in (list, tuple, set, frozenset, dict) or kind in (list, tuple, set, dict):
        raise ValueError(
            f"{path} holds several values; only lists of models are looked for: list[Line], with a model Line of single values"
        )
    hint = "; money and fractions are Decimal" if kind is float else ""
    name = getattr(kind, "__name__", kind)
    raise ValueError(f"{path} has the type {name}; take str, int, Decimal, bool, date, datetime or a nested model{hint}")
