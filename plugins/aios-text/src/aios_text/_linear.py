"""The linear model: a weight for each feature and class. It serves with numpy alone."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ._calibration import Calibration
from ._features import PAIRED, Features, features_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aios_sdk import Document

_WEIGHTS: Final = "weights.npz"
_MODEL: Final = "model.json"
_FORM: Final = 2

#: How much each kind of features weighs: words, letters, marks. Marks are few, and would drown the rest at full weight.
KINDS: Final = (1.0, 1.0, 0.3)
#: The number of the last of them.
MARKS: Final = len(KINDS) - 1
_MANY: Final = 500


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The features that are known: a number for each, and how rare it is (inverse document frequency). One dictionary a kind."""

    numbers: tuple[Mapping[str, int], ...]
    rarity: NDArray[np.float32]

    def vector(self, found: Features) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The numbers of the features and their values: 1 + log(count), times rarity; each kind of length 1, then weighed."""
        places: list[NDArray[np.int32]] = []
        values: list[NDArray[np.float32]] = []
        for kind, numbers, weight in zip(found, self.numbers, KINDS, strict=True):
            known = sorted((numbers[feature], count) for feature, count in kind.items() if feature in numbers)
            place = np.array([number for number, _ in known], np.int32)
            value = (1 + np.log(np.array([count for _, count in known], np.float32))) * self.rarity[place]
            length = np.sqrt((value * value).sum())
            places.append(place)
            values.append(value * (np.float32(weight) / length) if length else value)
        return np.concatenate(places), np.concatenate(values)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """A trained model. ``several`` says that a document may have several classes, or none; ``ignored`` are fields that do not count.

    Its files are ``weights.npz`` (arrays of numbers and one of bytes, no pickles) and ``model.json``.
    """

    classes: tuple[str, ...]
    vocabulary: Vocabulary
    weights: NDArray[np.float32]
    offsets: NDArray[np.float32]
    calibration: Calibration
    several: bool = False
    ignored: tuple[str, ...] = ()

    def margins(self, document: Document) -> NDArray[np.float64] | None:
        """How far the document lies on the side of each class; None where no word of it is known. Raises ``LookupError`` without text."""
        found = features_of(document, self.ignored)
        if found is None:
            raise LookupError("there is no text")
        places, values = self.vocabulary.vector(found)
        marks = len(self.vocabulary.numbers[0]) + len(self.vocabulary.numbers[1])
        if not (places < marks).any():
            return None
        return (values @ self.weights[places] + self.offsets).astype(np.float64)

    def save(self, folder: Path) -> None:
        """Write the files of the model into ``folder``."""
        features = "\n".join(feature for kind in self.vocabulary.numbers for feature in kind)
        np.savez(
            folder / _WEIGHTS,
            features=np.frombuffer(features.encode(), np.uint8),
            rarity=self.vocabulary.rarity,
            weights=self.weights,
            offsets=self.offsets,
        )
        said: dict[str, Any] = {
            "form": _FORM,
            "classes": self.classes,
            "sizes": [len(kind) for kind in self.vocabulary.numbers],
            "several": self.several,
            "ignored": self.ignored,
            "calibration": self.calibration.to_dict(),
        }
        (folder / _MODEL).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Linear:
        """The model in ``folder``. Raises ``ValueError`` or ``OSError`` when its files are missing or damaged."""
        said = json.loads((folder / _MODEL).read_text(encoding="utf-8"))
        form = said.get("form") if isinstance(said, dict) else None
        if form != _FORM:
            raise ValueError(f"{_MODEL} is of form {form}, and this version of aios-text reads form {_FORM}")
        with np.load(folder / _WEIGHTS, allow_pickle=False) as arrays:
            features = arrays["features"].tobytes().decode().split("\n")
            rarity, weights, offsets = arrays["rarity"], arrays["weights"], arrays["offsets"]
        if weights.shape != (len(features), len(said["classes"])) or len(rarity) != sum(said["sizes"]) != 0 or len(features) != len(rarity):
            raise ValueError(f"{_WEIGHTS} and {_MODEL} are not of one model")
        return cls(
            classes=tuple(said["classes"]),
            vocabulary=Vocabulary(numbers=_numbered(features, said["sizes"]), rarity=rarity),
            weights=weights,
            offsets=offsets,
            calibration=Calibration.from_dict(said["calibration"]),
            several=said["several"],
            ignored=tuple(said["ignored"]),
        )


def vocabulary_of(found: Sequence[Features]) -> Vocabulary:
    """The features of these documents, in the order of the alphabet.

    Of many documents those that only one has help no other text and are left out (but for marks, which are few); of few documents every one
    counts, but for pairs of words, which are mostly chance there (spam out of 128 mails: F1 0.94 without pairs, 0.92 with).
    """
    least = least_spread(len(found))
    kinds: list[list[str]] = []
    spreads: list[int] = []
    for kind in range(len(KINDS)):
        spread: dict[str, int] = {}
        for features in found:
            for feature in features[kind]:
                spread[feature] = spread.get(feature, 0) + 1
        if least > 1 and kind < MARKS:
            names = sorted(feature for feature, count in spread.items() if count >= least)
        else:
            names = sorted(feature for feature in spread if kind or PAIRED not in feature)
        kinds.append(names)
        spreads.extend(spread[name] for name in names)
    names = [name for kind in kinds for name in kind]
    return Vocabulary(numbers=_numbered(names, [len(kind) for kind in kinds]), rarity=rarity_of(np.array(spreads), len(found)))


def least_spread(documents: int) -> int:
    """In how many of so many documents a word or group of letters is, if it is to be known."""
    return 2 if documents > _MANY else 1


def rarity_of(spread: NDArray[np.int64], documents: int) -> NDArray[np.float32]:
    """The inverse document frequency of features that are in ``spread`` of so many documents, smoothed."""
    return (np.log((1 + documents) / (1 + spread)) + 1).astype(np.float32)


def _numbered(names: Sequence[str], sizes: Collection[int]) -> tuple[Mapping[str, int], ...]:
    found: list[Mapping[str, int]] = []
    start = 0
    for size in sizes:
        found.append({name: number for number, name in enumerate(names[start : start + size], start)})
        start += size
    return tuple(found)
