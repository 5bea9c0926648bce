"""Configuration of components: pydantic models, and the digest by which a memo key knows them."""

from __future__ import annotations

import datetime as dt
import hashlib
import inspect
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, Self, final

import pydantic
import pydantic.json_schema
from pydantic_core import PydanticSerializationUnexpectedValue, core_schema

from aios_sdk.errors import ConfigurationError, ContractError
from aios_sdk.records import canonical, digest, digest_file, digest_folder

from ._declare import definition
from ._names import listed, near

#: ``name``, or ``name@version`` with a number or an alias.
_MODEL: Final = re.compile(r"[A-Za-z0-9][\w.-]*(@(?:[1-9][0-9]*|[a-z][\w-]*))?", re.ASCII)

_base: Final[ContextVar[Path | None]] = ContextVar("base", default=None)


@contextmanager
def base_folder(folder: Path | None) -> Iterator[None]:
    """Within it, relative paths of input files start at ``folder``; None means the current folder.

    Example::

        with base_folder(yaml_file.parent):
            instance = registry.create("aios.rules", {"rules": "claims.rules.yaml"})
    """
    token = _base.set(folder)
    try:
        yield
    finally:
        _base.reset(token)


class ComponentConfig(pydantic.BaseModel):
    """Base of every component's ``Config``: immutable, and unknown keys are refused with the key named.

    A field marked ``pydantic.Field(json_schema_extra={"memo": False})`` does not change results and stays out of the digest. Example::

        class Config(ComponentConfig):
            language: str = "eng"
            threads: int = pydantic.Field(1, json_schema_extra={"memo": False})
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


@final
class InputFile(os.PathLike[str]):
    """A file that a configuration names; the digest of its content enters the configuration digest.

    Made of a ``str`` or path; a relative one starts at the current folder, or at the folder of the YAML file that the pipeline was read
    from. It can be given to ``open()`` and ``Path()``. Validation refuses what is no file. Example::

        class Config(ComponentConfig):
            rules: InputFile

        text = config.rules.path.read_text(encoding="utf-8")
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = (_base.get() or Path()) / path
        if not self.path.is_file():
            raise ValueError(f"there is no file {str(self.path)!r}")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the content when it was first asked for."""
        with self.path.open("rb") as file:
            return digest_file(file)[0]

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"InputFile({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InputFile) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: pydantic.GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(value: Any) -> InputFile:
            if isinstance(value, InputFile):
                return value
            if not isinstance(value, str | os.PathLike):
                raise ValueError("give the path of a file")
            return cls(value)

        def written(value: Any) -> str:
            if not isinstance(value, InputFile):
                raise PydanticSerializationUnexpectedValue("no file")  # in a union, the other kind of value is written by its own rule
            return str(value)

        serialization = core_schema.plain_serializer_function_ser_schema(written, when_used="json-unless-none")
        return core_schema.no_info_plain_validator_function(validate, serialization=serialization)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: pydantic.GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "file-path"}


@final
class ModelReference(str):
    """A trained model that a configuration names: a folder, or a model of the store that a run records in.

    ``./models/kinds``, what has a ``/`` or is a path, is a folder; a relative one starts where an `InputFile` would. ``kinds`` is the
    champion of that name in the store, ``kinds@3`` its version 3, ``kinds@challenger`` what that alias stands for. ``open`` is given the
    folder with the model's files; their digest enters the memo key and the lineage. Validation refuses a folder without files, and what
    is no name. Example::

        class Config(ComponentConfig):
            model: ModelReference | None = None

        def open(self, resources: Resources) -> None:
            self.weights = load(resources.models[self.config.model])
    """

    __slots__ = ()

    def __new__(cls, reference: str | os.PathLike[str]) -> Self:
        """Raises ``ValueError`` when it is neither a folder with files nor a name."""
        text = os.fspath(reference)
        if isinstance(reference, os.PathLike) or "/" in text or os.sep in text or text in (".", ".."):
            folder = (_base.get() or Path()) / text
            if not folder.is_dir() or not any(path.is_file() for path in folder.rglob("*")):
                raise ValueError(f"there is no folder with the files of a model at {str(folder)!r}")
            return super().__new__(cls, folder if os.sep in str(folder) else f".{os.sep}{folder}")
        if not _MODEL.fullmatch(text):
            raise ValueError(
                f"{text!r} names no model; write its name, 'name@3', 'name@champion', or the path of a folder such as './kinds'"
            )
        return super().__new__(cls, text)

    @property
    def folder(self) -> Path | None:
        """The folder, where it is one; None for a model of the store."""
        return Path(self) if os.sep in self else None

    @property
    def name(self) -> str:
        """The name of a model of the store; empty for a folder."""
        return "" if os.sep in self else self.partition("@")[0]

    @property
    def version(self) -> str:
        """The version or alias of a model of the store, ``champion`` where none is said; empty for a folder."""
        return "" if os.sep in self else self.partition("@")[2] or "champion"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: pydantic.GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(value: Any) -> ModelReference:
            if isinstance(value, ModelReference):
                return value
            if not isinstance(value, str | os.PathLike):
                raise ValueError("give the name of a model, or the path of its folder")
            return cls(value)

        serialization = core_schema.plain_serializer_function_ser_schema(str, when_used="json-unless-none")
        return core_schema.no_info_plain_validator_function(validate, serialization=serialization)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: core_schema.CoreSchema, handler: pydantic.GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "model"}


def model_references(config: ComponentConfig) -> tuple[ModelReference, ...]:
    """The models that a configuration names, each once, in the order of its fields."""
    return tuple(dict.fromkeys(_references(config)))


def _references(value: Any) -> Iterator[ModelReference]:
    if isinstance(value, ModelReference):
        yield value
    elif isinstance(value, pydantic.BaseModel):
        for name in type(value).model_fields:
            yield from _references(getattr(value, name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _references(item)


class _NoConfig(ComponentConfig):
    pass


class _Schema(pydantic.json_schema.GenerateJsonSchema):
    # A default that JSON cannot hold, such as a class, is left out of the schema; that is no cause for a warning.
    ignored_warning_kinds: ClassVar[set[pydantic.json_schema.JsonSchemaWarningKind]] = {"skipped-choice", "non-serializable-default"}  # type: ignore[misc]  # an instance attribute in pydantic's types


def config_class(component: type) -> type[ComponentConfig]:
    """The ``Config`` of a component class, or one without settings. Raises `ContractError` when it cannot serve as one."""
    found = getattr(component, "Config", _NoConfig)
    problem = ""
    if not isinstance(found, type) or not issubclass(found, ComponentConfig):
        problem = "is no subclass of ComponentConfig"
    elif inspect.isabstract(found):
        problem = f"is abstract; it lacks {listed(sorted(found.__abstractmethods__))}"
    if problem:
        raise ContractError(
            f"Config of {component.__qualname__} {problem}\n{definition(found)}",
            fix="Write 'class Config(ComponentConfig):' with plain annotated fields",
            component=component.__qualname__,
        )
    return found


def config_schema(component: type) -> str:
    """The JSON schema of a component's ``Config`` as compact JSON text with sorted keys; empty when it has none."""
    if not hasattr(component, "Config"):
        return ""
    try:
        return canonical(config_class(component).model_json_schema(schema_generator=_Schema)).decode()
    except pydantic.PydanticInvalidForJsonSchema as error:
        raise ContractError(
            f"Config of {component.__qualname__} has no JSON schema: {error.message}\n{definition(component)}",
            fix="Give the field Annotated[..., pydantic.WithJsonSchema({...})]",
            component=component.__qualname__,
        ) from error


