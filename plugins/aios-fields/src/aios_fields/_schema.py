"""A pydantic model as the list of fields to look for."""

from __future__ import annotations

import datetime as dt
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, Union

import pydantic
from pydantic.fields import FieldInfo

from ._values import Value
from ._vocabulary import TextKind, concept_named
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
_LONGEST_DESCRIPTION: Final = 5


class Wanted(NamedTuple):
    """A field to look for: its path and type, how texts are read, its labels (as compared) with their weight, and what values it takes."""

    path: str
    type: FieldType
    kind: TextKind
    labels: Mapping[str, float]
    choices: tuple[str, ...]
    adapter: pydantic.TypeAdapter[Any]

    def accepted(self, value: Value) -> Value | None:
        """``value`` as the model takes it, or None when a constraint refuses it."""
        try:
            taken = self.adapter.validate_python(value)
        except pydantic.ValidationError:
            return None
        taken = taken.value if isinstance(taken, Enum) else taken
        return taken if type(taken) in _TYPES else value


def wanted(model: type[pydantic.BaseModel], labels: Mapping[str, Sequence[str]]) -> tuple[Wanted, ...]:
    """The fields of ``model``, those of nested models with dotted paths; ``labels`` overrides what some are called.

    Raises ``ValueError`` for a list, a float and other types that a field of a document cannot have, for a model that contains itself, and
    for a path in ``labels`` that the model does not have.
    """
    found = tuple(_fields(model, "", (), labels))
    unknown = set(labels) - {field.path for field in found}
    if unknown:
        raise ValueError(f"labels are given for {', '.join(sorted(unknown))}, but the model has {', '.join(field.path for field in found)}")
    return found


def _fields(model: type[pydantic.BaseModel], prefix: str, outer: tuple[type, ...], labels: Mapping[str, Sequence[str]]) -> Iterator[Wanted]:
    if model in outer:
        raise ValueError(f"{model.__name__} contains itself; only models of a fixed depth can be looked for")
    for name, info in model.model_fields.items():
        path = f"{prefix}{name}"
        kind = _bare(info.annotation)
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            yield from _fields(kind, f"{path}.", (*outer, model), labels)
            continue
        type_, choices = _type(kind, path)
        yield _wanted(path, type_, choices, info, (prefix.rstrip(".").rpartition(".")[2], model.__name__), labels.get(path))


def _wanted(
    path: str, type_: FieldType, choices: tuple[str, ...], info: FieldInfo, owners: tuple[str, ...], override: Sequence[str] | None
) -> Wanted:
    name = " ".join(name_words(path.rpartition(".")[2]))
    particular = [f"{owner} {name}" for words in map(name_words, owners) for owner in [" ".join(words), *words] if owner]
    concept = concept_named([label_key(label) for label in (*particular, name, *_given(info))])
    if override is not None:
        weights = {label_key(label): _OWN for label in override}
    else:
        weights = dict.fromkeys(concept.weak_keys(), _WEAK) | dict.fromkeys(concept.label_keys(), _CONCEPT) if concept else {}
        weights |= {label_key(label): _OWN for label in (*particular, name, *_given(info))}
    if concept and override is None and label_key(name) in concept.weak_keys():
        weights[label_key(name)] = _WEAK
    weights.pop("", None)
    annotation: Any = typing.Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
    adapter: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(annotation)
    kind: TextKind = concept.kind if concept else "identifier" if label_key(name).endswith(("nr", "id", "code", "reference")) else "text"
    return Wanted(path, type_, kind, weights, choices, adapter)


def _given(info: FieldInfo) -> list[str]:
    own = info.json_schema_extra.get("labels", ()) if isinstance(info.json_schema_extra, dict) else ()
    labels = [str(label) for label in own] if isinstance(own, list | tuple) else []
    aliases = [" ".join(name_words(alias)) for alias in (info.alias, info.validation_alias) if isinstance(alias, str)]
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
        raise ValueError(f"{path} holds several values; lists are not looked for yet: leave it out of the model, or read tables")
    hint = "; money and fractions are Decimal" if kind is float else ""
    name = getattr(kind, "__name__", kind)
    raise ValueError(f"{path} has the type {name}; take str, int, Decimal, bool, date, datetime or a nested model{hint}")
