"""A calibrator: curves for paths and taxonomies, fitted to values that were judged, and applied to what a step gives."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar, final

import msgspec
from msgspec.structs import replace

from ..errors import InputError, UsageError
from ..records import Field, Label
from ._curves import Curve, isotonic, platt

R = TypeVar("R")

Method: TypeAlias = Literal["isotonic", "platt"]

_FILE: Final = "calibrator.json"

#: Digits of a calibrated confidence: fewer than a float has, so that a threshold can be written down.
_DIGITS: Final = 6

#: How many values the curve of all counts as in that of each path or taxonomy; 5 to 20 do about alike (decision 32).
_DRAWN: Final = 5

#: How many values Platt's curve counts as in an isotonic one (decision 38).
_SMOOTHING: Final = 100

#: Values below which nothing is fitted at all, and below which isotonic regression follows chance (Niculescu-Mizil and Caruana 2005).
_FEWEST: Final = 20
_MANY: Final = 1000


class Judged(NamedTuple):
    """A value that a component gave, whose truth is known: the path of a ``field`` or the taxonomy of a ``label``, its raw confidence,
    whether it is right, and whom the document is from."""

    kind: Literal["field", "label"]
    name: str
    raw: float
    right: bool
    source: str

    @property
    def group(self) -> str:
        """What it is counted with: the items of a list are one, ``lines[].total``."""
        return _general(self.name)


@final
class Calibrator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Probabilities for raw confidences: ``fields`` by path and ``labels`` by taxonomy, and for all others the curve of ``all``.

    Example::

        calibrator = fit(judged, "isotonic")
        calibrator.confidence("field", "total", 0.9)
    """

    method: Method
    all: Curve
    fields: Mapping[str, Curve] = {}
    labels: Mapping[str, Curve] = {}

    def confidence(self, kind: Literal["field", "label"], name: str, raw: float) -> float:
        """How likely a value of that path or taxonomy is right, with that raw confidence (0..1, six digits)."""
        own = (self.fields if kind == "field" else self.labels).get(_general(name))
        return round((own or self.all)(raw), _DIGITS)

    def applied(self, result: R) -> R:
        """An extraction, classification or layers with the confidence of fields and labels set from the raw one, which stays, or is what
        the component gave as confidence. What says neither, and labels that abstain, stay as they are."""
        changed = {
            layer: tuple(map(self._applied, items))
            for layer in ("fields", "labels")
            if isinstance(items := getattr(result, layer, None), tuple) and items
        }
        return replace(result, **changed) if changed else result  # type: ignore[type-var]  # layers are attributes of structs

    def _applied(self, item: Any) -> Any:
        if not isinstance(item, Field | Label) or (isinstance(item, Label) and item.abstained):
            return item
        raw = item.confidence if item.raw_confidence is None else item.raw_confidence
        if not isinstance(raw, int | float):  # which is found, and told, where results are checked
            return item
        kind, name = ("field", item.path) if isinstance(item, Field) else ("label", item.taxonomy)
        return replace(item, raw_confidence=raw, confidence=self.confidence(kind, name, raw))  # type: ignore[arg-type]

    def write(self, folder: Path) -> None:
        """Write it as JSON into ``folder``."""
        (folder / _FILE).write_bytes(msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1))

    @classmethod
    def read(cls, folder: Path) -> Calibrator:
        """The one in ``folder``. Raises `InputError` when there is none."""
        try:
            return msgspec.json.decode((folder / _FILE).read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise InputError(
                f"There is no calibrator in {str(folder)!r}: {error}", cause="It is a model of another kind", fix="Name a calibrator"
            ) from error


def fit(judged: Sequence[Judged], method: Method | None = None) -> Calibrator:
    """A calibrator of judged values: a curve for all, and one for each path and taxonomy, which is drawn towards that of all.
    Without a ``method`` it is isotonic from 1,000 values on, and Platt's below.

    Where there is only one path or taxonomy, its curve is that of all. A curve is drawn as if five values more, with raw confidences spread
    like those of all, had come out as the curve of all says: of few values it stays near that, of many it is their own (a prior given as
    data; shrinkage as in empirical Bayes, Efron and Morris 1975). An isotonic one is drawn towards Platt's in the same way, by a hundred.

    Raises `UsageError` for fewer than 20 values.
    """
    if len(judged) < _FEWEST:
        raise UsageError(
            f"{len(judged)} values are too few to learn from how often confidences are right",
            fix=f"Say what is true of at least {_FEWEST} values with a confidence; some hundreds are better",
        )
    method = method or ("isotonic" if len(judged) >= _MANY else "platt")
    named: defaultdict[tuple[str, str], list[Judged]] = defaultdict(list)
    for value in judged:
        named[value.kind, value.group].append(value)
    spread = _spread([value.raw for value in judged], _DRAWN)
    common = _curve([value.raw for value in judged], [value.right for value in judged], method)
    drawn = [common(raw) for raw in spread]
    own = {
        key: _curve([*spread, *(value.raw for value in values)], [*drawn, *(value.right for value in values)], method)
        for key, values in sorted(named.items())
        if len(values) < len(judged)
    }
    return Calibrator(
        method=method,
        all=common,
        fields={name: curve for (kind, name), curve in own.items() if kind == "field"},
        labels={name: curve for (kind, name), curve in own.items() if kind == "label"},
    )


def cross_fitted(judged: Sequence[Judged], method: Method | None = None, *, folds: int = 5) -> list[float]:
    """The confidence of each value by a calibrator that was fitted to the other folds; values of one source are in one fold.

    That is how a calibrator does on sources that it never saw. Raises `UsageError` for values of fewer than two sources.
    """
    found = [0.0] * len(judged)
    # Chosen once, so that all folds have the method of the calibrator that is made of all values.
    method = method or ("isotonic" if len(judged) >= _MANY else "platt")
    for learnt, measured in split_by_source([value.source for value in judged], folds):
        calibrator = fit([judged[number] for number in learnt], method)
        for number in measured:
            value = judged[number]
            found[number] = calibrator.confidence(value.kind, value.name, value.raw)
    return found


def split_by_source(sources: Sequence[str], folds: int) -> Iterator[tuple[list[int], list[int]]]:
    """Splits of the numbers of values into (to fit to, to measure on), with no source on both sides: each of `folds_of` once to measure on.

    Raises `UsageError` for fewer than two sources.
    """
    fold = folds_of(sources, folds)
    for number in range(max(fold) + 1):
        yield [value for value, its in enumerate(fold) if its != number], [value for value, its in enumerate(fold) if its == number]


def folds_of(sources: Sequence[str], count: int) -> list[int]:
    """The fold of each value, from 0 on: values of one source are in one, those without a source (``""``) each for itself.

    There are ``count`` folds of nearly equal size, fewer where sources are fewer; of values with a source they are the same in any order.
    Raises `UsageError` for fewer than two sources.
    """
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number, source in enumerate(sources):
        members[f"source {source}" if source else f"value {number}"].append(number)
    if len(members) < 2:
        raise UsageError(
            f"The values are of {len(members)} source",
            cause="What is learned from a source says nothing of others",
            fix="Give documents of several sources, or leave the column source out where each document is of another",
        )
    found, sizes = [0] * len(sources), [0] * min(count, len(members))
    # The largest first, so that the folds come out nearly equal; equally large ones in an order that their names do not tell.
    for source in sorted(members, key=lambda name: (-len(members[name]), hashlib.sha256(name.encode()).digest())):
        fold = sizes.index(min(sizes))
        sizes[fold] += len(members[source])
        for number in members[source]:
            found[number] = fold
    return found


def _curve(raw: Sequence[float], right: Sequence[float], method: Method) -> Curve:
    smooth = platt(raw, right)
    if method == "platt":
        return smooth
    spread = _spread(raw, _SMOOTHING)
    return isotonic([*raw, *spread], [*right, *map(smooth, spread)], cautious=True)


def _spread(raw: Sequence[float], count: int) -> list[float]:
    """``count`` raw confidences that are spread as these are."""
    ranked = sorted(raw)
    return [ranked[(2 * number + 1) * len(ranked) // (2 * count)] for number in range(count)]


def _general(name: str) -> str:
    return re.sub(r"\[\d+\]", "[]", name)
