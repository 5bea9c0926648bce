"""From a distribution to its standing: read its manifest, compare versions, ask the policy; no code of it is imported."""

from __future__ import annotations

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, final

from aios_sdk import __version__
from aios_sdk.errors import AiosError, ManifestError, PluginDenied, PluginError
from aios_sdk.stages import STAGE_VERSIONS

from ._discovery import Distribution, distributions, read_manifest
from ._manifest import ComponentInfo, Manifest, parse_manifest
from ._names import listed
from ._policy import Policy
from ._versions import in_range

if TYPE_CHECKING:
    from ._checks import Checked

#: How far a plugin or component has come, in this order; only the last two run its code.
State: TypeAlias = Literal["discovered", "compatible", "allowed", "loaded", "active"]
STATES: Final[tuple[State, ...]] = ("discovered", "compatible", "allowed", "loaded", "active")

_log: Final = logging.getLogger("aios.plugins")


@final
class Entry:
    """One component in the registry: what is declared about it, who ships it and how far it has come.

    Attributes:
        info: its declaration; plugin: the distribution's plugin that ships it, None when it was added in memory.
        code, checked: its class or function and what the checks of its hooks found, once it is loaded.
        state: how far it has come; failure: why it came no further, None when it is well.
    """

    def __init__(self, info: ComponentInfo, plugin: Plugin | None, code: Any = None, checked: Checked | None = None) -> None:
        self.info = info
        self.plugin: Final = plugin
        self.code = code
        self.checked = checked
        self.state: State = "discovered"
        self.failure: AiosError | None = None

    @property
    def reason(self) -> str:
        """Why it came no further, in one line; empty when it is well."""
        return _first_line(self.failure)

    @property
    def fix(self) -> str:
        """What to do about it; empty when it is well."""
        return self.failure.fix if self.failure else ""

    @property
    def version(self) -> str:
        """The version of its distribution, or its own."""
        return self.plugin.version if self.plugin else self.info.version

    @property
    def origin(self) -> str:
        """Who ships it, for sentences."""
        return f"the distribution {self.plugin.name!r}" if self.plugin else "this program"


@final
class Plugin:
    """One entry point of an installed distribution, with the components that its manifest declares.

    Attributes:
        name, version: of the distribution; entry: the entry point's name; value: what it points at.
        manifest: what it declares, None when it cannot be read; entries: its components.
    """

    def __init__(self, distribution: Distribution, entry: str, value: str) -> None:
        self.distribution: Final = distribution
        self.name: Final = distribution.name
        self.version: Final = distribution.version
        self.entry: Final = entry
        self.value: Final = value
        self.manifest: Manifest | None = None
        self.entries: tuple[Entry, ...] = ()
        self._state: State = "discovered"
        self._failure: AiosError | None = None

    @property
    def record_digest(self) -> str:
        """SHA-256 of the distribution's RECORD; empty without one."""
        return self.distribution.record_digest

    @property
    def state(self) -> State:
        """How far it has come: as far as the furthest of its components."""
        return max((self._state, *(entry.state for entry in self.entries)), key=STATES.index)

    @property
    def failure(self) -> AiosError | None:
        """Why it, or the first of its components that is not well, came no further."""
        return self._failure or next((entry.failure for entry in self.entries if entry.failure), None)

    @property
    def reason(self) -> str:
        """Why it came no further, in one line; empty when it is well."""
        return _first_line(self.failure)

    @property
    def fix(self) -> str:
        """What to do about it; empty when it is well."""
        return self.failure.fix if self.failure else ""

    def refuse(self, failure: AiosError) -> None:
        """Note why it, and all of its components, come no further."""
        self._failure = failure
        for entry in self.entries:
            entry.failure = failure

    def reach(self, state: State) -> None:
        """Note that it, and its components that are well, have come this far."""
        self._state = state
        for entry in self.entries:
            if entry.failure is None:
                entry.state = state


