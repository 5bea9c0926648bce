"""The component `aios.vote`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import pydantic

from aios_sdk import Classification, ComponentConfig, Document, Label, Provided, Unsupported, component, implements

from ._labels import given, likeliest

Share = Annotated[float, pydantic.Field(ge=0, le=1)]


@component("aios.vote", requires=["labels"], provides=["labels"])
class Vote:
    """Makes one label of those that several steps gave out of one taxonomy: the mean of their probabilities, or it abstains.

    Soft voting: the linear opinion pool (M. Stone, "The Opinion Pool", 1961). What a step names beside its label counts too (its
    alternatives, also where it abstained); a value that it does not name has the probability 0 there. Example::

        pipeline = Pipeline("mail", resolve=["vote"]).ingest().classify("lexical", config=words).classify("acme.meaning", config=meaning)
        pipeline.classify("vote", name="vote", config={"taxonomy": "intent"})
    """

    class Config(ComponentConfig):
        """Whose labels count, and when to abstain.

        Attributes:
            taxonomy: the taxonomy of the labels.
            weights: how much each step's label counts, by the step's id; where empty all steps that gave a label count alike, else only
                these.
            into: the taxonomy of the label that is given; the same where empty. Within one taxonomy the pipeline's ``resolve`` should name
                the step, else labels that differ stay a conflict.
            threshold: a label of which the mean is lower is not given, the component abstains.
            top: how many other values are named beside the best.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        weights: dict[str, Annotated[float, pydantic.Field(gt=0)]] = pydantic.Field(default_factory=dict)
        into: str = ""
        threshold: Share = 0.5
        top: Annotated[int, pydantic.Field(ge=0)] = 3

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy; its values are those of the steps before."""
        return Provided(labels={config.into or config.taxonomy: ()})

    @implements
    def classify(self, document: Document) -> Classification:
        """One label. Raises `Unsupported` when no step has anything to say."""
        config = self.config
        total, scores = 0.0, dict[str, float]()
        for weight, said in self._votes(document):
            total += weight
            for value, score in said.items():
                scores[value] = scores.get(value, 0.0) + weight * score
        if not scores:
            whose = f"of the steps {', '.join(config.weights)} " if config.weights else ""
            raise Unsupported(f"there is no label of {config.taxonomy!r} {whose}with a value or alternatives to vote on")
        means = {value: score / total for value, score in scores.items()}
        best = likeliest(means)
        label = given(config.into or config.taxonomy, means, best, means[best], config.threshold, config.top)
        return Classification(labels=(label,))

    def _votes(self, document: Document) -> Iterator[tuple[float, Mapping[str, float]]]:
        latest = {label.step: label for label in document.labels.all(self.config.taxonomy)}
        for step, label in sorted(latest.items()):
            weight = self.config.weights.get(step, 0.0) if self.config.weights else 1.0
            if weight and (said := _said(label)):
                yield weight, said


def _said(label: Label) -> Mapping[str, float]:
    """The probability of each value that a label names; of one without a confidence 1, as of a rule."""
    scores = {other.value: other.score for other in label.alternatives}
    if not label.abstained:
        scores[label.value] = 1.0 if label.confidence is None else label.confidence
    return scores
