"""What two contracts differ in, whether that breaks plugins, and what a change has to bring along."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from aios_sdk import __version__
from aios_sdk.plugins._adapters import ADAPTERS
from aios_sdk.stages import STAGES

from ._dump import Part, Parts, read

HERE = Path(__file__).parent
CHANGES = HERE / "changes.toml"
FROZEN = HERE / "frozen"
CHANGELOG = HERE.parents[1] / "CHANGELOG.md"

Kind: TypeAlias = Literal["additive", "breaking"]


class Difference(NamedTuple):
    """One part that two contracts differ in: whether that breaks plugins, what it is in words, and the stages whose plugins may notice."""

    where: str
    kind: Kind
    what: str
    stages: tuple[str, ...]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry in ``changes.toml``: the version of aios-sdk that brings the change, its date, the parts it concerns, and what it is."""

    sdk: str
    date: dt.date
    kind: Kind
    where: tuple[str, ...]
    what: str


# -- the differences ---------------------------------------------------------------------------------------------------------


def differences(old: Parts, new: Parts) -> list[Difference]:
    """Everything in which ``new`` differs from ``old``; of what came or went as a whole, only the whole."""
    reach = _Reach(old, new)
    return [
        Difference(where, kind, what, reach.stages(where))
        for where in sorted(old.keys() | new.keys())
        if (_owner(where) in old) == (_owner(where) in new)
        for kind, what in _difference(where, old.get(where), new.get(where))
    ]


def _owner(where: str) -> str:
    """The part that ``where`` belongs to: ``f()`` for ``f(x)``, ``Page`` for ``Page()``, ``Page.of()`` and ``Page.index``."""
    name, call, argument = where.partition("(")
    if argument not in ("", ")"):
        return f"{name}()"
    return name.rpartition(".")[0] or (name if call else "")


def _difference(where: str, before: Part | None, after: Part | None) -> Iterator[tuple[Kind, str]]:
    if after is None:
        yield "breaking", f"{where} was removed"
    elif before is None:
        needed = after["is"] in ("field", "argument", "parameter") and "default" not in after
        yield ("breaking", f"{where} was added without a default") if needed else ("additive", f"{where} was added")
    else:
        for name in sorted(before.keys() | after.keys()):
            was, now = before.get(name), after.get(name)
            if was != now and not (name == "order" and _same_order(was, now)):
                kind: Kind = "additive" if _COMPATIBLE.get(name, _never)(after["is"], was, now) else "breaking"
                yield kind, f"{where}: {name} was {_said(was)}, is {_said(now)}"


def _said(value: Any) -> str:
    return "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _same_order(was: Sequence[str], now: Sequence[str]) -> bool:
    """Whether the fields that both have stand in one order; those that came or went are differences of their own."""
    return [name for name in was if name in now] == [name for name in now if name in was]


def _never(part: str, was: Any, now: Any) -> bool:
    return False


def _type_fits(part: str, was: str, now: str) -> bool:
    if part == "parameter":  # what plugins give
        return _members(was) <= _members(now)
    if part == "property":  # what plugins get
        return _members(now) <= _members(was)
    # A field is given and got; only a closed list of names may become longer.
    return part == "field" and was.startswith("Literal[") and now.startswith("Literal[") and _members(was) <= _members(now)


def _result_fits(part: str, was: str, now: str) -> bool:
    return _members(was) <= _members(now) if part == "hook" else _members(now) <= _members(was)


#: When a change of an attribute of a part breaks nobody; of all others every change does.
_COMPATIBLE: Mapping[str, Callable[[str, Any, Any], bool]] = {
    "type": _type_fits,
    "returns": _result_fits,
    "default": lambda part, was, now: was is None,
    "values": lambda part, was, now: set(was) <= set(now),
    "bases": lambda part, was, now: set(was) <= set(now),
}


def _members(written: str) -> set[str]:
    """The types that a written union or ``Literal`` is made of."""
    literal = re.fullmatch(r"Literal\[([^\[\]]*)\]", written)
    if literal:
        return {value.strip() for value in literal[1].split(",")}
    parts, depth = [""], 0
    for char in written:
        depth += (char in "[(") - (char in "])")
        if char == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return {part.strip() for part in parts}


class _Reach:
    """Which stages a part reaches: those whose hooks take or give it, or something that holds it."""

    def __init__(self, *contracts: Parts) -> None:
        self._held: dict[str, set[str]] = {}
        stage_of = {}
        for parts in contracts:
            for where, part in parts.items():
                if part["is"] in ("hook", "argument", "field", "property"):
                    names = re.findall(r"[A-Z]\w+", f"{part.get('type', '')} {part.get('returns', '')}")
                    self._held.setdefault(_top(where), set()).update(names)
                if part["is"] == "hook":
                    stage_of[_top(where)] = part["stage"]
        self._by_stage: dict[str, set[str]] = {stage: set() for stage in STAGES}
        for hook, stage in stage_of.items():
            self._by_stage.setdefault(stage, set()).update(self._all(hook))  # a stage that is no more too

    def _all(self, top: str) -> set[str]:
        seen, waiting = set(), [top]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += self._held.get(name, ())
        return seen

    def stages(self, where: str) -> tuple[str, ...]:
        """The stages that the part reaches; what no hook is known to reach may matter to any component, so all of them."""
        if where.startswith("stage "):
            return (where.removeprefix("stage "),)
        if _top(where) in ("manifest", "Manifest", "ComponentInfo"):
            return ("manifest",)
        return tuple(stage for stage, parts in self._by_stage.items() if _top(where) in parts) or STAGES


