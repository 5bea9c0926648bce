"""The component `aios.lexical`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Self

import pydantic

from aios_sdk import (
    Classification,
    ComponentConfig,
    ConfigurationError,
    Document,
    Example,
    InputFile,
    Label,
    ModelReference,
    Provided,
    Resources,
    StepError,
    Training,
    Unavailable,
    Unsupported,
    component,
    implements,
)

from ._examples import classes_of, examples_of
from ._labels import given, likeliest

if TYPE_CHECKING:
    from ._linear import Linear

Share = Annotated[float, pydantic.Field(ge=0, le=1)]

#: What each label of several is asked.
_ANSWERS: Final = ("no", "yes")
_THRESHOLD: Final = 0.5


@component("aios.lexical", requires=["text"], uses=["pages", "regions", "fields"], provides=["labels"], trains=True)
class Lexical:
    """Classifies documents by the words in them, learnt from examples: by a trained model, or when it is opened; it needs no download.

    Words and pairs of near words, whole and cut to four letters, which makes forms of a word one in any language, letters within and
    across words, and marks of how it is written, with tf-idf weights, in a linear model; the same examples give the same scores in any
    process. From 200 examples on, confidence is calibrated on examples that were held out; those of one source, or without sources those
    of nearly the same words, are held out together. Example::

        Pipeline("mail").ingest().classify("lexical", config={"taxonomy": "document-kind", "examples": "kinds.csv"})
    """

    class Config(ComponentConfig):
        """What to tell apart, and when to abstain.

        Attributes:
            taxonomy: the name of the taxonomy that the labels belong to.
            model: a trained model; or else
            examples: a CSV or JSON lines file with ``text`` and ``label``, or texts (examples, descriptions, key words) by label.
                Only to train it needs neither.
            multilabel: a document may have several of the labels, or none. Each is a taxonomy of its own then, such as ``topic.billing``,
                with the values ``yes`` and ``no``.
            threshold: a label of lower confidence is not given, the component abstains; a share, or shares by label (of others 0.5).
            top: how many other labels are named beside the best.
            ignore_fields: paths of fields of which the places in the text do not count, such as ``date`` or ``from``; what a trained model
                ignores was set when it was trained.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        model: ModelReference | None = None
        examples: InputFile | dict[str, list[str]] | None = None
        multilabel: bool = False
        threshold: Share | dict[str, Share] = _THRESHOLD
        top: Annotated[int, pydantic.Field(ge=0)] = 3
        ignore_fields: tuple[str, ...] = ()

        @cached_property
        def examples_(self) -> tuple[Example, ...]:
            """The examples, read from the file where one is given."""
            if self.examples is None:
                return ()
            return examples_of(Path(self.examples) if isinstance(self.examples, InputFile) else self.examples)

        @cached_property
        def classes_(self) -> tuple[str, ...]:
            """The labels, where they are known before the model is opened."""
            folder = self.model.folder if self.model is not None else None
            if folder is not None:
                return tuple(json.loads((folder / "model.json").read_text(encoding="utf-8"))["classes"])
            return classes_of(self.examples_) if self.examples_ else ()

        @pydantic.model_validator(mode="after")
        def _can_be_learnt(self) -> Self:
            if self.model is not None and self.examples is not None:
                raise ValueError("give a model or examples, not both")
            several = next((example.labels for example in self.examples_ if len(example.labels) != 1), None)
            if several is not None and not self.multilabel:
                raise ValueError(f"an example has {len(several)} labels ({', '.join(several)}); set multilabel for that")
            return self

        def threshold_of(self, label: str) -> float:
            """The least confidence with which ``label`` is given."""
            return self.threshold.get(label, _THRESHOLD) if isinstance(self.threshold, dict) else self.threshold

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._model: Linear | None = None

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy and its labels, as far as they are known before the model is opened."""
        if config.multilabel:
            return Provided(labels={f"{config.taxonomy}.{label}": _ANSWERS for label in config.classes_})
        return Provided(labels={config.taxonomy: config.classes_})

    def open(self, resources: Resources) -> None:
        """Load the model, or learn from the examples: about half a minute for ten thousand sentences."""
        config = self.config
        if config.model is not None:
            from ._linear import Linear

            folder = resources.models[config.model]
            try:
                self._model = Linear.load(folder)
            except (OSError, ValueError, KeyError) as error:
                raise ConfigurationError(
                    f"{str(folder)!r} holds no model of aios.lexical: {error}", fix="Train one with this component, and name its folder"
                ) from error
            if self._model.several != config.multilabel:
                raise ConfigurationError(
                    f"The model {config.model!r} was trained with multilabel={self._model.several}", fix="Set multilabel as it was trained"
                )
        elif config.examples is not None:
            from ._learning import learnt

            self._model, _ = learnt(config.examples_, several=config.multilabel, ignored=config.ignore_fields)

    def close(self) -> None:
        """Forget what was learnt."""
        self._model = None

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Learn from the labels of the examples; the metrics are of examples held out (none where there are fewer than 200).

        Raises `ConfigurationError` for examples of fewer than two labels, and for several labels of one where these are not asked for.
        """
        from ._learning import learnt

        try:
            model, metrics = learnt(examples, several=self.config.multilabel, ignored=self.config.ignore_fields)
        except ValueError as error:
            raise ConfigurationError(
                f"Nothing is learnt from the examples: {error}", fix="Correct the examples, or the settings"
            ) from error
        model.save(folder)
        return Training(task="classification", format="npz", classes=model.classes, metrics=metrics)

    @implements
    def classify(self, document: Document) -> Classification:
        """One label (of several labels one each), or an abstention that names the likeliest ones. Raises `Unsupported` without text."""
        if self._model is None:
            raise Unavailable(
                "There is nothing to classify by",
                cause="Neither a model nor examples are configured, which is enough for training",
                fix="Set model to a trained one, or examples to what it should learn from",
            )
        try:
            margins = self._model.margins(document)
        except LookupError as error:
            raise Unsupported("the document has no text to classify") from error
        taxonomy, classes = self.config.taxonomy, self._model.classes
        if self.config.multilabel:
            if margins is None:
                return Classification(labels=tuple(Label(taxonomy=f"{taxonomy}.{name}", abstained=True) for name in classes))
            found = zip(classes, *self._model.calibration.each(margins), strict=True)
            return Classification(labels=tuple(self._answer(name, float(sure), float(raw)) for name, sure, raw in found))
        if margins is None:
            return Classification(labels=(Label(taxonomy=taxonomy, abstained=True),))
        shares, raw = self._model.calibration.one(margins)
        scores = dict(zip(classes, map(float, shares), strict=True))
        best = likeliest(scores)
        return Classification(labels=(given(taxonomy, scores, best, raw, self.config.threshold_of(best), self.config.top),))

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> list[Classification | StepError]:
        """The same for several documents at once."""
        return [self._one(document) for document in documents]

    def _one(self, document: Document) -> Classification | StepError:
        try:
            return self.classify(document)
        except Unsupported as error:
            return error

    def _answer(self, label: str, sure: float, raw: float) -> Label:
        """Yes where that is sure enough for the label's threshold, else no where that is, else an abstention."""
        threshold = self.config.threshold_of(label)
        no, yes = _ANSWERS
        value = yes if sure >= threshold else no
        scores = {no: 1 - sure, yes: sure}
        return given(f"{self.config.taxonomy}.{label}", scores, value, raw if value == yes else 1 - raw, threshold, 1)
