"""From a distribution to its standing: read its manifest, compare versions, ask the policy; no code of it is imported."""

from __future__ import annotations

import logging
import os
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, final

from aios_sdk import __version__
from aios_sdk.errors import AiosError, ManifestError, PluginDenied, PluginError
from aios_sdk.stages import Stage

from ._adapters import check_version
from ._discovery import Distribution, distributions, read_manifest
from ._files import Installed
from ._guard import GUARD
from ._lock import Difference, alteration
from ._manifest import ComponentInfo, Manifest, parse_manifest
from ._names import listed
from ._needs import Needs
from ._policy import Policy, Verdict
from ._unmatched import warn_of_unmatched
from ._versions import in_range, release_of

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
    def contract(self) -> Mapping[Stage, int]:
        """The version of each stage that it was written for, as its manifest says; empty when it was added in memory."""
        return self.plugin.manifest.contract if self.plugin and self.plugin.manifest else {}

    @property
    def origin(self) -> str:
        """Who ships it, for sentences."""
        return f"the distribution {self.plugin.name!r}" if self.plugin else "this program"


@final
class Plugin:
    """One entry point of an installed distribution, with the components that its manifest declares.

    Attributes:
        name, version: of the distribution; entry: the entry point's name; value: what it points at.
        manifest: what it declares, None when it cannot be read; manifest_file, manifest_text: where it was read, and what it was.
        entries: its components.
        installed: the files of its distribution; pinned: whether it is admitted with exactly these files, by a lock or a digest.
        differs: whether it was refused because its files or version are others.
    """

    def __init__(self, distribution: Distribution, entry: str, value: str) -> None:
        self.distribution: Final = distribution
        self.name: Final = distribution.name
        self.version: Final = distribution.version
        self.entry: Final = entry
        self.value: Final = value
        self.manifest: Manifest | None = None
        self.entries: tuple[Entry, ...] = ()
        self.installed = Installed(distribution, {})
        self.pinned = False
        self.differs = False
        self.manifest_file: Path | None = None
        self.manifest_text = ""
        self._state: State = "discovered"
        self._failure: AiosError | None = None

    @property
    def package(self) -> str:
        """The package that holds its manifest and its code, dotted."""
        return self.value.partition(":")[0].strip()

    @property
    def pin(self) -> str:
        """It and its version, for pip."""
        return f"{self.name}=={self.version}"

    @property
    def needs(self) -> Needs:
        """What its components declare to need."""
        return Needs.of(entry.info for entry in self.entries)

    @property
    def is_usable(self) -> bool:
        """Whether at least one of its components is admitted."""
        return any(entry.failure is None and entry.state in STATES[2:] for entry in self.entries)

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

    def owns(self, module: str) -> bool:
        """Whether a module, dotted, lies in its package or in another that its distribution installed."""
        return any(f"{module}.".startswith(f"{own}.") for own in (self.package, *self.installed.modules))

    def read(self, path: Sequence[str] | None) -> Path:
        """Read its manifest; the folder that it lies in. Raises `ManifestError`."""
        self.manifest_text, place = read_manifest(self.value, path)
        self.manifest_file = place / self.value.partition(":")[2].strip()
        self.manifest = parse_manifest(self.manifest_text, self.value)
        self.entries = tuple(Entry(info, self) for info in self.manifest.components)
        return place

    def refuse(self, failure: AiosError) -> None:
        """Note why it, and all of its components that were well, come no further."""
        self._failure = failure
        for entry in self.entries:
            entry.failure = entry.failure or failure

    def reach(self, state: State) -> None:
        """Note that it, and its components that are well, have come this far."""
        self._state = state
        for entry in self.entries:
            if entry.failure is None:
                entry.state = state


def admit_all(policy: Policy, path: Sequence[str] | None = None, origins: Mapping[str, str] | None = None) -> tuple[Plugin, ...]:
    """Every installed plugin with its standing under ``policy``; imports none. ``origins`` says where each part of the policy stands.

    One that is not well is logged in one line (denials are not, but for those that differ from the lock), or raised when
    ``AIOS_PLUGINS_STRICT=1``.
    """
    found: list[Plugin] = []
    for distribution in distributions(path):
        plugins = [Plugin(distribution, name, value) for name, value in distribution.entries]
        places = {plugin.package: place for plugin in plugins if (place := _read(plugin, path)) is not None}
        for plugin in plugins:
            plugin.installed = Installed(distribution, places)
            if plugin.failure is None:
                _decide(plugin, policy, origins or {})
        found += plugins
    _refuse_duplicates(entry for plugin in found for entry in plugin.entries)
    warn_of_unmatched(policy, found)
    _tell(found, policy)
    return tuple(found)


def _tell(plugins: Iterable[Plugin], policy: Policy) -> None:
    unlisted = []
    for plugin in plugins:
        failure = plugin.failure
        if failure is None or (isinstance(failure, PluginDenied) and not plugin.differs):
            continue
        if os.environ.get("AIOS_PLUGINS_STRICT") == "1":
            raise failure
        if plugin.differs and policy.lock is not None and policy.lock.get(plugin.name) is None:
            unlisted.append(plugin.name)
        else:
            _log.warning("%s is not used: %s (aios plugin inspect %s)", plugin.name, plugin.reason, plugin.name)
    if unlisted and policy.lock is not None:
        _log.warning("%s does not list %s; they are not used (aios plugin doctor)", policy.lock.path, listed(unlisted))


