"""A pydantic model as a setting: the class itself, or its import path."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, final

import pydantic
from pydantic_core import core_schema

from aios_sdk.errors import PipelineError

from ._modules import import_admitted


def _load(value: Any) -> type[pydantic.BaseModel]:
    found = _imported(value) if isinstance(value, str) else value
    if not (isinstance(found, type) and issubclass(found, pydantic.BaseModel)):
        raise ValueError(f"{value!r} is no pydantic model; give a class that derives from pydantic.BaseModel, or 'package.module:Model'")
    return found


def _imported(path: str) -> Any:
    try:
        return import_admitted(path)
    except PipelineError as error:
        raise ValueError(f"{error.what}. {error.fix}") from error


def _path(model: type[pydantic.BaseModel]) -> str:
    if model.__module__ == "__main__" or "<locals>" in model.__qualname__:
        where = "the script that is run" if model.__module__ == "__main__" else "a function"
        raise ValueError(
            f"the model {model.__name__} is defined in {where}, where no other process can import it; move it to the top level of a module "
            f"and give output='package.module:{model.__name__}'"
        )
    return f"{model.__module__}:{model.__qualname__}"


@final
class _ByPath:
    """Has pydantic take a model class, or its import path, and write the path."""

    def __get_pydantic_core_schema__(self, source: Any, handler: pydantic.GetCoreSchemaHandler) -> core_schema.CoreSchema:
        serialization = core_schema.plain_serializer_function_ser_schema(_path)
        return core_schema.no_info_plain_validator_function(_load, serialization=serialization)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: pydantic.GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "import-path"}

    def __repr__(self) -> str:
        return "import path"


#: A setting that holds a pydantic model, as of the values to be found: its class, or its import path ``package.module:Model``, which it is
#: in JSON and YAML. The policy is asked before a path is imported; the model's schema enters the digest of the configuration.
OutputModel: TypeAlias = Annotated[type[pydantic.BaseModel], _ByPath()]
