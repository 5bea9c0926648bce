"""Which examples are held out together when the rest teach what a model's confidence is worth."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from aios_sdk import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDS: Final = 5
#: Texts that share this much of the words that either has are one text written twice.
_ALIKE: Final = 0.8
#: Each text gets so many names, of so many hashes: of two that share 0.8 of their words four pairs in five have one in common.
_NAMES, _HASHES = 4, 5


def held_out(examples: Sequence[Example]) -> list[NDArray[np.bool_]]:
    """Which examples each fold holds out, each label spread evenly.

    Those of one source are held out together; where none is named, those of nearly the same words: a ticket that a machine sends each week
    is no news, and who has seen one of them knows the others. Texts that are only nearly alike are kept apart where together they would be
    more than a fold of a label, so that what is held out is never most of what there is to learn of it. A source that all examples of a
    label are from counts as none for these: without them there is nothing left to learn the label from.
    """
    sources = _sources(examples)
    groups: dict[str, list[int]] = {}
    for number, example in enumerate(examples):
        name = f"source {sources[number]}" if sources[number] else " ".join(sorted(set(example.document.text.lower().split())))
        groups.setdefault(name, []).append(number)
    told = {name: Counter(label for number in numbers for label in examples[number].labels) for name, numbers in groups.items()}
    for name, first in _alike({name: told[name] for name, numbers in groups.items() if not sources[numbers[0]]}).items():
        groups[first] += groups.pop(name)
        told[first] += told.pop(name)
    fold = np.zeros(len(examples), int)
    sizes = [0] * _FOLDS
    spread = [Counter[str]() for _ in range(_FOLDS)]
    for name in sorted(groups, key=lambda name: (-len(groups[name]), hashlib.sha256(name.encode()).digest())):
        chosen = min(range(_FOLDS), key=lambda one: (sum(spread[one][label] for label in told[name]), sizes[one], one))
        fold[groups[name]] = chosen
        sizes[chosen] += len(groups[name])
        spread[chosen].update(told[name])
    return [fold == one for one in range(_FOLDS) if (fold == one).any()]


def _sources(examples: Sequence[Example]) -> list[str]:
    """The source of each example; none where it has a label of which there are examples from this source alone."""
    spread: dict[str, set[str]] = {}
    for number, example in enumerate(examples):
        for label in example.labels:
            spread.setdefault(label, set()).add(f"source {example.source}" if example.source else f"example {number}")
    return ["" if any(len(spread[label]) == 1 for label in example.labels) else example.source for example in examples]


def _alike(told: Mapping[str, Counter[str]]) -> dict[str, str]:
    """For texts, given as their words with how often they have each label, the one that each is nearly alike to, or alike to one that is.

    MinHash (A. Broder, "On the Resemblance and Containment of Documents", SEQUENCES 1997) finds those that may be, and their words decide.
    """
    words = {name: frozenset(name.split()) for name in told}
    codes = {word: int.from_bytes(hashlib.sha256(word.encode()).digest()[:8]) for word in frozenset[str]().union(*words.values())}
    turns = np.array([int.from_bytes(hashlib.sha256(b"%d" % one).digest()[:8]) | 1 for one in range(_NAMES * _HASHES)], np.uint64)
    most = sum(told.values(), Counter[str]())
    groups = dict(told)
    parents: dict[str, str] = {}

    def root(name: str) -> str:
        while name in parents:
            name = parents[name]
        return name

    named: dict[bytes, str] = {}
    for text, mine in words.items():
        least = (np.fromiter((codes[word] for word in mine), np.uint64, len(mine))[:, None] * turns).min(axis=0)
        for number in range(_NAMES):
            other = named.setdefault(b"%d" % number + least[number * _HASHES :][:_HASHES].tobytes(), text)
            first, second = root(other), root(text)
            if first == second or len(mine & words[other]) < _ALIKE * len(mine | words[other]):
                continue
            both = groups[first] + groups[second]
            if all(count * _FOLDS <= most[label] for label, count in both.items()):
                parents[second] = first
                groups[first] = both
    return {name: root(name) for name in parents}