def validated(component: str, kind: type[ComponentConfig], given: Mapping[str, Any] | ComponentConfig) -> ComponentConfig:
    """``given`` as the component's configuration.

    Raises `ConfigurationError` that names each wrong key, what was given and what is allowed.
    """
    if isinstance(given, kind):
        return given
    try:
        return kind.model_validate(dict(given))
    except pydantic.ValidationError as error:
        problems = error.errors(include_url=False)
        raise ConfigurationError(
            f"The configuration of {component} is wrong: " + "; ".join(_problem(problem) for problem in problems),
            fix=_fix(kind, problems),
            component=component,
        ) from error


def _problem(problem: Any) -> str:
    key = ".".join(map(str, problem["loc"])) or "it"
    if problem["type"] == "extra_forbidden":
        return f"there is no key {key!r}"
    if problem["type"] == "missing":
        return f"the key {key!r} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key} = {_shown(problem['input'])}: {message[:1].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _fix(kind: type[ComponentConfig], problems: list[Any]) -> str:
    keys = list(kind.model_fields)
    unknown = [str(problem["loc"][-1]) for problem in problems if problem["type"] == "extra_forbidden"]
    hints = [hint for name in unknown if (hint := near(name, keys))]
    return " ".join([*hints, f"Allowed keys: {', '.join(keys) or 'none'}"])


def config_json(config: ComponentConfig) -> str:
    """A configuration as canonical JSON, for the record: files by path and content, models by path and schema, secrets only as such.

    Raises ``TypeError`` naming the field that has no canonical form.
    """
    return canonical({name: _plain(getattr(config, name), (name,)) for name in type(config).model_fields}).decode()


def config_digest(config: ComponentConfig) -> str:
    """SHA-256 of the canonical JSON of a configuration: files by content, models by schema, without fields marked ``{"memo": False}``.

    Raises ``TypeError`` naming the field that has no canonical form, such as one that holds a function.
    """
    return digest(canonical(_fields(config, ())))


def _fields(config: pydantic.BaseModel, place: tuple[str, ...]) -> dict[str, Any]:
    found = {}
    for name, field in type(config).model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get("memo") is False):
            found[name] = _plain(getattr(config, name), (*place, name))
    return found


def _plain(value: Any, place: tuple[str, ...]) -> Any:
    if isinstance(value, ModelReference):
        return {"model": str(value) if value.folder is None else digest_folder(value.folder)}
    if value is None or (
        isinstance(value, bool | int | float | str | Decimal | dt.date | dt.time | dt.timedelta) and not isinstance(value, Enum)
    ):
        return value
    if isinstance(value, InputFile):
        return {"file": value.digest}
    if isinstance(value, pydantic.BaseModel):
        return _fields(value, place)
    if isinstance(value, Enum):
        return _plain(value.value, place)
    if isinstance(value, pydantic.SecretStr | pydantic.SecretBytes):
        return {"secret": True}
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, bytes):
        return {"bytes": hashlib.sha256(value).hexdigest()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item, (*place, str(key))) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted((_plain(item, place) for item in value), key=canonical)
    if isinstance(value, list | tuple):
        return [_plain(item, (*place, str(number))) for number, item in enumerate(value)]
    if isinstance(value, type) and issubclass(value, pydantic.BaseModel):
        return {"model": f"{value.__module__}:{value.__qualname__}", "schema": value.model_json_schema()}
    raise TypeError(f"{'.'.join(place)} holds a {type(value).__name__}, which has no canonical form")
