"""Who does the work: declaring components, finding installed ones without importing them, choosing, checking and making them.

Names are imported when first used, so that listing plugins costs no import of pydantic.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ._admission import STATES, Entry, Plugin, State
    from ._build import build_manifest
    from ._checks import HOOKS, Checked, check_component
    from ._config import ComponentConfig, InputFile, base_folder
    from ._declare import Provided, component, declaration_of
    from ._instance import Implementation, Instance
    from ._manifest import MANIFEST_FILE, ComponentInfo, Isolation, Manifest, Unit, manifest_text, parse_manifest
    from ._names import normalised_distribution
    from ._policy import Policy
    from ._registry import Choice, Registry

__all__ = [
    "HOOKS",
    "MANIFEST_FILE",
    "STATES",
    "Checked",
    "Choice",
    "ComponentConfig",
    "ComponentInfo",
    "Entry",
    "Implementation",
    "InputFile",
    "Instance",
    "Isolation",
    "Manifest",
    "Plugin",
    "Policy",
    "Provided",
    "Registry",
    "State",
    "Unit",
    "base_folder",
    "build_manifest",
    "check_component",
    "component",
    "declaration_of",
    "manifest_text",
    "normalised_distribution",
    "parse_manifest",
]

_MODULES: Final = {
    "_admission": ("STATES", "Entry", "Plugin", "State"),
    "_build": ("build_manifest",),
    "_checks": ("HOOKS", "Checked", "check_component"),
    "_config": ("ComponentConfig", "InputFile", "base_folder"),
    "_declare": ("Provided", "component", "declaration_of"),
    "_instance": ("Implementation", "Instance"),
    "_manifest": ("MANIFEST_FILE", "ComponentInfo", "Isolation", "Manifest", "Unit", "manifest_text", "parse_manifest"),
    "_names": ("normalised_distribution",),
    "_policy": ("Policy",),
    "_registry": ("Choice", "Registry"),
}
_HOME: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
