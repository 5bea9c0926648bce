"""The registry: who does the work; which components there are, which one fits, and how one is made."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

from aios_sdk.errors import AiosError, AmbiguousComponent, ContractError, PluginDenied, PluginError, UnknownComponent
from aios_sdk.stages import Stage

from ._adapters import warn_of_older
from ._admission import Entry, Plugin, admit_all
from ._checks import check_component
from ._declare import is_declared
from ._manifest import ComponentInfo
from ._modules import on_behalf_of
from ._names import FIRST_PARTY, listed, near
from ._policy import Policy, in_force
from ._settings import settings_of

if TYPE_CHECKING:
    from ._config import ComponentConfig
    from ._instance import Instance


#: So many choices are remembered; senders of mail may invent any number of media types.
_KEPT_CHOICES: Final = 1000


@final
class Choice(NamedTuple):
    """The component chosen for a stage and media type, and the others with the reason against each, as ``(id, reason)``."""

    component: ComponentInfo
    rejected: tuple[tuple[str, str], ...] = ()


@final
class Registry:
    """The components that may be used, installed or added in memory; safe to share between threads.

    Finding and choosing components imports none of them. Example::

        registry = Registry.default()
        chosen = registry.choose("ingest", "application/pdf").component
        instance = registry.create(chosen.id, {"password": "secret"})
    """

    _default: Registry | None = None
    _default_lock: Final = threading.Lock()

    def __init__(self, plugins: Iterable[Plugin] = (), policy: Policy | None = None) -> None:
        self.plugins: Final[tuple[Plugin, ...]] = tuple(plugins)
        self.policy: Final = policy or Policy()
        self._lock = threading.RLock()
        self._added: dict[str, Entry] = {}
        self._index()

    def _index(self) -> None:
        # Finding and choosing happen for every document and step, so what they ask for is kept ready.
        self._usable: Mapping[str, Entry] = {entry.info.id: entry for entry in self.entries if _usable(entry)}
        self._components = MappingProxyType({id: entry.info for id, entry in self._usable.items()})
        self._choices: dict[tuple[str, str], Choice] = {}

    @classmethod
    def discover(cls, policy: Policy | None = None, path: Sequence[str] | None = None) -> Registry:
        """A registry of what is installed on ``path`` (default ``sys.path``), under ``policy`` (default `Policy.load`).

        A plugin that is not well is kept with its reason, and all else works; with ``AIOS_PLUGINS_STRICT=1`` its error is raised.
        """
        if policy is not None:
            return cls(admit_all(policy, path), policy)
        found = in_force()
        policy = found.governing()
        return cls(admit_all(policy, path, found.origins), policy)

    @classmethod
    def default(cls) -> Registry:
        """The registry of this process, made at the first call."""
        with cls._default_lock:
            if cls._default is None:
                cls._default = cls.discover()
            return cls._default

    def copy(self) -> Registry:
        """A registry that shares the installed plugins; what is added to it stays with it."""
        other = Registry(self.plugins, self.policy)
        other._lock = self._lock  # entries of installed plugins are shared, and loaded once
        other._added = dict(self._added)
        other._index()
        return other

    # -- what there is ------------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every component that any manifest declares or that was added, with its standing, sorted by id."""
        installed = (entry for plugin in self.plugins for entry in plugin.entries)
        return tuple(sorted((*installed, *self._added.values()), key=lambda entry: (entry.info.id, entry.origin)))

    @property
    def components(self) -> Mapping[str, ComponentInfo]:
        """The components that are admitted, by id, in the order of their ids."""
        return self._components

    def add(self, target: Any) -> ComponentInfo:
        """Add a component class, an annotated function or an instance, in memory; the same checks as for installed ones.

        A later definition of the same name in the same module takes the place of the earlier. Raises `ContractError` when it breaks
        the contract, or when its id belongs to another component.
        """
        code = target if isinstance(target, type) or _is_function(target) else type(target)
        checked = check_component(code)
        entry = Entry(checked.info, None, target, checked)
        entry.state = "active"
        id = checked.info.id
        with self._lock:
            other = next(
                (each for each in self.entries if each.info.id == id and (each.plugin or each.info.object != checked.info.object)), None
            )
            if other is not None:
                raise ContractError(
                    f"The id {id!r} of {checked.info.object} belongs to {other.info.object} of {other.origin}",
                    fix="Give it an id of its own with @component('namespace.name')",
                    component=id,
                )
            self._added = {**self._added, id: entry}
            self._index()
        return checked.info

    def plugin(self, id: str) -> Plugin | None:
        """The installed plugin that a component comes from; None for what was added in memory."""
        return self._entry(id).plugin

    def owner(self, module: str) -> Plugin | None:
        """The installed plugin that ships ``module``, dotted; None when none does."""
        return next((plugin for plugin in self.plugins if plugin.owns(module)), None)

    def check_lock(self) -> None:
        """Raises `PluginDenied` when a plugin that the lock lists is installed otherwise than it says.

        The choice by media type would else fall on another plugin, and nobody would be told.
        """
        lock = self.policy.lock
        wrong = [plugin for plugin in self.plugins if plugin.differs and lock is not None and lock.get(plugin.name) is not None]
        if len(wrong) == 1 and wrong[0].failure is not None:
            raise wrong[0].failure.with_traceback(None)
        if wrong and lock is not None:
            raise PluginDenied(
                f"{len(wrong)} plugins are not as {lock.path} lists them: {listed(plugin.name for plugin in wrong)}",
                cause=wrong[0].reason,
                fix="`aios plugin doctor` prints what differs in each, and the command that puts it right",
            )

    # -- which one fits -----------------------------------------------------------------------------------------------------

    def resolve(self, name: str, stage: Stage | None = None) -> ComponentInfo:
        """The component of that id, where a name without a dot means ``aios.<name>``; with ``stage`` it must implement it.

        Raises `UnknownComponent` with near names and how to install it, `PluginDenied`, or the reason why its plugin is not used.
        """
        entry = self._entry(name)
        if stage is not None and stage not in entry.info.stages:
            others = [info.id for info in self.components.values() if stage in info.stages]
            raise UnknownComponent(
                f"{entry.info.id} has no stage {stage}; it implements {', '.join(entry.info.stages)}",
                fix=f"Components for {stage}: {listed(others)}",
                component=entry.info.id,
                stage=stage,
            )
        return entry.info

    def candidates(self, stage: Stage, media_type: str) -> tuple[ComponentInfo, ...]:
        """The admitted components that implement ``stage`` for ``media_type``, the best first: by how closely they name the type, then
        by priority, then by id."""
        found = [info for info in self.components.values() if stage in info.stages and info.accepts(media_type)]
        return tuple(sorted(found, key=lambda info: (*_rank(info, media_type), info.id)))

    def choose(self, stage: Stage, media_type: str, name: str | None = None) -> Choice:
        """The one component for ``stage`` and ``media_type``: the one called ``name``, else the one that names the type most closely
        (``type/subtype``, then ``type/*``, then ``*/*``), then the highest priority. What is installed first never matters.

        Raises `UnknownComponent` when there is none, and `AmbiguousComponent` listing the candidates when several are equal.
        """
        if name is not None:
            return Choice(self.resolve(name, stage))
        choices = self._choices
        choice = choices.get((stage, media_type))
        if choice is None:
            choice = self._choose(stage, media_type)
            if len(choices) < _KEPT_CHOICES:
                choices[stage, media_type] = choice
        return choice

    def _choose(self, stage: Stage, media_type: str) -> Choice:
        found = self.candidates(stage, media_type)
        refused = tuple(
            (entry.info.id, entry.reason)
            for entry in self.entries
            if not _usable(entry) and stage in entry.info.stages and entry.info.accepts(media_type)
        )
        if not found:
            raise UnknownComponent(
                f"No component implements {stage} for {media_type}",
                cause=f"Not used: {'; '.join(f'{id} ({reason})' for id, reason in refused)}"
                if refused
                else "No installed plugin names this media type",
                fix="Install a plugin for it; `aios plugin list` shows what there is",
                stage=stage,
            )
        best, *others = found
        equal = [info.id for info in found if _rank(info, media_type) == _rank(best, media_type)]
        if len(equal) > 1:
            raise AmbiguousComponent(
                f"Several components implement {stage} for {media_type} equally well: {', '.join(equal)}",
                fix=f"Name one in the pipeline, such as .{stage}({equal[0]!r}), or deny the others",
                stage=stage,
            )
        return Choice(best, tuple((info.id, _against(info, best, media_type)) for info in others) + refused)

    # -- making one ---------------------------------------------------------------------------------------------------------

    def load(self, id: str) -> Any:
        """The code of a component: its class, function or instance. Imports the plugin and checks it at the first call.

        Raises `PluginError` when it cannot be imported and `ContractError` when it breaks the contract; the registry stays usable, and
        later calls raise the same.
        """
        entry = self._entry(id)
        with self._lock:
            if entry.failure is not None:
                raise entry.failure.with_traceback(None)
            if entry.code is None:
                try:
                    entry.code = _import(entry)
                    entry.state = "loaded"
                    entry.checked = check_component(entry.code, entry.info, entry.contract)._replace(info=entry.info)
                    entry.state = "active"
                except AiosError as error:
                    entry.failure = error
                    entry.code = None
                    raise
                warn_of_older(entry.checked.older, f"{entry.info.id} of {entry.origin}", entry.info.object)
        return entry.code

    def create(self, id: str, config: Mapping[str, Any] | ComponentConfig | None = None) -> Instance:
        """An instance of a component with its configuration checked; cheap, since nothing is opened.

        What ``config`` leaves out is taken from the environment, then from ``aios.toml``, then from the component's defaults.

        Raises `ConfigurationError` naming the key that is wrong, and whatever `load` raises.
        """
        from ._code import code_digest
        from ._instance import Instance

        target = self.load(id)
        entry = self._entry(id)
        code = target if isinstance(target, type) or _is_function(target) else type(target)
        existing = None if code is target else target
        assert entry.checked is not None  # loading checks
        return Instance(
            entry.checked,
            code,
            self._settings(entry.info.id, code, existing, config or {}),
            version=entry.version,
            existing=existing,
            code_digest=code_digest(code, entry.plugin.distribution if entry.plugin else None),
            unkeyed=_unkeyed(entry, target, code),
        )

    def _settings(self, id: str, code: Any, existing: object, given: Mapping[str, Any] | ComponentConfig) -> ComponentConfig | None:
        """The checked configuration of a component; None where it has no settings."""
        if existing is None and isinstance(given, Mapping):
            given = {**settings_of(id), **given}
        has_settings = hasattr(code, "Config") if existing is None else hasattr(existing, "config")
        if not given and not has_settings:
            return None
        from ._config import ComponentConfig, config_class, validated
        from ._instance import no_settings

        if existing is not None:
            own = getattr(existing, "config", None)
            settings = own if isinstance(own, ComponentConfig) else ComponentConfig()
            no_settings(id, given, settings)
            return settings
        with on_behalf_of(self):
            return validated(id, config_class(code) if isinstance(code, type) else ComponentConfig, given)

    def _entry(self, name: str) -> Entry:
        id = name if "." in name else f"aios.{name}"
        if id in self._usable:
            return self._usable[id]
        failures = [entry.failure for entry in self.entries if entry.info.id == id and entry.failure]
        if not failures:
            raise self._unknown(name, id)
        raise min(failures, key=lambda failure: not isinstance(failure, PluginDenied)).with_traceback(None)

    def _unknown(self, name: str, id: str) -> UnknownComponent:
        known = self.components
        unread = [plugin.name for plugin in self.plugins if plugin.manifest is None]
        hint = near(id, known) or near(name, [other.partition(".")[2] for other in known])
        if id in FIRST_PARTY:
            fix = f"It ships with {FIRST_PARTY[id]}: pip install {FIRST_PARTY[id]}"
        else:
            fix = hint or f"There are {listed(known)}" if known else "No plugin is installed; try pip install aios-files"
        return UnknownComponent(
            f"There is no component {id!r}",
            cause=f"The manifest of {listed(unread)} cannot be read, see `aios plugin list`" if unread else "",
            fix=fix,
            component=id,
        )


