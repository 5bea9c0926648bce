"""The component `aios.sentence-transformers`."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import pydantic

from aios_sdk import (
    Alternative,
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

from ._export import export, load, write

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._encoder import Encoder
    from ._heads import Head


def _of_training(default: Any, **limits: Any) -> Any:
    """A setting that only training looks at; it does not change what a trained model says."""
    return pydantic.Field(default, json_schema_extra={"memo": False}, **limits)


@component(
    "aios.sentence-transformers", requires=["text"], uses=["pages"], provides=["labels"], isolation="process", memory_mb=600, trains=True
)
class SentenceTransformers:
    """Classifies documents by the meaning of their text: by descriptions of the classes, by a few examples, or by a head trained on many.

    Texts become vectors through an encoder of sentence-transformers that was exported once to ONNX (`export`). Nothing is downloaded, and
    PyTorch is not needed. By descriptions (zero-shot) or a few examples (nearest prototypes)::

        Pipeline("mail").ingest().classify("sentence-transformers", config={
            "encoder": "./minilm", "descriptions": {"claim": "A damage is reported", "order": "Goods are ordered"},
        })

    By a model that `train` wrote: ``config={"model": "./kinds"}``.
    """

    class Config(ComponentConfig):
        """What to tell apart, by what, and when to abstain.

        Attributes:
            taxonomy: the name of the taxonomy that the labels belong to.
            model: a trained model; it holds its encoder.
            encoder: an exported encoder, or, to train with, one that sentence-transformers saved.
            descriptions: what each label means, in a sentence.
            examples: a CSV file with ``text`` and ``label``, or texts by label; with descriptions they count alike.
            head: what training fits: ``kernel`` (nearness to examples), ``linear``, or ``prototypes`` (for few examples).
            multilabel: whether several labels may be true of a document; each that reaches the threshold is given.
            threshold: how confident the best label must be; below it the component abstains. None is 0.5 for several labels, else 0.
            top: how many other labels are named.
            passages: of a long document so many passages of the encoder's length count, from its beginning.
            training: ``probe`` leaves the encoder as it is; ``fine-tune`` trains it on the examples too, by the first passage of each.
            epochs: for fine-tuning: how often each example is seen.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        model: ModelReference | None = None
        encoder: ModelReference | None = None
        descriptions: Annotated[dict[str, str], pydantic.Field(default_factory=dict)]
        examples: Annotated[InputFile | dict[str, list[str]], pydantic.Field(default_factory=dict)]
        head: Literal["kernel", "linear", "prototypes"] = "kernel"
        multilabel: bool = False
        threshold: Annotated[float, pydantic.Field(ge=0, le=1)] | None = None
        top: Annotated[int, pydantic.Field(ge=0)] = 3
        passages: Annotated[int, pydantic.Field(ge=1, le=64)] = 4
        training: Literal["probe", "fine-tune"] = _of_training("probe")
        epochs: int = _of_training(3, ge=1)

        @cached_property
        def texts_(self) -> Mapping[str, tuple[str, ...]]:
            """Descriptions and examples by label."""
            found = {label: [text] for label, text in self.descriptions.items()}
            for label, text in _pairs(self.examples):
                found.setdefault(label, []).append(text)
            return {label: tuple(texts) for label, texts in sorted(found.items())}

        @pydantic.model_validator(mode="after")
        def _fits(self) -> Self:
            if (self.model is None) == (self.encoder is None):
                raise ValueError("give either model (a trained one, which holds its encoder) or encoder")
            if self.model is not None and (self.descriptions or self.examples):
                raise ValueError("a trained model knows its labels; leave out descriptions and examples, or give encoder instead of model")
            if len(self.texts_) == 1:
                raise ValueError("there is one label; describe at least two to choose between")
            for label, texts in self.texts_.items():
                if not label.strip() or not texts or not all(text.strip() for text in texts):
                    raise ValueError(f"the label {label!r} has no text" if label.strip() else "there is a text without a label")
            return self

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._encoder: Encoder | None = None
        self._head: Head | None = None
        self._models: Mapping[str, Path] = {}
        self._threads = 1

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy, and its labels where they are known beforehand."""
        return Provided(labels={config.taxonomy: tuple(config.texts_)})

    def open(self, resources: Resources) -> None:
        """Load the model, or the encoder and the vectors of descriptions and examples. Raises `Unavailable` when it is not there."""
        from ._encoder import Encoder
        from ._heads import Head, prototypes

        self._models, self._threads = dict(resources.models), resources.threads
        if self.config.model is not None:
            folder = self._folder(self.config.model)
            self._encoder, self._head = Encoder(folder, resources.threads), Head.load(folder)
        elif self.config.texts_:
            assert self.config.encoder is not None
            self._encoder = Encoder(self._folder(self.config.encoder), resources.threads)
            vectors = {label: self._encoder.encode(texts, self.config.passages) for label, texts in self.config.texts_.items()}
            self._head = prototypes(vectors, multilabel=self.config.multilabel)

    def close(self) -> None:
        """Let the model go."""
        self._encoder, self._head, self._models = None, None, {}

    @implements
    def classify(self, document: Document) -> Classification:
        """One label, several where that was asked for, or an abstention that names the likeliest. Raises `Unsupported` without text."""
        result = self.classify_batch([document])[0]
        if isinstance(result, StepError):
            raise result
        return result

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> list[Classification | StepError]:
        """The same for several documents at once."""
        if self._encoder is None or self._head is None:
            raise Unavailable(
                "There is nothing to classify by",
                cause="Only an encoder is configured, which is enough for training",
                fix="Give model= (what train wrote), or descriptions= or examples= beside encoder=",
            )
        texts = [document.text.strip() for document in documents]
        vectors = self._encoder.encode([text for text in texts if text], self.config.passages)
        raw = self._head.raw(self._head.scores(vectors))
        found = iter(zip(raw, raw if (known := self._head.calibrated(raw)) is None else known, strict=True))
        calibrated = known is not None
        return [
            self._labelled(*next(found), calibrated=calibrated) if text else Unsupported("the document has no text to classify")
            for text in texts
        ]

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Fit a head to the examples and write it, with the encoder, into the folder; to fine-tune, first train the encoder on them.

        Metrics are of examples left out of fitting: ``accuracy`` (of several labels, the share of documents with exactly the right ones)
        and ``calibration_error``. That is five folds that keep a source on one side; of a fine-tuned encoder the tenth of the examples that
        it was not trained on. An encoder that is not exported yet is exported.
        Raises `ConfigurationError` for examples that nothing can be learnt from and an encoder that cannot be fine-tuned, `UsageError` for
        examples of one source, and `Unavailable` for what is not installed or not there.
        """
        from ._encoder import Encoder
        from ._learning import kept_back, learn

        taught = [each for each in examples if each.labels and each.document.text.strip()]
        if not self.config.multilabel and any(len(each.labels) > 1 for each in taught):
            raise ConfigurationError("Some examples have several labels", fix="Set multilabel=True, or give each example one label")
        if self.config.encoder is None:
            raise ConfigurationError("A model that is trained already is not trained again", fix="Give encoder= instead of model=")
        if (known := len({label for each in taught for label in each.labels})) < 2:
            raise ConfigurationError(f"From {len(taught)} examples of {known} label nothing is learnt", fix="Give examples of two at least")
        unseen = None
        if self.config.training == "fine-tune":
            # So that what is learnt does not hang on the order in which examples come.
            taught.sort(key=lambda each: (each.source, each.document.text, each.labels))
            unseen = kept_back([each.source for each in taught])
        self._put(self._folder(self.config.encoder), folder, taught, unseen)
        vectors = Encoder(folder).encode([each.document.text.strip() for each in taught], self.config.passages)
        learned = learn(
            vectors,
            [each.labels for each in taught],
            [each.source for each in taught],
            kind=self.config.head,
            multilabel=self.config.multilabel,
            unseen=unseen,
        )
        learned.head.save(folder)
        metrics = {"accuracy": round(learned.accuracy, 6), "calibration_error": round(learned.calibration_error, 6)}
        return Training(task="classification", format="onnx", classes=learned.head.classes, metrics=metrics)

    def _put(self, encoder: Path, folder: Path, taught: Sequence[Example], unseen: npt.NDArray[np.bool_] | None) -> None:
        """Write the encoder into the folder, trained on the examples but those that are to stay ``unseen`` where it is to be fine-tuned."""
        from ._encoder import is_exported
        from ._learning import targets_of

        if unseen is None and is_exported(encoder):
            for name in _ENCODER_FILES:
                if (encoder / name).is_file():
                    shutil.copyfile(encoder / name, folder / name)
        elif unseen is None:
            export(encoder, folder)
        elif is_exported(encoder):
            raise ConfigurationError(
                f"The encoder in {encoder} is exported, and is not trained any more",
                fix="Give the folder that sentence-transformers saved it in; or training='probe', which leaves the encoder as it is",
            )
        else:
            model = load(encoder)
            from ._tuning import tune

            seen = [each for each, left in zip(taught, unseen, strict=True) if not left]
            _, targets = targets_of([each.labels for each in seen])
            tune(model, [each.document.text.strip() for each in seen], targets, epochs=self.config.epochs, threads=self._threads)
            write(model, encoder.name, folder, history=f"fine-tuned on {len(seen)} texts in {self.config.epochs} epochs")

    def _folder(self, reference: ModelReference) -> Path:
        folder = self._models.get(reference, reference.folder)
        if folder is None:
            raise Unavailable(f"The model {str(reference)!r} is one of a store, and no store is there", fix="Give the path of its folder")
        return folder

    def _labelled(self, raw: Any, known: Any, *, calibrated: bool) -> Classification:
        """The labels of one document: raw probabilities of all classes, and calibrated ones where the head has learnt them."""
        assert self._head is not None
        classes, config = self._head.classes, self.config
        # By raw ones: a calibration that found nothing in them is level, and would leave the choice to the alphabet.
        order = sorted(range(len(classes)), key=lambda number: (-raw[number], classes[number]))

        def named(numbers: Sequence[int]) -> tuple[Alternative, ...]:
            return tuple(Alternative(classes[number], round(float(raw[number]), 6)) for number in numbers)

        def label(number: int, others: tuple[Alternative, ...]) -> Label:
            confidence = round(float(known[number]), 6) if calibrated else None
            return Label(
                taxonomy=config.taxonomy,
                value=classes[number],
                confidence=confidence,
                raw_confidence=round(float(raw[number]), 6),
                alternatives=others,
            )

        several = self._head.multilabel
        threshold = config.threshold if config.threshold is not None else 0.5 if several else 0.0
        given = [number for number in order[: None if several else 1] if known[number] >= threshold]
        if not given:
            return Classification(labels=(Label(taxonomy=config.taxonomy, abstained=True, alternatives=named(order[: config.top + 1])),))
        rest = named([number for number in order if number not in given][: config.top])
        return Classification(labels=tuple(label(number, rest if place == 0 else ()) for place, number in enumerate(given)))


#: What an encoder consists of, as `export` writes it.
_ENCODER_FILES: Final = ("model.onnx", "tokenizer.json", "encoder.json", "README.md")


def _pairs(given: InputFile | Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Labels with their texts, out of a file or a mapping. Raises ``ValueError`` naming the columns that a file lacks."""
    if not isinstance(given, InputFile):
        return [(label, text) for label, texts in given.items() for text in texts]
    with Path(given).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"text", "label"} <= set(reader.fieldnames or ()):
            columns = ", ".join(reader.fieldnames or ()) or "nothing"
            raise ValueError(f"{given} needs the columns 'text' and 'label' in its first line; it has {columns}")
        return [(row["label"] or "", row["text"] or "") for row in reader]
