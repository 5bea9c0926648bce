"""The head: how likely each class is for the vectors of a page's picture and text; kept as arrays and JSON, never as pickles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aios_sdk import Unavailable
from aios_sdk.calibration import Curve

from ._words import counted, weighed

Scores: TypeAlias = npt.NDArray[np.float64]

ARRAYS: Final = "head.npz"
SETTINGS: Final = "head.json"
FORMAT: Final = 1


@dataclass(frozen=True, kw_only=True)
class Head:
    """A linear head on the vector of a picture and, where ``words`` are given, on the n-grams of the text beside it.

    Each of the two blocks of weights was fitted by itself; ``shares`` say how much each counts, as examples left out of fitting told.
    The raw probabilities of a page are a softmax of the sum, those of a document the mean over its pages. The calibrated confidence of a
    document is what the curve of ``calibration`` makes of them, fitted to such examples too.
    """

    classes: tuple[str, ...]
    weights: Scores
    words: Scores | None = None
    rarity: npt.NDArray[np.float32] | None = None
    shares: tuple[float, float] = (1.0, 0.0)
    calibration: Curve | None = None

    @property
    def reads(self) -> bool:
        """Whether the text of a page counts."""
        return self.words is not None and self.shares[1] > 0

    def raw(self, vectors: npt.NDArray[np.float32], texts: Sequence[str]) -> Scores:
        """For each page the probability of each class, as the head gives it."""
        seen = block(vectors, self.weights)
        if not self.reads:
            return together(seen, None, self.shares)
        assert self.words is not None
        assert self.rarity is not None
        counts = counted(texts)
        return together(seen, read(weighed(counts, self.rarity), self.words), self.shares)

    def calibrated(self, raw: Scores) -> Scores | None:
        """Probabilities of documents as often right as they say, or None where nothing was there to learn that from."""
        return None if self.calibration is None else np.vectorize(self.calibration, otypes=[float])(raw)

    def save(self, folder: Path) -> None:
        """Write it into the folder."""
        arrays: dict[str, Any] = {"weights": self.weights.astype(np.float32)}
        if self.words is not None:
            arrays |= {"words": self.words.astype(np.float32), "rarity": self.rarity}
        np.savez_compressed(folder / ARRAYS, **arrays)
        told = None if self.calibration is None else (self.calibration.slope, self.calibration.shift)
        settings = {"format": FORMAT, "classes": self.classes, "shares": self.shares, "calibration": told}
        (folder / SETTINGS).write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Head:
        """The head in the folder. Raises `Unavailable` when there is none."""
        if not (folder / SETTINGS).is_file() or not (folder / ARRAYS).is_file():
            raise Unavailable(
                f"There is no trained head in {folder}",
                cause=f"{SETTINGS} or {ARRAYS} is not there; it may be the folder of a backbone",
                fix="Train a model with backbone=, and name its folder in model=",
            )
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if settings.get("format") != FORMAT:
            raise Unavailable(f"The head in {folder} is of another format than {FORMAT}", fix="Train it again")
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        calibration = settings["calibration"]
        return cls(
            classes=tuple(settings["classes"]),
            weights=found["weights"].astype(np.float64),
            words=found["words"].astype(np.float64) if "words" in found else None,
            rarity=found.get("rarity"),
            shares=(settings["shares"][0], settings["shares"][1]),
            calibration=None if calibration is None else Curve(slope=calibration[0], shift=calibration[1]),
        )


def block(features: npt.NDArray[np.floating[Any]], weights: Scores) -> Scores:
    """The scores that weights, with the constant last, give to features."""
    # One page at a time: a product of matrices may differ in the last bit with the number of its rows.
    rows = [feature[None, :].astype(np.float64) @ weights[:-1] + weights[-1] for feature in features]
    return np.concatenate(rows) if rows else np.empty((0, weights.shape[1]))


def read(features: npt.NDArray[np.float32], weights: Scores) -> Scores:
    """The same for texts; one without words says nothing, not even how frequent classes are."""
    spoken = np.asarray(features.any(axis=1), dtype=np.float64)
    return np.asarray(block(features, weights) * spoken[:, None])


def together(seen: Scores, read: Scores | None, shares: tuple[float, float]) -> Scores:
    """Probabilities of pages from the scores of both blocks."""
    scores = shares[0] * seen + (shares[1] * read if read is not None else 0.0)
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
