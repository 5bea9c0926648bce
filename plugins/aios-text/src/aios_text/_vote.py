"""The component `aios.vote`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Self

import pydantic

from aios_sdk import (
    Classification,
    ComponentConfig,
    ConfigurationError,
    Document,
    Example,
    ModelReference,
    Provided,
    Resources,
    Training,
    Unsupported,
    component,
    implements,
)

from ._labels import given
from ._pool import Pool, alike, heard, learnt, voices_of

Share = Annotated[float, pydantic.Field(ge=0, le=1)]


@component("aios.vote", requires=["labels"], provides=["labels"], trains=True)
class Vote:
    """Makes one label of those that several steps gave out of one taxonomy: the product of their probabilities, or it abstains.

    The logarithmic opinion pool (Genest and Zidek 1986): probabilities are multiplied, each raised to the weight of its step, and made to
    sum to 1 again. What a step names beside its label counts too (its alternatives, also where it abstained). Trained on examples that the
    steps did not learn from, it knows how much each counts and how sure the result is; else all count alike. Example::

        pipeline = Pipeline("mail", resolve=["vote"]).ingest().classify("lexical", config=words).classify("acme.meaning", config=meaning)
        pipeline.classify("vote", name="vote", config={"taxonomy": "intent", "model": "intent-vote"})
    """

    class Config(ComponentConfig):
        """Whose labels count, and when to abstain.

        Attributes:
            taxonomy: the taxonomy of the labels.
            model: a trained model, which knows what each step counts.
            weights: without a model how much each step's label counts, by the step's id; where empty all steps that gave a label count
                alike, else only these. To train it, only the steps that are named count.
            into: the taxonomy of the label that is given; the same where empty. Within one taxonomy the pipeline's ``resolve`` should name
                the step, else labels that differ stay a conflict.
            threshold: a label of lower confidence is not given, the component abstains.
            top: how many other values are named beside the best.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        model: ModelReference | None = None
        weights: dict[str, Annotated[float, pydantic.Field(gt=0)]] = pydantic.Field(default_factory=dict)
        into: str = ""
        threshold: Share = 0.5
        top: Annotated[int, pydantic.Field(ge=0)] = 3

        @pydantic.model_validator(mode="after")
        def _weighs_once(self) -> Self:
            if self.model is not None and self.weights:
                raise ValueError("give a model or weights, not both")
            return self

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._pool: Pool | None = None

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy; its values are those of the steps before."""
        return Provided(labels={config.into or config.taxonomy: ()})

    def open(self, resources: Resources) -> None:
        """Load the model where one is named."""
        if self.config.model is not None:
            folder = resources.models[self.config.model]
            try:
                self._pool = Pool.load(folder)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ConfigurationError(
                    f"{str(folder)!r} holds no model of aios.vote: {error}", fix="Train one with this component, and name its folder"
                ) from error

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Learn from examples with the labels of the steps how much each counts, and what the result is worth.

        Metrics are of fifths of the examples that a pool of the others was held against. The steps must not have learnt from these
        examples; `aios_sdk.learning.answered` sees to that. Raises `ConfigurationError` for fewer than 20 examples with such labels.
        """
        known = heard(examples, self.config.taxonomy, tuple(self.config.weights))
        pool, metrics = learnt(known)
        pool.save(folder)
        return Training(task="classification", format="json", classes=tuple(sorted({one.truth for one in known})), metrics=metrics)

    @implements
    def classify(self, document: Document) -> Classification:
        """One label. Raises `Unsupported` when no step that counts has anything to say."""
        config = self.config
        counts = self._pool.weights if self._pool is not None else config.weights
        voices = {step: shares for step, shares in voices_of(document.labels.all(config.taxonomy)).items() if not counts or step in counts}
        if not voices:
            whose = f"of the steps {', '.join(counts)} " if counts else ""
            raise Unsupported(f"there is no label of {config.taxonomy!r} {whose}with a value or alternatives to vote on")
        value, shares, raw = self._pool.vote(voices) if self._pool is not None else alike(voices, config.weights)
        return Classification(labels=(given(config.into or config.taxonomy, shares, value, raw, config.threshold, config.top),))
