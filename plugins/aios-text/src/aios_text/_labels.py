"""Labels made of scores: the best value with the next ones, or an abstention that names them all."""

from __future__ import annotations

from collections.abc import Mapping

from aios_sdk import Alternative, Label


def likeliest(scores: Mapping[str, float]) -> str:
    """The value with the highest score; of equal ones the first in the alphabet."""
    return min(scores, key=lambda value: (-scores[value], value))


def given(taxonomy: str, scores: Mapping[str, float], value: str, raw: float, threshold: float, top: int) -> Label:
    """``value`` with its score as confidence and the ``top`` next ones; where the score is below ``threshold``, an abstention that names
    one more."""
    score = round(scores[value], 6)
    ranked = [Alternative(name, round(scores[name], 6)) for name in sorted(scores, key=lambda name: (-scores[name], name))]
    if score < threshold:
        return Label(taxonomy=taxonomy, abstained=True, alternatives=tuple(ranked[: top + 1]))
    others = tuple([other for other in ranked if other.value != value][:top])
    return Label(taxonomy=taxonomy, value=value, confidence=score, raw_confidence=round(raw, 6), alternatives=others)