def admit_all(policy: Policy, path: Sequence[str] | None = None) -> tuple[Plugin, ...]:
    """Every installed plugin with its standing under ``policy``; imports none.

    One that is not well is logged in one line (denials are not), or raised when ``AIOS_PLUGINS_STRICT=1``.
    """
    found = tuple(Plugin(each, name, value) for each in distributions(path) for name, value in each.entries)
    for plugin in found:
        _admit(plugin, policy, path)
    _refuse_duplicates(entry for plugin in found for entry in plugin.entries)
    for plugin in found:
        failure = plugin.failure
        if failure is None or isinstance(failure, PluginDenied):
            continue
        if os.environ.get("AIOS_PLUGINS_STRICT") == "1":
            raise failure
        _log.warning("%s is not used: %s (aios plugin inspect %s)", plugin.name, plugin.reason, plugin.name)
    return found


def _admit(plugin: Plugin, policy: Policy, path: Sequence[str] | None) -> None:
    try:
        text, _ = read_manifest(plugin.value, path)
        plugin.manifest = parse_manifest(text, plugin.value)
        plugin.entries = tuple(Entry(info, plugin) for info in plugin.manifest.components)
        _check_objects(plugin)
        _check_versions(plugin.manifest)
    except AiosError as error:
        return plugin.refuse(error)
    except OSError as error:
        return plugin.refuse(
            ManifestError(f"The manifest of {plugin.name} cannot be read: {error}", fix="Check the permissions of its files")
        )
    plugin.reach("compatible")
    for entry in plugin.entries:
        refusal = policy.refusal(plugin.name, entry.info.id)
        if refusal:
            entry.failure = PluginDenied(
                f"{entry.info.id} is not admitted: {refusal}",
                fix=f"Admit {plugin.name!r} or {entry.info.id!r} in AIOS_PLUGINS_ALLOW, aios.toml or Policy, or take another component",
                component=entry.info.id,
            )
    if any(entry.failure is None for entry in plugin.entries):
        plugin.reach("allowed")
    return None


def _check_objects(plugin: Plugin) -> None:
    # Code of another package would be imported without the policy having been asked about it.
    package = plugin.value.partition(":")[0].partition(".")[0].strip()
    for entry in plugin.entries:
        module, _, name = entry.info.object.partition(":")
        if not name or module.partition(".")[0] != package:
            raise ManifestError(
                f"The object {entry.info.object!r} of {entry.info.id} is not in the package {package!r}",
                fix=f"Write it as '{package}:Name' or '{package}.module:Name'",
                component=entry.info.id,
            )


def _check_versions(manifest: Manifest) -> None:
    try:
        fits = in_range(__version__, manifest.sdk)
    except ValueError as error:
        raise ManifestError(
            f"sdk = {manifest.sdk!r}: {error}", fix="Give the range of SDK versions that the plugin was tested with"
        ) from error
    if not fits:
        raise PluginError(
            f"It needs aios-sdk {manifest.sdk}; this is {__version__}", fix="Install a release of the plugin, or of aios-sdk, that fits"
        )
    for stage, version in manifest.contract.items():
        if version != STAGE_VERSIONS[stage]:
            raise PluginError(
                f"It implements version {version} of {stage}; this SDK has {STAGE_VERSIONS[stage]}",
                fix="Upgrade the older one of the plugin and aios-sdk",
            )


def _refuse_duplicates(entries: Iterable[Entry]) -> None:
    by_id: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.failure is None:
            by_id[entry.info.id].append(entry)
    for id, same in by_id.items():
        if len(same) == 1:
            continue
        names = listed(entry.plugin.name for entry in same if entry.plugin)
        for entry in same:
            entry.state = "compatible"
            entry.failure = PluginError(
                f"{id} is declared by several distributions: {names}; none of them is used",
                fix="Uninstall or deny all but one",
                component=id,
            )


def _first_line(failure: AiosError | None) -> str:
    if failure is None:
        return ""
    return failure.what.partition("\n")[0]
