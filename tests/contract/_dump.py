"""The contract as data: every signature, record and name that a plugin may rely on, each a part under a key of its own.

A part says what it ``is``, and what of it counts: ``type``, ``default``, ``position`` (where it may be given by position), ``returns``,
``values``, ``bases``, ``order`` (of fields), ``settings``. Names that only hosts use (pipelines, the engine, the store, the registry) are
not in it.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
import re
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

import aios_sdk
from aios_sdk import errors, expressions, plugins, records, stages
from aios_sdk.expressions import _functions
from aios_sdk.plugins import _discovery, _manifest

Part: TypeAlias = dict[str, Any]
Parts: TypeAlias = dict[str, Part]

#: Of what `aios_sdk` exports, these rooms and names are for hosts; and these are taken up in a form of their own.
_FOR_HOSTS = {"engine", "pipelines", "store", "Policy", "Registry"}
_APART = {"STAGES", "Stage", "Stages", "implements"}
_ALIASES = {
    errors: ("Category",),
    records: ("Kind", "Layer", "Severity", "Status", "StepStatus", "TextMethod", "Value", "ValueType"),
    stages: ("Stage",),
    plugins: ("Isolation", "Unit"),
}
#: What makes a record what it is, in Python and as JSON, whose bytes enter ids.
_SETTINGS = ("frozen", "forbid_unknown_fields", "omit_defaults", "array_like", "tag")
#: Special methods that are called by writing an operator or a loop.
_OPERATORS = re.compile(
    "__(lt|le|gt|ge|eq|ne|r?add|r?sub|r?mul|r?truediv|neg|abs|round|r?and|r?or|invert|getitem|len|iter|contains|fspath|bool)__"
)


def contract() -> Parts:
    """All parts of the contract as the code has it now, sorted by key."""
    return dict(sorted(_parts()))


def text(parts: Parts) -> str:
    """Parts as JSON, one a line; what `read` gives back."""
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(part, sort_keys=True)}" for key, part in sorted(parts.items())) + "\n}\n"


def read(written: str) -> Parts:
    """The parts in a text that `text` made."""
    return dict(json.loads(written))


def _parts() -> Iterator[tuple[str, Part]]:
    for stage in stages.STAGES:
        yield f"stage {stage}", {"is": "stage", "version": stages.STAGE_VERSIONS[stage]}
    yield "manifest", {"is": "manifest", "version": _manifest.MANIFEST_VERSION}
    yield "manifest file", {"is": "constant", "value": _manifest.MANIFEST_FILE}
    yield "entry point group", {"is": "constant", "value": _discovery.GROUP}
    yield "implements", {"is": "constant", "value": stages.implements.project_name}
    for name, hook in vars(stages.Stages).items():
        if not name.startswith("_"):
            yield from _hook(name, hook)
    for name, room in aios_sdk._HOME.items():
        if not {room, name} & _FOR_HOSTS and name not in _APART:
            yield from _named(name, getattr(aios_sdk, name))
    for module, names in _ALIASES.items():
        for name in names:
            yield name, {"is": "alias", "values": _values(getattr(module, name))}
    yield from _class("Candidates", records.Candidates)
    for schema in (plugins.Manifest, plugins.ComponentInfo):
        yield from _class(schema.__name__, schema, members=False)
    yield from _language()


def _language() -> Iterator[tuple[str, Part]]:
    for name in expressions.__all__:
        if name not in aios_sdk.__all__ or name == "Reference":
            yield from _named(f"expressions.{name}", getattr(expressions, name))
    for name, (least, most) in _functions.ARITIES.items():
        yield f"language {name}", {"is": "language", "values": _ways(name), "least": least, "most": most}
    for name in set(_functions.OVERLOADS) - set(_functions.ARITIES):
        yield f"language {name}", {"is": "language", "values": _ways(name)}
    yield "language of members", {"is": "language", "values": sorted(_functions.AGGREGATES)}


def _ways(name: str) -> list[str]:
    return [f"({', '.join(map(str, way.params))}) -> {way.result}" for way in _functions.OVERLOADS.get(name, ())]


def _hook(name: str, hook: Callable[..., Any]) -> Iterator[tuple[str, Part]]:
    from aios_sdk.plugins._adapters import stage_of

    function = inspect.signature(hook)
    yield f"hook {name}()", {"is": "hook", "stage": stage_of(name), "returns": _type(function.return_annotation)}
    for position, argument in enumerate(list(function.parameters.values())[1:]):
        yield f"hook {name}({argument.name})", {"is": "argument", **_parameter(argument, position)}


def _named(name: str, value: Any) -> Iterator[tuple[str, Part]]:
    if isinstance(value, type):
        yield from _class(name, value)
    elif inspect.isroutine(value):
        yield from _function(name, value)
    elif isinstance(value, Mapping):
        yield name, {"is": "names", "values": [f"{key}: {item}" for key, item in value.items()]}
    elif typing.get_args(value):
        yield name, {"is": "alias", "values": _values(value)}
    else:
        yield name, {"is": "constant", "value": str(value)}


# -- classes -----------------------------------------------------------------------------------------------------------------


def _class(name: str, kind: type, *, members: bool = True) -> Iterator[tuple[str, Part]]:
    part: Part = {"is": "class", "bases": [base.__name__ for base in kind.__bases__ if base not in (object, typing.Generic)]}
    fields = list(_fields(kind))
    if issubclass(kind, errors.AiosError):
        said = {each: getattr(kind, each) for each in ("code", "category", "retryable") if hasattr(kind, each)}
        part = {**part, "is": "error", **said}
    elif fields:
        form = "tuple" if issubclass(kind, tuple) else "record"
        part = {**part, "is": form, "order": [field for field, _ in fields]}
        if issubclass(kind, msgspec.Struct):
            part["settings"] = [each for each in _SETTINGS if getattr(kind.__struct_config__, each)]
    elif issubclass(kind, plugins.ComponentConfig):
        part["settings"] = [f"{key}: {value}" for key, value in sorted(kind.model_config.items())]
    yield name, part
    for field, about in fields:
        yield f"{name}.{field}", {"is": "field", **about}
    if not members:
        return
    if not fields and inspect.isfunction(vars(kind).get("__init__")) and not getattr(kind, "_is_protocol", False):
        yield from _function(name, vars(kind)["__init__"], bound=True)
    for member, value in vars(kind).items():
        place = f"{name}.{member}"
        if member.startswith("_") and not _OPERATORS.fullmatch(member):
            continue
        if isinstance(value, property):
            yield place, {"is": "property", "type": _type(inspect.signature(value.fget).return_annotation)}  # type: ignore[arg-type]
        elif isinstance(value, functools.cached_property):
            yield place, {"is": "property", "type": _type(inspect.signature(value.func).return_annotation)}
        elif isinstance(value, classmethod):
            yield from _function(place, value.__func__, bound=True)
        elif inspect.isfunction(value):
            yield from _function(place, value, bound=True)


def _fields(kind: type) -> Iterator[tuple[str, Part]]:
    """The fields of a record, however it is made, in their order."""
    if issubclass(kind, msgspec.Struct):
        by_position = kind.__match_args__
        for field in msgspec.structs.fields(kind):
            about: Part = {"type": _annotation(kind, field.name)}
            if not field.required:
                about["default"] = _literal(field.default if field.default is not msgspec.NODEFAULT else field.default_factory())  # type: ignore[operator]
            if field.name in by_position:
                about["position"] = by_position.index(field.name)
            yield field.name, about
    elif issubclass(kind, tuple):
        for position, name in enumerate(kind._fields):  # type: ignore[attr-defined]
            defaults = kind._field_defaults  # type: ignore[attr-defined]
            yield (
                name,
                {
                    "type": _annotation(kind, name),
                    "position": position,
                    **({"default": _literal(defaults[name])} if name in defaults else {}),
                },
            )
    elif dataclasses.is_dataclass(kind):
        for position, field in enumerate(dataclasses.fields(kind)):
            about = {"type": _annotation(kind, field.name)}
            if field.default is not dataclasses.MISSING:
                about["default"] = _literal(field.default)
            elif field.default_factory is not dataclasses.MISSING:
                about["default"] = _literal(field.default_factory())
            if not field.kw_only:
                about["position"] = position
            if not field.name.startswith("_"):
                yield field.name, about


def _annotation(kind: type, name: str) -> str:
    return next(_type(found[name]) for each in kind.__mro__ if name in (found := inspect.get_annotations(each)))


# -- functions ---------------------------------------------------------------------------------------------------------------


def _function(name: str, function: Callable[..., Any], *, bound: bool = False) -> Iterator[tuple[str, Part]]:
    signature = inspect.signature(function)
    yield f"{name}()", {"is": "function", "returns": _type(signature.return_annotation)}
    for position, parameter in enumerate(list(signature.parameters.values())[1 if bound else 0 :]):
        yield f"{name}({parameter.name})", {"is": "parameter", **_parameter(parameter, position)}


def _parameter(parameter: inspect.Parameter, position: int) -> Part:
    part: Part = {"type": _type(parameter.annotation)}
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return {**part, "default": "any number"}
    if parameter.default is not parameter.empty:
        part["default"] = _literal(parameter.default)
    if parameter.kind is not parameter.KEYWORD_ONLY:
        part["position"] = position
    return part


# -- values ------------------------------------------------------------------------------------------------------------------


def _type(annotation: Any) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    written = getattr(annotation, "__forward_arg__", annotation)
    return written if isinstance(written, str) else written.__name__ if isinstance(written, type) else str(written)


def _values(alias: Any) -> list[str]:
    return [value if isinstance(value, str) else _type(value) for value in typing.get_args(alias)]


def _literal(value: Any) -> str:
    # What a record holds by default is said where that record is.
    return f"{type(value).__name__}()" if isinstance(value, msgspec.Struct) else repr(value)
