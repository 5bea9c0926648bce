"""Reads YAML together with the line of everything in it, so that every error says where."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, final

import yaml

from aios_sdk import ConfigurationError

_NULL: Final = "tag:yaml.org,2002:null"
_BOOLEAN: Final = "tag:yaml.org,2002:bool"
_FLAGS: Final = {"true": True, "false": False}


class Place(NamedTuple):
    """A line, from 1, of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@final
@dataclass(frozen=True, slots=True)
class Item:
    """A value in a YAML file, and ``what`` it is there for; every reader of it raises `ConfigurationError` naming the line."""

    node: yaml.Node
    file: str
    what: str

    @property
    def place(self) -> Place:
        """Where it begins."""
        return Place(self.file, self.node.start_mark.line + 1)

    def wrong(self, problem: str, fix: str = "", cause: str = "") -> ConfigurationError:
        """The error that says what is wrong with this value."""
        return ConfigurationError(f"{self.place}: {self.what} {problem}", cause=cause, fix=fix)

    def keys(self, required: Sequence[str] = (), optional: Sequence[str] = ()) -> Mapping[str, Item]:
        """The values of a mapping whose keys are known."""
        known, found = (*required, *optional), {}
        for key, item in self._pairs():
            if key.value not in known:
                fix = f"{near(key.value, known)} Keys are {', '.join(known)}".strip()
                raise Item(key, self.file, self.what).wrong(f"has no key {key.value!r}", fix)
            found[key.value] = Item(item, self.file, f"{key.value!r} of {self.what}")
        for name in required:
            if name not in found:
                raise self.wrong(f"lacks the key {name!r}", f"Keys are {', '.join(known)}")
        return found

    def names(self) -> Mapping[str, Item]:
        """The values of a mapping whose keys the author chose."""
        return {key.value: Item(item, self.file, f"{key.value!r} in {self.what}") for key, item in self._pairs()}

    def items(self, what: str) -> Sequence[Item]:
        """The values of a list; each is a ``what``."""
        if not isinstance(self.node, yaml.SequenceNode) or not self.node.value:
            raise self.wrong("is no list" if not isinstance(self.node, yaml.SequenceNode) else "is empty", f"Write '- ' before each {what}")
        return [Item(node, self.file, what) for node in self.node.value]

    def text(self) -> str:
        """The text as it is written; YAML's own readings of ``no`` or ``1e3`` as something else do not apply."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise self.wrong("is no text", 'Write it on one line; quote it if it begins with [, {, ", \' or holds ": " or " #"')
        if self.node.tag == _NULL or not self.node.value.strip():
            raise self.wrong("has no value", "Give one, or leave the key out")
        return str(self.node.value).strip()

    def flag(self) -> bool:
        """``true`` or ``false``."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != _BOOLEAN or self.node.value.lower() not in _FLAGS:
            raise self.wrong("is neither true nor false")
        return _FLAGS[self.node.value.lower()]

    def choice(self, choices: Iterable[str]) -> str:
        """One of ``choices``."""
        value, choices = self.text(), tuple(choices)
        if value not in choices:
            raise self.wrong(f"is {value!r}", f"{near(value, choices)} Choose one of {', '.join(choices)}".strip())
        return value

    def _pairs(self) -> Sequence[tuple[yaml.ScalarNode, yaml.Node]]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.wrong("has no keys", "Write it as 'key: value', a line each")
        lines: dict[str, int] = {}
        for key, _ in self.node.value:
            here = Item(key, self.file, self.what)
            if not isinstance(key, yaml.ScalarNode):
                raise here.wrong("has a key that is no text")
            if key.value in lines:
                raise here.wrong(f"has the key {key.value!r} twice", f"It stands in line {lines[key.value]} already")
            lines[key.value] = here.place.line
        return self.node.value  # type: ignore[no-any-return]


def read_yaml(text: str, file: str) -> Item:
    """The whole of a YAML document. Raises `ConfigurationError` with the line that is no YAML."""
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1) if mark else file
        raise ConfigurationError(
            f"{place}: this is no YAML: {' '.join(part for part in (error.context, error.problem) if part)}",
            fix='Check the indentation; a text that holds ": " or " #", or begins with a quote or bracket, goes below a | on its own line',
        ) from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{file} is no YAML: {error}", fix="Save it as plain UTF-8 text") from error
    if node is None:
        raise ConfigurationError(f"{file} is empty", fix="Write checks: or routes: into it")
    return Item(node, file, "the file")


def near(name: str, names: Iterable[str], form: Callable[[str], str] = repr) -> str:
    """``Did you mean ...?``, or nothing."""
    found = difflib.get_close_matches(name, list(names), 1)
    return f"Did you mean {form(found[0])}?" if found else ""
