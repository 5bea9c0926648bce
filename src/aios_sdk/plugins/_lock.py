"""The lock: exactly which plugins were allowed when it was written, so that nothing else is imported."""

from __future__ import annotations

import os
import shlex
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple, final

import msgspec
import msgspec.structs

from aios_sdk.errors import ConfigurationError

from ._files import Files
from ._manifest import Isolation, toml_value
from ._names import normalised_distribution
from ._needs import Needs
from ._record import matches

if TYPE_CHECKING:
    from ._admission import Plugin

#: The lock's name, beside ``aios.toml``.
LOCK_FILE: Final = "aios-plugins.lock"
#: The version of the lock's own form.
LOCK_VERSION: Final = 1

_HEAD: Final = """\
# The plugins that may be imported here, exactly as they were when this was written by `aios plugin lock`.
# Keep it under version control, and review a change of it like code: what a plugin declares to need is part of it.
# `aios plugin lock --check` compares it with what is installed. A plugin that differs is refused before it is imported.
# files = "record": every file had the hash that RECORD lists, and files_digest stands for all of them; it is the same for the
# same wheel everywhere. files = "folder": an editable installation, or one without RECORD; files_digest stands for the package's
# folder as it was, and changes with every edit. Neither says anything of other packages that a plugin imports.
"""


class Difference(NamedTuple):
    """In what a plugin differs from the lock, as a clause, and what to do about it."""

    reason: str
    fix: str


@final
class Locked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One distribution in a lock: its name (normalised), version, the digest of its files, its components and what they need."""

    distribution: str
    version: str
    files: Files
    files_digest: Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
    components: tuple[str, ...]
    network: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    memory_mb: int = 0
    gpu: bool = False
    isolation: tuple[Isolation, ...] = ()

    @property
    def needs(self) -> Needs:
        """What its components declare to need."""
        return Needs(**{name: getattr(self, name) for name in Needs.__struct_fields__})

    @property
    def pin(self) -> str:
        """It and its version, for pip."""
        return f"{self.distribution}=={self.version}"


@final
class Lock(msgspec.Struct, frozen=True):
    """The distributions that may be imported, each exactly so; sorted by name. ``path`` is the file it was read from, for sentences.

    Example::

        registry = Registry.discover(Policy(lock=Lock.read("aios-plugins.lock")))
    """

    plugins: tuple[Locked, ...]
    path: str = LOCK_FILE

    @classmethod
    def of(cls, plugins: Iterable[Plugin]) -> Lock:
        """The lock of ``plugins`` as they are installed now."""
        together: defaultdict[str, list[Plugin]] = defaultdict(list)
        for plugin in plugins:
            together[normalised_distribution(plugin.name)].append(plugin)
        return cls(tuple(_locked(name, together[name]) for name in sorted(together)))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Lock:
        """The lock in a file. Raises `ConfigurationError` when it is not there or no lock."""
        try:
            return cls.parse(Path(path).read_text(encoding="utf-8"), str(path))
        except FileNotFoundError as error:
            raise ConfigurationError(
                f"There is no lock of plugins {str(path)!r}",
                cause="AIOS_PLUGINS_LOCK or aios.toml names it",
                fix="Run `aios plugin lock`, which writes it, or restore the file",
            ) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"The lock of plugins {str(path)!r} cannot be read: {error}", fix="Restore the file") from error

    @classmethod
    def parse(cls, text: str, path: str = LOCK_FILE) -> Lock:
        """The lock in ``text``. Raises `ConfigurationError` naming what is wrong in it."""
        try:
            held = tomllib.loads(text)
            form = msgspec.convert(held, _Form)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise _broken(path, str(error).replace("`", "'")) from error
        if form.lock != LOCK_VERSION:
            raise ConfigurationError(
                f"The lock of plugins {path!r} has version {form.lock}; this SDK reads {LOCK_VERSION}",
                fix="Upgrade aios-sdk, or write it anew with `aios plugin lock`",
            )
        names = [plugin.distribution for plugin in form.plugins]
        odd = next((name for name in names if names.count(name) > 1 or name != normalised_distribution(name)), None)
        if odd is not None:
            raise _broken(path, f"{odd!r} stands twice in it" if names.count(odd) > 1 else f"{odd!r} is not in its normal form")
        return cls(form.plugins, path)

    def text(self) -> str:
        """The lock as TOML; `parse` gives it back equal."""
        return f"{_HEAD}\nlock = {LOCK_VERSION}\n" + "".join(f"\n[[plugins]]\n{_entry_text(plugin)}" for plugin in self.plugins)

    def get(self, distribution: str) -> Locked | None:
        """What it says of a distribution; None when it does not list it."""
        name = normalised_distribution(distribution)
        return next((plugin for plugin in self.plugins if plugin.distribution == name), None)

    def difference(self, plugin: Plugin) -> Difference | None:
        """The first thing in which an installed plugin differs from the lock, its files on disk included; None when it is as locked."""
        locked, name = self.get(plugin.name), shlex.quote(plugin.name)
        if locked is None:
            return Difference(
                f"{self.path} does not list it",
                f"Review it with `aios plugin inspect {name}`, then run `aios plugin lock`; or run `pip uninstall {name}`, or deny it",
            )
        if plugin.version != locked.version:
            return Difference(
                f"version {plugin.version or 'unknown'} is installed, {self.path} has {locked.version}",
                f"Run `pip install {shlex.quote(locked.pin)}`, or `aios plugin lock` after a review of {plugin.version}",
            )
        altered = alteration(plugin)
        if altered is not None:
            return altered
        if plugin.installed.by != locked.files or f"sha256:{plugin.installed.digest}" != locked.files_digest:
            where = {"record": "an installed wheel", "folder": "a folder of source code"}
            other = f" ({where[plugin.installed.by]} instead of {where[locked.files]})" if plugin.installed.by != locked.files else ""
            again = f"`{reinstall(locked.pin)}`" if locked.files == "record" else "`git diff` to see the change"
            return Difference(
                f"its files are not those of {self.path}{other}", f"Run {again}, or `aios plugin lock` if the change is meant"
            )
        return None

    def missing(self, plugins: Iterable[Plugin]) -> list[Locked]:
        """What it lists and is not installed."""
        installed = {normalised_distribution(plugin.name) for plugin in plugins}
        return [locked for locked in self.plugins if locked.distribution not in installed]

    def changes(self, after: Lock) -> Iterator[str]:
        """What is other in ``after``, a line a distribution: ``+`` is new there, ``-`` is gone, ``~`` is another."""
        for name in sorted({plugin.distribution for plugin in (*self.plugins, *after.plugins)}):
            was, now = self.get(name), after.get(name)
            if was is None and now is not None:
                yield f"+ {name} {now.version}: needs {now.needs}"
            elif was is not None and now is None:
                yield f"- {name} {was.version}"
            elif was is not None and now is not None and was != now:
                yield f"~ {name} {'; '.join(_changed(was, now))}"


class _Form(msgspec.Struct, forbid_unknown_fields=True):
    lock: int
    plugins: tuple[Locked, ...] = ()


def alteration(plugin: Plugin) -> Difference | None:
    """What was changed among a plugin's files since they were installed; None when they are as RECORD lists them."""
    if plugin.installed.is_zipped:
        return Difference(
            "it lies in a zip file, whose content is not compared", f"Run `pip install {shlex.quote(plugin.pin)}`, or leave it out"
        )
    found = list(plugin.installed.alterations())
    file = plugin.manifest_file
    if file is not None and not matches(plugin.manifest_text.encode(), plugin.installed.hashes.get(str(file.absolute()), "")):
        found.append(f"{file.name} was changed after it was installed")  # or while it was being read
    if not found:
        return None
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Difference(f"{found[0]}{more}", f"Run `{reinstall(plugin.pin)}`, and find out who changed it")