def _read(plugin: Plugin, path: Sequence[str] | None) -> Path | None:
    """The folder of the plugin's package, with its manifest read and found compatible; None when it is not."""
    try:
        place = plugin.read(path)
        _check_objects(plugin)
        _check_versions(plugin)
    except AiosError as error:
        plugin.refuse(error)
    except OSError as error:
        plugin.refuse(ManifestError(f"The manifest of {plugin.name} cannot be read: {error}", fix="Check the permissions of its files"))
    else:
        plugin.reach("compatible")
        return place
    return None


def _decide(plugin: Plugin, policy: Policy, origins: Mapping[str, str]) -> None:
    """Ask ``allow`` and ``deny``, then the lock."""
    digest = plugin.installed.digest if policy.asks_for_files else ""
    for entry in plugin.entries:
        verdict = policy.verdict(plugin.name, entry.info.id, plugin.version, digest)
        plugin.pinned |= verdict.admitted and verdict.rule is not None and bool(verdict.rule.digest)
        if not verdict.admitted:
            entry.failure = PluginDenied(
                f"{entry.info.id} is not admitted: {verdict.reason}", fix=way_in(plugin, verdict, policy, origins), component=entry.info.id
            )
    if all(entry.failure is not None for entry in plugin.entries):
        return
    plugin.pinned |= policy.lock is not None
    difference = _difference(plugin, policy)
    if difference is None:
        plugin.reach("allowed")
        if plugin.pinned:
            GUARD.protect(plugin.installed)
    else:
        plugin.differs = True
        plugin.refuse(PluginDenied(f"{plugin.name} is not admitted: {difference.reason}", fix=difference.fix))


def _difference(plugin: Plugin, policy: Policy) -> Difference | None:
    try:
        return policy.lock.difference(plugin) if policy.lock is not None else alteration(plugin) if plugin.pinned else None
    except OSError as error:
        return Difference(f"its files cannot be read: {error}", "Check their permissions")


def way_in(plugin: Plugin, verdict: Verdict, policy: Policy, origins: Mapping[str, str]) -> str:
    """What admits a component that ``verdict`` keeps out: the command, or the place to edit."""
    key, rule = verdict.key, verdict.rule
    if key == "allow" and rule is not None:
        wanted = plugin.name + rule.range.replace(" ", "")
        install = f"Run `pip install {shlex.quote(wanted)}`" if rule.range else "Install the file that was allowed"
        return f"{install}, or change {rule.text!r} in {_said(key, origins)}"
    entries = list(getattr(policy, key))
    entries = [entry for entry in entries if rule is None or entry != rule.text] + ([plugin.name] if key == "allow" else [])
    variable = origins.get(key, "")
    if variable.startswith("AIOS_"):
        return f"Run `export {variable}={shlex.quote(','.join(entries))}`" if entries else f"Run `unset {variable}`"
    if key == "allow":
        return f"Add {plugin.name!r} to {_said(key, origins)}"
    return f"Remove {verdict.rule.text if verdict.rule else ''!r} from {_said(key, origins)}"


def _said(key: str, origins: Mapping[str, str]) -> str:
    return f"{key} of [plugins] in {origins[key]}" if key in origins else f"{key} of the Policy"


def _check_objects(plugin: Plugin) -> None:
    # Code of another package would be imported without the policy having been asked about it.
    package = plugin.package
    for entry in plugin.entries:
        module, _, name = entry.info.object.partition(":")
        if not name or not f"{module}.".startswith(f"{package}."):
            raise ManifestError(
                f"The object {entry.info.object!r} of {entry.info.id} is not in the package {package!r}",
                fix=f"Write it as '{package}:Name' or '{package}.module:Name'",
                component=entry.info.id,
            )


def _check_versions(plugin: Plugin) -> None:
    assert plugin.manifest is not None  # it was read before
    sdk, name = plugin.manifest.sdk, shlex.quote(plugin.name)
    # An early release of the SDK stands for the release that it leads to.
    release = release_of(__version__)
    try:
        fits = in_range(release, sdk)
    except ValueError as error:
        raise ManifestError(f"sdk = {sdk!r}: {error}", fix="Give the range of SDK versions that the plugin was tested with") from error
    if not fits:
        raise PluginError(
            f"It needs aios-sdk {sdk}; this is {__version__}",
            fix=f"Run `pip install --upgrade {name}` for a release that fits, or `pip install {shlex.quote(f'aios-sdk{sdk}')}`",
        )
    for stage, version in plugin.manifest.contract.items():
        check_version(stage, version, name)


def _refuse_duplicates(entries: Iterable[Entry]) -> None:
    by_id: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.failure is None:
            by_id[entry.info.id].append(entry)
    for id, same in by_id.items():
        if len(same) == 1:
            continue
        owners = [entry.plugin.name for entry in same if entry.plugin]
        names, ways = listed(owners), " or ".join(f"`pip uninstall {shlex.quote(name)}`" for name in owners)
        for entry in same:
            entry.state = "compatible"
            entry.failure = PluginError(
                f"{id} is declared by several distributions: {names}; none of them is used",
                fix=f"Run {ways}, or deny all but one",
                component=id,
            )


def _first_line(failure: AiosError | None) -> str:
    if failure is None:
        return ""
    return failure.what.partition("\n")[0]
