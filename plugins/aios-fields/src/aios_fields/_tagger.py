"""A trained tagger: models of fields with confidences that mean something, and the files that hold it."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aios_sdk import Alternative, ConfigurationError, Field

from ._fitted import Model
from ._linear import Linear
from ._ranking import Choice, View, assurance
from ._schema import Wanted
from ._trees import PARTS, Trees
from ._values import text_of

FORMAT: Final = "aios-fields tagger"
_VERSION: Final = 1
_JSON, _ARRAYS = "tagger.json", "tagger.npz"

#: A value is given when its chance of being right is at least this; a reviewer is better off with a doubtful value than with none.
_LEAST: Final = 0.2

_MOST_ALTERNATIVES: Final = 3


class Confidence(NamedTuple):
    """How the chance of a value is computed (logistic regression, Platt 1999): by path, a weight for each figure of `assurance`, and what
    is added to their sum."""

    weights: Mapping[str, Sequence[float]]
    base: Mapping[str, float]

    def of(self, path: str, figures: Sequence[float]) -> float:
        """The chance that a value of ``path`` is right."""
        total = self.base[path] + sum(weight * figure for weight, figure in zip(self.weights[path], figures, strict=True))
        return _logistic(total)


class Tagger:
    """Models by the path of their field, and the confidence that all share."""

    def __init__(self, models: Mapping[str, Model], types: Mapping[str, str], confidence: Confidence) -> None:
        self.models: Final = models
        self.types: Final = types
        self.confidence: Final = confidence

    def fields(self, schema: Sequence[Wanted], view: View) -> Iterator[Field]:
        """The fields of a document: what models say where there is one for the field, else what the rules find."""
        for wanted in schema:
            model = self.models.get(wanted.path)
            if model is None:
                yield from (field for field in view.ruled if field.path == wanted.path)
            elif choices := model.choices(wanted, view):
                confidence = round(self.confidence.of(wanted.path, assurance(choices, view.rules[wanted.path])), 4)
                if confidence >= _LEAST:
                    yield _field(wanted, view, choices, confidence)

    def check(self, schema: Sequence[Wanted]) -> None:
        """Raise `ConfigurationError` where the tagger was trained for other fields."""
        types = {wanted.path: wanted.type for wanted in schema}
        for path, type_ in self.types.items():
            if types.get(path) != type_:
                now = f"{types[path]} there" if path in types else "not in it"
                raise ConfigurationError(
                    f"The model was trained for a field {path!r} of type {type_}, which is {now}",
                    cause="It was trained for another output, or the output has changed since",
                    fix="Give the output that it was trained for, or train a new one",
                )

    def save(self, folder: Path) -> None:
        """Write the files of the tagger into ``folder``; the same tagger gives the same bytes."""
        arrays: dict[str, Any] = {}
        models: dict[str, Any] = {}
        for number, (path, model) in enumerate(self.models.items()):
            arrays |= {f"{number}.weights": model.linear.weights, f"{number}.base": model.linear.base}
            trees = model.trees
            if trees is not None:
                arrays |= {f"{number}.{name}": trees.parts[name] for name in PARTS}
            models[path] = {
                "type": self.types[path],
                "longest": model.longest,
                "trees": None if trees is None else {"base": trees.base, "depth": trees.depth},
                "names": model.linear.names,
            }
        content = {"format": FORMAT, "version": _VERSION, "confidence": self.confidence._asdict(), "models": models}
        (folder / _JSON).write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        np.savez_compressed(folder / _ARRAYS, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """The tagger of ``folder``. Raises `ConfigurationError` for files that are none; nothing in them is ever executed."""
        try:
            content = json.loads((folder / _JSON).read_text(encoding="utf-8"))
            if content["format"] != FORMAT or content["version"] != _VERSION:
                raise ValueError(f"{content['format']} {content['version']}")
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                models = {path: _model(arrays, number, told) for number, (path, told) in enumerate(content["models"].items())}
            confidence = Confidence(content["confidence"]["weights"], content["confidence"]["base"])
            return cls(models, {path: told["type"] for path, told in content["models"].items()}, confidence)
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, EOFError, zipfile.BadZipFile) as error:
            raise ConfigurationError(
                f"There is no tagger of aios-fields {_VERSION} in {str(folder)!r}: {type(error).__name__}: {error}",
                cause="The files are of another component or release, or were changed",
                fix="Give the folder that train of aios.fields wrote, or train the model again",
            ) from error


def _model(arrays: Mapping[str, NDArray[Any]], number: int, told: Mapping[str, Any]) -> Model:
    parts = {name: arrays[f"{number}.{name}"] for name in ("weights", "base", *(PARTS if told["trees"] else ()))}
    weights, base = parts["weights"], parts["base"]
    if weights.shape != (len(told["names"]), len(base)) or any(part.dtype.kind not in "fi" for part in parts.values()):
        raise ValueError("names and weights do not fit")
    trees = None
    if told["trees"]:
        if len({parts[name].shape for name in PARTS}) != 1 or parts["left"].ndim != 2:
            raise ValueError("the parts of the trees do not fit")
        trees = Trees(parts, float(told["trees"]["base"]), int(told["trees"]["depth"]))
    return Model(Linear(told["names"], weights, base), trees, int(told["longest"]))


def _field(wanted: Wanted, view: View, choices: Sequence[Choice], confidence: float) -> Field:
    best = choices[0]
    return Field(
        path=wanted.path,
        value=wanted.accepted(best.candidate.value),
        spans=tuple(span for place in best.candidate.places for span in view.units.rows[place.row].spans(place.start, place.end)),
        currency=best.candidate.currency,
        confidence=confidence,
        raw_confidence=round(_logistic(best.score), 4),
        alternatives=tuple(
            Alternative(text_of(one.candidate.value), round(_logistic(one.score), 4)) for one in choices[1 : _MOST_ALTERNATIVES + 1]
        ),
    )


def _logistic(number: float) -> float:
    return 1 / (1 + math.exp(-number)) if number > 0 else math.exp(number) / (1 + math.exp(number))