def reinstall(pin: str) -> str:
    """The command that puts back the files of a release, as pip writes it."""
    return f"pip install --force-reinstall --no-deps {shlex.quote(pin)}"


def _locked(name: str, plugins: list[Plugin]) -> Locked:
    infos = [entry.info for plugin in plugins for entry in plugin.entries]
    needs = Needs.of(infos)
    return Locked(
        distribution=name,
        version=plugins[0].version,
        files=plugins[0].installed.by,
        files_digest=f"sha256:{plugins[0].installed.digest}",
        components=tuple(sorted(info.id for info in infos)),
        **msgspec.structs.asdict(needs),
    )


def _entry_text(plugin: Locked) -> str:
    shown = {
        name: getattr(plugin, name)
        for name in plugin.__struct_fields__
        if name in ("distribution", "version", "files", "files_digest", "components") or getattr(plugin, name)
    }
    return "".join(f"{name} = {toml_value(value)}\n" for name, value in shown.items())


def _changed(was: Locked, now: Locked) -> Iterator[str]:
    if was.version != now.version:
        yield f"{was.version} -> {now.version}"
    elif (was.files, was.files_digest) != (now.files, now.files_digest):
        yield f"{now.version} with other files" + (f" ({was.files} -> {now.files})" if was.files != now.files else "")
    if was.components != now.components:
        yield f"components {', '.join(was.components)} -> {', '.join(now.components)}"
    if was.needs != now.needs:
        yield f"needs {was.needs} -> {now.needs}"


def _broken(path: str, problem: str) -> ConfigurationError:
    return ConfigurationError(
        f"The lock of plugins {path!r} cannot be read: {problem}",
        cause="It was edited or merged by hand",
        fix="Restore it, or write it anew with `aios plugin lock`",
    )
