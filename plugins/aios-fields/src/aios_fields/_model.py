"""A pydantic model as a setting: the class itself, or its import path."""

from __future__ import annotations

import importlib
from functools import reduce
from typing import Annotated, Any, TypeAlias

import pydantic


def _load(value: Any) -> type[pydantic.BaseModel]:
    found = _imported(value) if isinstance(value, str) else value
    if not (isinstance(found, type) and issubclass(found, pydantic.BaseModel)):
        raise ValueError(f"{value!r} is no pydantic model; give a class that derives from pydantic.BaseModel, or 'package.module:Model'")
    return found


def _imported(path: str) -> Any:
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise ValueError(f"{path!r} is no import path; write it as 'package.module:Model'")
    try:
        return reduce(getattr, name.split("."), importlib.import_module(module))
    except ImportError as error:
        raise ValueError(f"{path!r} cannot be imported: {error}; is it installed, or is its folder missing on PYTHONPATH?") from error
    except AttributeError as error:
        raise ValueError(f"the module {module!r} has no {name!r}") from error


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