def _top(where: str) -> str:
    return re.split(r"[.(]", where)[0]


# -- what a change has to bring ----------------------------------------------------------------------------------------------


def entries(written: str) -> tuple[Change, ...]:
    """The changes in the text of ``changes.toml``."""
    return msgspec.convert(tomllib.loads(written).get("change", []), tuple[Change, ...])


def released(changelog: str) -> list[str]:
    """The versions that are out, oldest first, as the headings of the changelog say."""
    return re.findall(r"^## (\d+\.\d+\.\d+)(?! \(unreleased\))", changelog, re.MULTILINE)[::-1]


class Baseline(NamedTuple):
    """The contract that changes are counted from: that of the last release, or before the first the one frozen for it."""

    version: str
    parts: Parts
    released: bool


def baseline() -> Baseline:
    """What the code is compared with now."""
    out = released(CHANGELOG.read_text(encoding="utf-8"))
    version = out[-1] if out else min((path.stem for path in FROZEN.glob("*.json")), key=_number)
    return Baseline(version, read((FROZEN / f"{version}.json").read_text(encoding="utf-8")), bool(out))


def unentered(found: Iterable[Difference], changes: Iterable[Change], since: str) -> list[Difference]:
    """The differences that no entry of this or a later version than ``since`` names with their kind."""
    named = {(where, change.kind) for change in changes if _number(change.sdk) >= _number(since) for where in change.where}
    return [each for each in found if (each.where, each.kind) not in named]


def problems(base: Baseline, new: Parts, changes: Sequence[Change]) -> list[str]:
    """What is still to be done about the differences of ``new`` from ``base``; empty when all is in order."""
    found = differences(base.parts, new)
    missing = unentered(found, changes, base.version)
    said = [_entry(missing)] if missing else []
    there = {(each.where, each.kind) for each in found}
    for change in changes:
        if _number(change.sdk) > _number(base.version) and (stale := [each for each in change.where if (each, change.kind) not in there]):
            said.append(f"changes.toml names {', '.join(stale)} as {change.kind}, but there is no such difference: correct the entry.")
    versions = list(_versions(found, base.parts, new))
    if versions and not base.released:
        versions.append(f"Or, since {base.version} is not released yet: enter the change and run `python -m tests.contract freeze`.")
    return said + versions


def _versions(found: Sequence[Difference], old: Parts, new: Parts) -> Iterator[str]:
    to_raise, to_adapt = [], []
    for stage in STAGES:
        where = f"stage {stage}"
        if where not in old:
            continue
        was, now = old[where]["version"], new[where]["version"]
        breaks = any(each.kind == "breaking" and stage in each.stages and each.where != where for each in found)
        if now < was + breaks:
            to_raise.append(f"{stage} from {was} to {was + breaks}")
        to_adapt += [f'("{stage}", {version})' for version in range(was, max(now, was + breaks)) if (stage, version) not in ADAPTERS]
    if to_raise:
        yield f"Raise in STAGE_VERSIONS (src/aios_sdk/stages.py): {', '.join(to_raise)}."
    if to_adapt:
        yield f"Register in ADAPTERS (src/aios_sdk/plugins/_adapters.py): {', '.join(to_adapt)}."
    was, now = old["manifest"]["version"], new["manifest"]["version"]
    if now <= was and any(each.kind == "breaking" and each.stages == ("manifest",) for each in found):
        yield f"Raise MANIFEST_VERSION (src/aios_sdk/plugins/_manifest.py) from {was} to {was + 1}, and go on reading {was}."


def _entry(missing: Sequence[Difference]) -> str:
    said = ["Take it back, or enter it in tests/contract/changes.toml:"]
    for kind in ("breaking", "additive"):
        if those := [each for each in missing if each.kind == kind]:
            where = ", ".join(f'"{each}"' for each in dict.fromkeys(each.where for each in those))
            said += [f"- {kind}: {each.what} ({'all stages' if each.stages == STAGES else ', '.join(each.stages)})" for each in those]
            said += ["", "    [[change]]", f'    sdk = "{__version__}"', f"    date = {dt.date.today()}", f'    kind = "{kind}"']
            said += [f"    where = [{where}]", '    what = "..."', ""]
    return "\n".join(said)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
