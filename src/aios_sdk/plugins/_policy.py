"""Admission: which plugins may be imported, decided before any of their code runs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, final

import msgspec
import msgspec.structs

from aios_sdk.errors import ConfigurationError

from ._lock import LOCK_FILE, Lock
from ._names import near
from ._rules import Rule, parse_rule, split_entries
from ._settings import configuration_file

Key: TypeAlias = Literal["allow", "deny", "modules"]
_KEYS: Final[tuple[Key, ...]] = ("allow", "deny", "modules")


class Verdict(NamedTuple):
    """Whether a component is admitted, and by which entry; ``reason`` says why it is not."""

    admitted: bool
    key: Key
    rule: Rule | None = None
    reason: str = ""


@final
class Policy(msgspec.Struct, frozen=True):
    """Which distributions and components are admitted: those that ``allow`` names and ``deny`` does not, and under a lock only as it lists
    them.

    Entries are names of distributions (``aios-pdf``) or component ids (``acme.ocr``), with ``*`` and ``?`` as wild cards; behind the name
    may stand a range of versions (``acme-ocr>=1.2,<2``) or the digest of the files (``acme-ocr@sha256:...``). A distribution is imported if
    at least one of its components is admitted. Plugins run in the host's processes: a policy decides whether code is imported and is no
    sandbox for code that is.

    ``modules`` are the modules that pipeline files and settings may name (``claims.*``) where not everything is allowed. ``lock`` is
    what `Lock.read` gives. Raises `ConfigurationError` for what is no entry. Example::

        Policy(allow=("aios-*", "acme.invoice-ocr"), deny=("aios-rapidocr<1.4",))
    """

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    lock: Lock | None = None

    def __post_init__(self) -> None:
        for key in ("allow", "deny"):
            for text in getattr(self, key):
                _rule(text, key, "Policy")

    @classmethod
    def load(cls) -> Policy:
        """The policy of this process: ``AIOS_PLUGINS_ALLOW``, ``AIOS_PLUGINS_DENY`` and ``AIOS_PLUGINS_MODULES`` (lists with commas), else
        ``allow``, ``deny`` and ``modules`` of ``[plugins]`` in ``aios.toml`` (in the current folder, or where ``AIOS_CONFIG`` points), else
        everything. The lock is the file that ``AIOS_PLUGINS_LOCK`` or ``lock`` of ``[plugins]`` names, else ``aios-plugins.lock`` beside
        ``aios.toml`` if there is one.

        Raises `ConfigurationError` when a file cannot be read or holds something else.
        """
        return in_force().governing()

    @property
    def restricts(self) -> bool:
        """Whether something is admitted only because it is named."""
        return self.lock is not None or "*" not in self.allow

    @property
    def asks_for_files(self) -> bool:
        """Whether an entry names the digest of files."""
        return any("@" in text for text in (*self.allow, *self.deny))

    def verdict(self, distribution: str, component: str, version: str = "", digest: str = "") -> Verdict:
        """Whether ``component`` of ``distribution``, of that version and with those files, is admitted by ``allow`` and ``deny``.

        A version that cannot be read lies in every range that is denied and in none that is allowed.
        """
        for text in self.deny:
            rule = parse_rule(text)
            if rule.names(distribution, component) and rule.fits(version, digest) is not False:
                return Verdict(False, "deny", rule, f"denied by {text!r}")
        unfit = None
        for text in self.allow:
            rule = parse_rule(text)
            if rule.names(distribution, component):
                if rule.fits(version, digest):
                    return Verdict(True, "allow", rule)
                unfit = unfit or rule
        if unfit is None:
            return Verdict(False, "allow", None, f"not among the allowed ({', '.join(self.allow) or 'none'})")
        what = "its files are not those of" if unfit.digest else f"version {version or 'unknown'} is outside of"
        return Verdict(False, "allow", unfit, f"{what} {unfit.text!r}")

    def refusal(self, distribution: str, component: str, version: str = "", digest: str = "") -> str:
        """Why ``component`` of ``distribution`` is not admitted by ``allow`` and ``deny``; empty when it is."""
        return self.verdict(distribution, component, version, digest).reason

    def names_module(self, module: str) -> bool:
        """Whether ``modules`` names ``module``, dotted."""
        return any(fnmatchcase(module, pattern) for pattern in self.modules)


class InForce(NamedTuple):
    """What was said for this process, and where: ``origins`` has a variable or file by key, ``lock`` among them; nothing for defaults.

    ``lock_file`` is where the lock is, or would be written; ``policy`` does not hold it yet. ``configuration`` is the file that was read,
    None without one.
    """

    policy: Policy
    origins: Mapping[str, str]
    lock_file: Path
    configuration: Path | None

    def governing(self) -> Policy:
        """The policy with its lock. Raises `ConfigurationError` when the lock is named and not there, or cannot be read."""
        if "lock" not in self.origins:
            return self.policy
        return msgspec.structs.replace(self.policy, lock=Lock.read(self.lock_file))


def in_force() -> InForce:
    """See `Policy.load`; the lock is not read yet."""
    path, held = configuration_file()
    section = _section(path, held)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key in _KEYS:
        variable = f"AIOS_PLUGINS_{key.upper()}"
        given = os.environ.get(variable)
        if given is not None:
            values[key], origins[key] = split_entries(given), variable
        elif key in section:
            values[key], origins[key] = tuple(section[key]), str(path)
        for text in values.get(key, ()) if key != "modules" else ():
            _rule(text, key, origins[key])
    named, file = os.environ.get("AIOS_PLUGINS_LOCK"), path.parent / LOCK_FILE
    if named is not None:
        file, origins["lock"] = Path(named), "AIOS_PLUGINS_LOCK"
    elif "lock" in section:
        file, origins["lock"] = path.parent / section["lock"], str(path)
    elif file.is_file():
        origins["lock"] = f"beside {path.name}" if path.is_file() else "in the current folder"
    return InForce(Policy(**values), origins, file, path if path.is_file() else None)


def _section(path: Path, held: Mapping[str, Any]) -> dict[str, Any]:
    section = held.get("plugins", {})
    if not isinstance(section, dict):
        raise ConfigurationError(f"plugins in {str(path)!r} is no table", fix="Write [plugins] and below it allow = [...]")
    known = (*_KEYS, "lock")
    for key, value in section.items():
        if key not in known or not (isinstance(value, str) if key == "lock" else _is_list_of_names(value)):
            raise ConfigurationError(
                f"[plugins] in {str(path)!r} has a wrong {key!r}",
                fix=f'{near(key, known)} Write allow, deny or modules = [...] with names, or lock = "FILE"'.strip(),
            )
    return section


def _rule(text: str, key: str, origin: str) -> Rule:
    try:
        return parse_rule(text)
    except ValueError as error:
        raise ConfigurationError(f"{key} in {origin} has a wrong entry: {error}", fix="Correct the entry") from error


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
