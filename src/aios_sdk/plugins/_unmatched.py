"""Entries of a policy that speak of nothing installed: perhaps meant for later, perhaps misspelt."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from ._names import FIRST_PARTY
from ._policy import Policy
from ._rules import parse_rule

if TYPE_CHECKING:
    from ._admission import Plugin

_log: Final = logging.getLogger("aios.plugins")
_told: Final[set[str]] = set()

#: How alike a name must be to an installed one to be taken for a slip (0..1); 'aios-pii' and 'aios-pdf' are 0.75.
_ALIKE: Final = 0.8


class Unmatched(NamedTuple):
    """An entry of ``allow`` or ``deny`` that names nothing installed, and the installed name that it may be a slip for."""

    key: str
    text: str
    near: str

    def __str__(self) -> str:
        return f"{self.text!r} in {self.key} matches no installed plugin" + (f"; did you mean {self.near!r}?" if self.near else "")


def unmatched(policy: Policy, plugins: Iterable[Plugin]) -> list[Unmatched]:
    """The entries of ``policy`` that name nothing among ``plugins``; what is not installed may be denied, so it is no error."""
    installed = list(plugins)
    names = dict.fromkeys([*(plugin.name for plugin in installed), *(entry.info.id for plugin in installed for entry in plugin.entries)])
    found = []
    for key in ("allow", "deny"):
        for text in getattr(policy, key):
            rule = parse_rule(text)
            if rule.name != "*" and not any(rule.names(name, name) for name in names):
                found.append(Unmatched(key, text, _near(rule.name, names)))
    return found


def warn_of_unmatched(policy: Policy, plugins: Iterable[Plugin]) -> None:
    """Say once a process which entries look like slips (a warning), and which others name nothing installed (for information)."""
    for entry in unmatched(policy, plugins):
        if str(entry) not in _told:
            _told.add(str(entry))
            _log.log(logging.WARNING if entry.near else logging.INFO, "%s", entry)


def _near(name: str, names: Iterable[str]) -> str:
    if any(sign in name for sign in "*?") or name.lower() in {*FIRST_PARTY, *FIRST_PARTY.values()}:
        return ""
    import difflib

    found = difflib.get_close_matches(name.lower(), list(names), n=1, cutoff=_ALIKE)
    return found[0] if found else ""
