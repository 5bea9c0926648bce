"""Whether records have the types that they declare, and numbers that can be recorded: asked of their JSON, without making them again."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, Final

import msgspec

#: The largest integer of the store's columns and of most other systems.
_LARGEST: Final = 2**63 - 1

_Integer: Final = Annotated[int, msgspec.Meta(ge=-_LARGEST - 1, le=_LARGEST)]


@cache
def shape_check(kind: type) -> Callable[[bytes], object]:
    """What reads the JSON of records of ``kind``, a struct, and raises ``msgspec.ValidationError`` naming what has a wrong type.

    Records check their types where they are read from JSON, not where they are made; what else a record demands was held when it was made
    and is not asked again. Example::

        shape_check(Field)(canonical(fields))
    """
    return msgspec.json.Decoder(list.__class_getitem__(_shape(kind))).decode


@cache
def _shape(kind: type) -> type:
    """A struct with the fields of ``kind``, a struct, that keeps no rules but their types."""
    hints = typing.get_type_hints(kind, include_extras=True)
    fields = []
    for field in msgspec.structs.fields(kind):
        annotation = _plain(hints[field.name])
        fields.append((field.name, annotation) if field.required else (field.name, annotation | msgspec.UnsetType, msgspec.UNSET))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True, gc=False, forbid_unknown_fields=True)


def _plain(annotation: Any) -> Any:
    """``annotation`` with the structs in it by their shapes, and bounds for integers."""
    if annotation is int:
        return _Integer
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _shape(annotation)
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if not arguments or origin is typing.Literal:
        return annotation
    plain = tuple(each if each is Ellipsis else _plain(each) for each in arguments)
    if origin in (types.UnionType, typing.Union):
        return typing.Union.__getitem__(plain)
    return origin[plain]