def _unkeyed(entry: Entry, target: Any, code: Any) -> str:
    from ._code import in_package

    if entry.plugin is not None or (is_declared(code) and entry.info.version):
        return ""
    if not isinstance(target, type):
        return "a function or instance is memoized only when @component(id, version=...) says what it is"
    if "<locals>" in code.__qualname__:
        return "a class within a function is memoized only when @component(id, version=...) says what it is"
    return "" if in_package(code) else "a class outside of a package is memoized only when @component(id, version=...) says what it is"


def _usable(entry: Entry) -> bool:
    # What failed at import stays a candidate: the choice must not depend on what was tried before.
    return entry.state in ("allowed", "loaded", "active")


def _is_function(target: Any) -> bool:
    import inspect

    return inspect.isroutine(target)


def _rank(info: ComponentInfo, media_type: str) -> tuple[int, int]:
    return (-info.specificity(media_type), -info.priority)


def _against(info: ComponentInfo, best: ComponentInfo, media_type: str) -> str:
    if info.specificity(media_type) < best.specificity(media_type):
        return f"names {media_type} less closely"
    return f"priority {info.priority} is below {best.priority}"


def _import(entry: Entry) -> Any:
    module, _, name = entry.info.object.partition(":")
    about = {"component": entry.info.id}
    try:
        return reduce(getattr, name.split("."), importlib.import_module(module))
    except AiosError:
        raise
    except AttributeError as error:
        raise PluginError(
            f"{entry.info.object} does not exist: {error}",
            cause="The manifest and the code differ",
            fix="Write the manifest anew with `aios plugin build`",
            **about,
        ) from error
    except ImportError as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        fix = (
            f"pip install the package that holds {missing!r}, or install {entry.plugin.name if entry.plugin else module!r} again"
            if missing
            else "Install the plugin again"
        )
        raise PluginError(f"{module} cannot be imported: {error}", fix=fix, **about) from error
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{module} cannot be imported: {type(error).__name__}: {error}",
            fix="Report it to the plugin's author; deny or uninstall it meanwhile",
            **about,
        ) from error
