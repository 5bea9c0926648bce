"""Modules that pipeline files and settings name, ``claims.models:Invoice``: imported if the policy admits that."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from aios_sdk.errors import PipelineError, PluginDenied

if TYPE_CHECKING:
    from ._registry import Registry

_registry: Final[ContextVar[Registry | None]] = ContextVar("registry", default=None)


@contextmanager
def on_behalf_of(registry: Registry) -> Iterator[None]:
    """Within it the policy of ``registry`` decides."""
    token = _registry.set(registry)
    try:
        yield
    finally:
        _registry.reset(token)


def import_admitted(path: str) -> Any:
    """The object at ``package.module:Name``, for what is named in pipeline files and settings.

    The policy is asked before anything is imported: that of the registry for which a component is being made, else that of this process.
    Where everything is allowed and nothing locked, any module may be named but those of plugins that are denied; else those that
    ``modules`` of ``[plugins]`` names, and those of admitted plugins. Raises `PluginDenied`, and `PipelineError` when the object cannot be
    imported. Example::

        model = import_admitted("claims.models:Invoice")
    """
    _check(path.partition(":")[0], path)
    return import_object(path)


def import_object(path: str) -> Any:
    """The object at ``package.module:Name``; nobody is asked. Raises `PipelineError` when it cannot be imported."""
    module, colon, name = path.partition(":")
    if not (module and colon and name):
        raise PipelineError(f"Cannot import {path!r}: it is no import path", fix="Write it as 'package.module:Name'")
    try:
        return reduce(getattr, name.split("."), importlib.import_module(module))
    except ImportError as error:
        raise PipelineError(
            f"Cannot import {path!r}: {error}", fix="Check the name, that the module is installed, or that its folder is on PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise PipelineError(f"Cannot import {path!r}: {error}", fix=f"Check the name in the module {module!r}") from error


def _check(module: str, path: str) -> None:
    from ._registry import Registry

    registry = _registry.get() or Registry.default()
    owner = registry.owner(module)
    if owner is not None:
        denial = next((entry.failure for entry in owner.entries if isinstance(entry.failure, PluginDenied)), None)
        if denial is not None:
            raise PluginDenied(f"{path} is not imported: it belongs to {owner.name}. {denial.what}", fix=denial.fix)
        if owner.is_usable:
            return
    if registry.policy.restricts and not registry.policy.names_module(module):
        why = f"under the lock {registry.policy.lock.path}" if registry.policy.lock else "where not everything is allowed"
        raise PluginDenied(
            f"{path} is not imported: modules does not name {module!r}",
            cause=f"A pipeline file or a setting names it, and {why} only modules that are named there are imported",
            fix=f'Add "{module}" to modules of [plugins] in aios.toml, or to AIOS_PLUGINS_MODULES',
        )
