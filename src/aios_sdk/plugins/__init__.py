"""Who does the work: declaring components, finding installed ones without importing them, choosing, checking and making them.

Names are imported when first used, so that listing plugins costs no import of pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._admission import STATES, Entry, Plugin, State
    from ._build import build_manifest
    from ._checks import HOOKS, Checked, check_component
    from ._config import ComponentConfig, InputFile, ModelReference, base_folder, model_references
    from ._declare import Provided, component, declaration_of
    from ._diagnosis import Finding, findings
    from ._discovery import installed_versions
    from ._instance import Implementation, Instance
    from ._lock import LOCK_FILE, Difference, Lock, Locked, alteration
    from ._manifest import MANIFEST_FILE, ComponentInfo, Isolation, Manifest, Unit, manifest_text, parse_manifest
    from ._modules import import_admitted, import_object
    from ._names import normalised_distribution
    from ._needs import Needs, secret_name
    from ._output import OutputModel
    from ._policy import InForce, Policy, in_force
    from ._registry import Choice, Registry
    from ._unmatched import Unmatched, unmatched

__all__ = [
    "HOOKS",
    "LOCK_FILE",
    "MANIFEST_FILE",
    "STATES",
    "Checked",
    "Choice",
    "ComponentConfig",
    "ComponentInfo",
    "Difference",
    "Entry",
    "Finding",
    "Implementation",
    "InForce",
    "InputFile",
    "Instance",
    "Isolation",
    "Lock",
    "Locked",
    "Manifest",
    "ModelReference",
    "Needs",
    "OutputModel",
    "Plugin",
    "Policy",
    "Provided",
    "Registry",
    "State",
    "Unit",
    "Unmatched",
    "alteration",
    "base_folder",
    "build_manifest",
    "check_component",
    "component",
    "declaration_of",
    "findings",
    "import_admitted",
    "import_object",
    "in_force",
    "installed_versions",
    "manifest_text",
    "model_references",
    "normalised_distribution",
    "parse_manifest",
    "secret_name",
    "unmatched",
]

_HOME: Final = homes(
    _admission="STATES Entry Plugin State",
    _build="build_manifest",
    _checks="HOOKS Checked check_component",
    _config="ComponentConfig InputFile ModelReference base_folder model_references",
    _declare="Provided component declaration_of",
    _diagnosis="Finding findings",
    _discovery="installed_versions",
    _instance="Implementation Instance",
    _lock="LOCK_FILE Difference Lock Locked alteration",
    _manifest="MANIFEST_FILE ComponentInfo Isolation Manifest Unit manifest_text parse_manifest",
    _modules="import_admitted import_object",
    _names="normalised_distribution",
    _needs="Needs secret_name",
    _output="OutputModel",
    _policy="InForce Policy in_force",
    _registry="Choice Registry",
    _unmatched="Unmatched unmatched",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
