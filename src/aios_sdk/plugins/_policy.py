"""Admission: which plugins may be imported, decided before any of their code runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, final

import msgspec

from aios_sdk.errors import ConfigurationError

from ._names import near, normalised_distribution
from ._settings import configuration_file


@final
class Policy(msgspec.Struct, frozen=True):
    """Which distributions and components are admitted: those that ``allow`` names and ``deny`` does not.

    Both hold names of distributions (``aios-pdf``) or component ids (``acme.ocr``), with ``*`` and ``?`` as wild cards. A distribution is
    imported if at least one of its components is admitted. Plugins run in the host's processes: a policy decides whether code is imported
    and is no sandbox for code that is. Example::

        Policy(allow=("aios-*", "acme.invoice-ocr"), deny=("aios-rapidocr",))
    """

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()

    @classmethod
    def load(cls) -> Policy:
        """The policy of this process: ``AIOS_PLUGINS_ALLOW`` and ``AIOS_PLUGINS_DENY`` (lists with commas), else ``allow`` and ``deny`` of
        ``[plugins]`` in ``aios.toml`` (in the current folder, or where ``AIOS_CONFIG`` points), else everything.

        Raises `ConfigurationError` when the file cannot be read or holds something else.
        """
        given = _from_file()
        for key in ("allow", "deny"):
            variable = os.environ.get(f"AIOS_PLUGINS_{key.upper()}")
            if variable is not None:
                given[key] = tuple(filter(None, (part.strip() for part in variable.split(","))))
        return cls(**given)

    def refusal(self, distribution: str, component: str) -> str:
        """Why ``component`` of ``distribution`` is not admitted; empty when it is."""
        names = (normalised_distribution(distribution), component.lower())
        denied = next((pattern for pattern in self.deny if _matches(pattern, names)), None)
        if denied is not None:
            return f"denied by {denied!r}"
        return (
            "" if any(_matches(pattern, names) for pattern in self.allow) else f"not among the allowed ({', '.join(self.allow) or 'none'})"
        )


def _matches(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.strip().lower()) for name in names)


def _from_file() -> dict[str, Any]:
    path, held = configuration_file()
    section = held.get("plugins", {})
    wrong = [key for key, value in section.items() if key not in ("allow", "deny") or not _is_list_of_names(value)]
    if wrong:
        raise ConfigurationError(
            f"[plugins] in {str(path)!r} has a wrong {wrong[0]!r}",
            fix=f"{near(wrong[0], ('allow', 'deny'))} Write allow = [...] or deny = [...] with names".strip(),
        )
    return {key: tuple(value) for key, value in section.items()}


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
