"""Heads: how likely each class is for the vector of a text; kept as arrays and JSON, never as pickles."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from aios_sdk import Unavailable
from aios_sdk.calibration import Curve

Scores: TypeAlias = npt.NDArray[np.float64]
Kind: TypeAlias = Literal["prototypes", "linear", "kernel"]

ARRAYS: Final = "head.npz"
SETTINGS: Final = "head.json"
FORMAT: Final = 1

#: How steeply cosines with prototypes become probabilities, where no example says better. A difference of 0.1 then counts as e squared.
STEEPNESS: Final = 20.0


#: The score from which a label among several is likelier true than not.
MIDDLES: Final[dict[str, float]] = {"kernel": 0.5, "linear": 0.0, "prototypes": 0.5}


@dataclass(frozen=True, kw_only=True)
class Head:
    """What vectors are held against: scores are ``features(vectors) @ weights``, and probabilities are made of them.

    ``kernel`` heads look how near a vector is to each of ``landmarks`` (a Gaussian of width ``gamma``), ``linear`` and ``prototypes``
    ones at the vector itself, the former with a constant beside it. Of one label among several the raw probabilities are a softmax of
    ``steepness`` times scores; of many labels, each for itself, a sigmoid of ``steepness`` times score, less what is in `MIDDLES`. The
    calibrated confidence is what the curve of ``calibration`` makes of them, fitted to examples that the head was not fitted to.
    """

    kind: Kind
    classes: tuple[str, ...]
    weights: Scores
    landmarks: Scores | None = None
    gamma: float = 0.0
    multilabel: bool = False
    steepness: float = STEEPNESS
    calibration: Curve | None = None

    def scores(self, vectors: npt.NDArray[np.float32]) -> Scores:
        """A score for each vector and class."""
        # One vector at a time: a product of matrices may differ in the last bit with the number of its rows.
        rows = [features(vector[None, :].astype(np.float64), self.kind, self.landmarks, self.gamma) @ self.weights for vector in vectors]
        return np.concatenate(rows) if rows else np.empty((0, len(self.classes)))

    def raw(self, scores: Scores) -> Scores:
        """Probabilities as the head gives them."""
        return probabilities(scores, self.steepness, MIDDLES[self.kind], multilabel=self.multilabel)

    def calibrated(self, raw: Scores) -> Scores | None:
        """Probabilities as often right as they say, or None where nothing was there to learn that from."""
        return None if self.calibration is None else np.vectorize(self.calibration, otypes=[float])(raw)

    def save(self, folder: Path) -> None:
        """Write it into the folder."""
        arrays: dict[str, Any] = {"weights": self.weights.astype(np.float32)}
        if self.landmarks is not None:
            arrays["landmarks"] = self.landmarks.astype(np.float32)
        np.savez(folder / ARRAYS, **arrays)
        settings = {
            "format": FORMAT,
            "kind": self.kind,
            "classes": self.classes,
            "gamma": self.gamma,
            "multilabel": self.multilabel,
            "steepness": self.steepness,
            "calibration": None if self.calibration is None else (self.calibration.slope, self.calibration.shift),
        }
        (folder / SETTINGS).write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Head:
        """The head in the folder. Raises `Unavailable` when there is none."""
        if not (folder / SETTINGS).is_file() or not (folder / ARRAYS).is_file():
            raise Unavailable(
                f"There is no trained head in {folder}",
                cause=f"{SETTINGS} or {ARRAYS} is not there; it may be the folder of an encoder",
                fix="Train one, or name the folder in encoder= and give descriptions= or examples=",
            )
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if settings.pop("format", None) != FORMAT:
            raise Unavailable(f"The head in {folder} is of another format than {FORMAT}", fix="Train it again")
        with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
            found = {name: arrays[name].astype(np.float64) for name in arrays.files}
        calibration = settings.pop("calibration")
        settings["classes"] = tuple(settings["classes"])
        return cls(**settings, **found, calibration=None if calibration is None else Curve(slope=calibration[0], shift=calibration[1]))


def prototypes(vectors: dict[str, npt.NDArray[np.float32]], *, multilabel: bool = False) -> Head:
    """A head whose classes are the means of the vectors of their texts (nearest prototypes, Snell et al. 2017, by cosine)."""
    classes = tuple(sorted(vectors))
    means = np.stack([vectors[name].astype(np.float64).mean(axis=0) for name in classes])
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    return Head(kind="prototypes", classes=classes, weights=means.T, multilabel=multilabel)


def features(vectors: Scores, kind: Kind, landmarks: Scores | None, gamma: float) -> Scores:
    """What a head of this kind weighs."""
    if kind == "kernel":
        assert landmarks is not None
        return np.asarray(np.exp(2 * gamma * (vectors @ landmarks.T - 1)))
    if kind == "linear":
        return np.concatenate([vectors, np.ones((len(vectors), 1))], axis=1)
    return vectors


def probabilities(scores: Scores, steepness: float, middle: float, *, multilabel: bool) -> Scores:
    """Scores as probabilities: a softmax over the classes, or each for itself where several labels may be true."""
    if multilabel:
        return np.asarray(1 / (1 + np.exp(-np.clip(steepness * (scores - middle), -50, 50))))
    raised = np.exp(steepness * (scores - scores.max(axis=1, keepdims=True)))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
