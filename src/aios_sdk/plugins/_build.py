"""Writing a manifest from the code: the code is the source, the manifest is compiled."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec

from aios_sdk import __version__
from aios_sdk.errors import ManifestError
from aios_sdk.stages import STAGE_VERSIONS, STAGES

from ._checks import check_component
from ._declare import is_declared
from ._manifest import Manifest


def build_manifest(package: str, *, sdk: str | None = None) -> Manifest:
    """The manifest of every component declared in ``package`` and its modules, all of which are imported and checked.

    ``sdk`` is the range of SDK versions, by default from this minor version to below the next major one. Raises `ContractError` for a
    component that breaks the contract, `ManifestError` when there is none, and ``ImportError``. Example::

        print(manifest_text(build_manifest("acme_ocr")))
    """
    found = {id(code): code for module in _modules(package) for code in vars(module).values() if _is_own(code, package)}
    infos = sorted(
        (msgspec.structs.replace(check_component(code).info, object=_object(package, code)) for code in found.values()),
        key=lambda info: info.id,
    )
    if not infos:
        raise ManifestError(
            f"The package {package!r} declares no component", fix="Put @component('namespace.name') above a class or function"
        )
    used = {stage for info in infos for stage in info.stages}
    values = {
        "namespace": infos[0].namespace,
        "sdk": sdk or until_next_major(),
        "contract": {stage: STAGE_VERSIONS[stage] for stage in STAGES if stage in used},
        "components": [msgspec.to_builtins(info) for info in infos],
    }
    try:
        return msgspec.convert(values, Manifest)
    except msgspec.ValidationError as error:
        raise ManifestError(
            f"The components of {package!r} make no manifest: {error}", fix="Give all of them ids of one namespace, each once"
        ) from error


def _modules(package: str) -> Iterator[ModuleType]:
    top = importlib.import_module(package)
    yield top
    for found in pkgutil.walk_packages(getattr(top, "__path__", ()), f"{package}."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _is_own(code: Any, package: str) -> bool:
    return is_declared(code) and f"{code.__module__}.".startswith(f"{package}.")


def _object(package: str, code: Any) -> str:
    # What the package itself exports stays the same when its modules are rearranged.
    home = package if getattr(importlib.import_module(package), code.__name__, None) is code else code.__module__
    return f"{home}:{code.__qualname__}"


def until_next_major() -> str:
    """The range of SDK versions for what is written with this one: from this minor version to below the next major one, ``>=0.1,<1``.

    Adapters keep what was written for older contracts running; a closer bound would refuse it before one could be reached.
    """
    major, minor = __version__.split(".")[:2]
    return f">={major}.{minor},<{int(major) + 1}"
