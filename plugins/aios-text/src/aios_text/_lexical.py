"""The component `aios.lexical`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

import pydantic

from aios_sdk import (
    Alternative,
    Classification,
    ComponentConfig,
    Document,
    InputFile,
    Label,
    Provided,
    Resources,
    StepError,
    Unsupported,
    component,
    implements,
)

from ._examples import Examples, examples_of

if TYPE_CHECKING:
    from ._linear import Linear

#: Of longer documents only the beginning counts: what a document is shows there, and the rest costs time.
_LONGEST: Final = 50_000


@component("aios.lexical", requires=["text"], uses=["pages"], provides=["labels"])
class Lexical:
    """Classifies documents by the words in them, learnt from examples when it is opened; it needs no download.

    Word and letter n-grams with tf-idf weights, and a linear model; the same examples give the same scores in any process. Example::

        Pipeline("mail").ingest().classify("lexical", config={"model": "document-kind", "examples": "kinds.csv"})
    """

    class Config(ComponentConfig):
        """What to tell apart, and when to abstain.

        Attributes:
            model: the name of the taxonomy that the labels belong to.
            examples: a CSV or JSON lines file with ``text`` and ``label``, or texts (examples, descriptions, key words) by label.
            threshold: by how much the probability of the best label must lead that of the next; below it the component abstains.
            top: how many other labels are named beside the best.
        """

        model: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        examples: InputFile | dict[str, list[str]]
        threshold: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.2
        top: Annotated[int, pydantic.Field(ge=0)] = 3

        @cached_property
        def examples_(self) -> Examples:
            """The examples, read from the file where one is given."""
            return examples_of(Path(self.examples) if isinstance(self.examples, InputFile) else self.examples)

        @pydantic.model_validator(mode="after")
        def _can_be_learnt(self) -> Self:
            _ = self.examples_
            return self

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._model: Linear | None = None

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy and its labels."""
        return Provided(labels={config.model: config.examples_.classes})

    def open(self, resources: Resources) -> None:
        """Learn from the examples: about ten seconds for ten thousand sentences."""
        from ._linear import Linear

        self._model = Linear(self.config.examples_)

    def close(self) -> None:
        """Forget what was learnt."""
        self._model = None

    @implements
    def classify(self, document: Document) -> Classification:
        """One label, or an abstention that names the likeliest ones. Raises `Unsupported` for a document without text."""
        result = self._classified([document])[0]
        if isinstance(result, StepError):
            raise result
        return result

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> list[Classification | StepError]:
        """The same for several documents at once."""
        return self._classified(documents)

    def _classified(self, documents: Sequence[Document]) -> list[Classification | StepError]:
        if self._model is None:
            raise RuntimeError("open() was not called")
        texts = [document.text[:_LONGEST] for document in documents]
        scores = iter(self._model.probabilities([text for text in texts if text.strip()]))
        return [self._label(next(scores)) if text.strip() else Unsupported("the document has no text to classify") for text in texts]

    def _label(self, scores: Sequence[float] | None) -> Classification:
        if scores is None:
            return Classification(labels=(Label(taxonomy=self.config.model, abstained=True),))
        ranked = sorted(zip(self.config.examples_.classes, scores, strict=True), key=lambda pair: (-pair[1], pair[0]))
        named = [Alternative(value, score) for value, score in ranked]
        if ranked[0][1] - ranked[1][1] < self.config.threshold:
            label = Label(taxonomy=self.config.model, abstained=True, alternatives=tuple(named[: self.config.top + 1]))
        else:
            value, score = ranked[0]
            others = tuple(named[1 : self.config.top + 1])
            label = Label(taxonomy=self.config.model, value=value, confidence=score, raw_confidence=score, alternatives=others)
        return Classification(labels=(label,))
