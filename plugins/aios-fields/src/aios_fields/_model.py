"""A pydantic model as a setting: the class itself, or its import path."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import pydantic

from aios_sdk import PipelineError, import_admitted


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


#: A pydantic model class; in JSON and YAML its import path ``package.module:Model``.
ModelClass: TypeAlias = Annotated[
    type[pydantic.BaseModel],
    pydantic.BeforeValidator(_load),
    pydantic.PlainSerializer(_path, return_type=str),
    pydantic.WithJsonSchema({"type": "string", "format": "import-path"}),
]
