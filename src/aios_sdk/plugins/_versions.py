"""Versions and ranges of them, as PEP 440 orders them; a small part of it, so that listing plugins imports no parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

_VERSION: Final = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<pre_number>\d*))?"
    r"(?:-(?P<plain_post>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE | re.ASCII,
)
_CLAUSE: Final = re.compile(r"(>=|<=|==|!=|~=|>|<)\s*(\S+)")
_PHASES: Final[Mapping[str, int]] = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "preview": 2, "pre": 2, "rc": 2, "c": 2}
_FINAL: Final = (3, 0)


class _Version(NamedTuple):
    """A version whose order is that of its fields."""

    epoch: int
    release: tuple[int, ...]
    phase: tuple[int, int]
    post: int
    dev: tuple[int, int]
    local: tuple[tuple[int, int, str], ...]

    @property
    def public(self) -> _Version:
        return self._replace(local=())

    @property
    def is_early(self) -> bool:
        return self.phase < _FINAL or self.dev[0] == 0

    def same_release(self, other: _Version) -> bool:
        return (self.epoch, self.release) == (other.epoch, other.release)

    def begins(self, epoch: int, release: tuple[int, ...]) -> bool:
        padded = self.release + (0,) * (len(release) - len(self.release))
        return self.epoch == epoch and padded[: len(release)] == release


def _above(version: _Version, bound: _Version) -> bool:
    # What is added to the bound itself, a post-release or a local label, is not above it.
    later = version.same_release(bound) and version.phase == bound.phase and version.post >= 0 and bound.post < 0 and bound.dev == (1, 0)
    return version.public > bound and not later


def _below(version: _Version, bound: _Version) -> bool:
    # Early releases of the bound itself are not below it, unless it is one.
    early = version.is_early and version.same_release(bound) and (bound.post < 0 or (version.phase, version.post) == (_FINAL, bound.post))
    return version < bound and (not early or bound.is_early)


_COMPARE: Final[Mapping[str, Callable[[_Version, _Version], bool]]] = {
    ">=": lambda version, bound: version.public >= bound,
    "<=": lambda version, bound: version.public <= bound,
    "==": lambda version, bound: (version if bound.local else version.public) == bound,
    "!=": lambda version, bound: (version if bound.local else version.public) != bound,
    ">": _above,
    "<": _below,
}


def in_range(version: str, clauses: str) -> bool:
    """Whether ``version`` fulfils all ``clauses``, such as ``>=0.1,<1``, ``~=1.4`` or ``==1.2.*``.

    Early releases count in their order: 2.0rc1 is neither ``>=2.0`` nor ``<2.0``. Raises ``ValueError`` naming what is no clause or no
    version.
    """
    parsed = ranges(clauses)
    found = _version(version)
    return all(holds(found) for holds in parsed)


def ranges(clauses: str) -> list[Callable[[Any], bool]]:
    """The conditions in ``clauses``. Raises ``ValueError`` naming the one that is none."""
    return [_condition(part) for part in map(str.strip, clauses.split(",")) if part]


def release_of(version: str) -> str:
    """The release that ``version`` is, or leads to: 0.2.0 of 0.2.0rc1."""
    match = _VERSION.match(version)
    return match["release"] if match else version


def _condition(clause: str) -> Callable[[_Version], bool]:
    match = _CLAUSE.fullmatch(clause)
    try:
        if match is None:
            raise ValueError
        sign, text = match.groups()
        if sign in ("==", "!=") and text.endswith(".*"):
            bound = _plain(text[:-2])
            return lambda version: version.begins(bound.epoch, _release(text[:-2])) == (sign == "==")
        bound = _version(text)
        if bound.local and sign not in ("==", "!="):
            raise ValueError
        if sign == "~=":
            series = _release(text)[:-1]
            if not series:
                raise ValueError
            return lambda version: version.public >= bound and version.begins(bound.epoch, series)
    except ValueError:
        raise ValueError(f"{clause!r} is no version clause; write for example '>=0.1,<1'") from None
    return lambda version: _COMPARE[sign](version, bound)


def _plain(text: str) -> _Version:
    found = _version(text)
    if found != found._replace(phase=_FINAL, post=-1, dev=(1, 0), local=()):
        raise ValueError(f"{text!r} is more than a release")
    return found


def _version(text: str) -> _Version:
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no version")
    release = list(_release(text.strip()))
    while release and release[-1] == 0:
        release.pop()
    post = -1
    if match["plain_post"] or match["post"]:
        post = int(match["plain_post"] or match["post_number"] or 0)
    dev = (0, int(match["dev_number"] or 0)) if match["dev"] else (1, 0)
    if match["pre"]:
        phase = (_PHASES[match["pre"].lower()], int(match["pre_number"] or 0))
    else:
        phase = (-1, 0) if match["dev"] and post < 0 else _FINAL
    labels = re.split("[-_.]", match["local"].lower()) if match["local"] else []
    local = tuple((1, int(label), "") if label.isdigit() else (0, 0, label) for label in labels)
    return _Version(int(match["epoch"] or 0), tuple(release), phase, post, dev, local)


def _release(text: str) -> tuple[int, ...]:
    match = _VERSION.match(text)
    if match is None:
        raise ValueError(f"{text!r} is no version")
    return tuple(int(part) for part in match["release"].split("."))
