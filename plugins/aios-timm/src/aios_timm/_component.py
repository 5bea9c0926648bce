"""The component `aios.timm`."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import pydantic

from aios_sdk import (
    Alternative,
    Classification,
    ComponentConfig,
    ConfigurationError,
    Context,
    Document,
    Example,
    Label,
    ModelReference,
    Provided,
    Resources,
    Training,
    Unavailable,
    Unsupported,
    component,
    implements,
)

from ._export import export, make, write

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from ._backbone import Backbone, Picture
    from ._heads import Head
    from ._learning import Encode

#: Documents left out of fitting: in so many folds, fewer where the backbone is trained anew for each.
_FOLDS: Final = 5
_FOLDS_OF_TUNING: Final = 3

#: The resolution at which pages are drawn; backbones see fewer pixels than an A4 page then has.
_DPI: Final = 100


def _of_training(default: Any, **limits: Any) -> Any:
    """A setting that only training looks at; it does not change what a trained model says."""
    return pydantic.Field(default, json_schema_extra={"memo": False}, **limits)


@component("aios.timm", requires=["pages"], uses=["text"], provides=["labels"], isolation="process", memory_mb=600, trains=True)
class Timm:
    """Classifies documents and their pages by the picture of the page, and by its text beside it, by a model learnt from labelled pages.

    The model is a linear head on a backbone of timm, which stays as it is (a linear probe) or is trained too, and is served through ONNX
    Runtime. By a model that `train` wrote::

        Pipeline("post").ingest().classify("timm", config={"model": "./kinds"})
    """

    class Config(ComponentConfig):
        """The model, and when to abstain; and for training, the backbone and how it learns.

        Attributes:
            taxonomy: the name of the taxonomy that the labels belong to.
            model: a trained model; it holds its backbone.
            threshold: how confident a label must be; below it the component abstains.
            top: how many other labels are named.
            pages: of a long document so many pages count, from its beginning.
            each_page: whether each page gets its label beside that of the document.
            backbone: for training: a name of timm, or the folder of a backbone that was exported.
            weights: for training: a safetensors file of the backbone.
            download: for training: fetch the weights from the model hub; else nothing is fetched.
            training: ``probe`` leaves the backbone as it is; ``fine-tune`` trains it, from weights drawn at random where none are given.
            epochs: for fine-tuning: how often each page is seen.
            size: for training: the side of the pictures in pixels; None is what timm names for the backbone.
            text: for training: whether n-grams of the page's text count beside the picture.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "document-kind"
        model: ModelReference | None = None
        threshold: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.0
        top: Annotated[int, pydantic.Field(ge=0)] = 3
        pages: Annotated[int, pydantic.Field(ge=1)] = 8
        each_page: bool = False
        backbone: str = _of_training("")
        weights: Path | None = _of_training(None)
        download: bool = _of_training(False)
        training: Literal["probe", "fine-tune"] = _of_training("probe")
        epochs: int = _of_training(30, ge=1)
        size: int | None = _of_training(None, ge=32, le=2048)
        text: bool = _of_training(False)

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._backbone: Backbone | None = None
        self._head: Head | None = None
        self._threads = 1

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy."""
        return Provided(labels={config.taxonomy: ()})

    def open(self, resources: Resources) -> None:
        """Load the model, where one is named. Raises `Unavailable` when it is not there."""
        from ._backbone import Backbone
        from ._heads import Head

        self._threads = resources.threads
        if self.config.model is not None:
            folder = _folder(self.config.model, resources.models)
            self._head, self._backbone = Head.load(folder), Backbone(folder, resources.threads)

    def close(self) -> None:
        """Let the model go."""
        self._backbone, self._head = None, None

    @implements
    def classify(self, document: Document, context: Context) -> Classification:
        """The document's label by the mean over its pages, or an abstention that names the likeliest; labels of pages where asked for.

        Only the document's label has a calibrated confidence; pages have a raw one. Raises `Unsupported` for a document without pages,
        and what drawing a page raises.
        """
        if self._backbone is None or self._head is None:
            raise Unavailable(
                "There is nothing to classify by", cause="No model is configured", fix="Train one, and name it or its folder in model="
            )
        import numpy as np

        pictures = self._drawn(document, self._backbone.size, context)
        texts = [page.text for page in document.pages[: len(pictures)]] if self._head.reads else [""] * len(pictures)
        raw = self._head.raw(self._backbone.encode(pictures), texts)
        mean = raw.mean(axis=0, keepdims=True)
        known = self._head.calibrated(mean)
        labels = [self._label(mean[0], known[0] if known is not None else None, None)]
        if self.config.each_page:
            indexes = (page.index for page in document.pages)
            labels += [self._label(np.asarray(row), None, index) for row, index in zip(raw, indexes, strict=False)]
        return Classification(labels=tuple(labels))

    @implements
    def train(self, examples: Sequence[Example], folder: Path, context: Context) -> Training:
        """Learn from the pages of the examples, each of which has the label of its document, and write backbone and head into the folder.

        Metrics are of documents that neither backbone nor head had seen, in folds that keep a source on one side: ``accuracy`` and
        ``calibration_error``. Raises `ConfigurationError` for settings that do not fit and examples that nothing can be learnt from,
        `UsageError` for examples of one source, `Unavailable` for what is not installed or not there.
        """
        import numpy as np

        from ._learning import learn

        taught = [each for each in examples if each.labels]
        if any(len(each.labels) > 1 for each in taught):
            raise ConfigurationError("Some examples have several labels", fix="Give each example the one label of its pages")
        size, encoder = self._encoder(folder)
        drawn = [(each, self._drawn(each.document, size, context)) for each in taught]
        # So that what is learnt does not hang on the order in which examples come.
        drawn.sort(key=lambda pair: (pair[0].labels, hashlib.sha256(b"".join(page.tobytes() for page in pair[1])).digest()))
        document = np.array([number for number, (_, pages) in enumerate(drawn) for _ in pages], dtype=np.int64)
        texts = [page.text for each, pages in drawn for page in each.document.pages[: len(pages)]] if self.config.text else None
        pictures = np.array([page for _, pages in drawn for page in pages], dtype=np.uint8).reshape(-1, size, size, 3)
        names = sorted({each.labels[0] for each, _ in drawn})
        target = np.array([names.index(drawn[number][0].labels[0]) for number in document], dtype=np.int64)
        try:
            learned = learn(
                encoder(pictures, target),
                texts,
                document,
                [each.labels[0] for each, _ in drawn],
                [each.source for each, _ in drawn],
                folds=_FOLDS if self.config.training == "probe" else _FOLDS_OF_TUNING,
            )
        except ValueError as error:
            raise ConfigurationError(f"From {len(taught)} examples nothing is learnt: {error}", fix="Give more examples") from error
        learned.head.save(folder)
        metrics = {"accuracy": round(learned.accuracy, 6), "calibration_error": round(learned.calibration_error, 6)}
        return Training(task="classification", format="onnx", classes=learned.head.classes, metrics=metrics)

    def _encoder(self, folder: Path) -> tuple[int, _Encoder]:
        """The side of the pictures, and what makes vectors of them while it learns."""
        from ._backbone import CARD, MODEL, SETTINGS, Backbone

        config = self.config
        if config.model is not None:
            raise ConfigurationError("A model that is trained already is not trained again", fix="Give backbone= instead of model=")
        if not config.backbone:
            raise ConfigurationError(
                "To train, a backbone is needed", fix="Give backbone=, a name of timm or the folder of one that was exported"
            )
        if config.training == "fine-tune":
            if Path(config.backbone).is_dir():
                raise ConfigurationError(
                    "An exported backbone cannot be fine-tuned", fix="Give its name in timm, with weights=; or training='probe'"
                )
            made = make(config.backbone, weights=config.weights, download=config.download, size=config.size)
            return made.size, _Tuning(made, config.epochs, self._threads, folder)
        if Path(config.backbone).is_dir():
            backbone = Backbone(Path(config.backbone), self._threads)
            for name in (MODEL, SETTINGS, CARD):
                if (Path(config.backbone) / name).is_file():
                    shutil.copyfile(Path(config.backbone) / name, folder / name)
        else:
            export(config.backbone, folder, weights=config.weights, download=config.download, size=config.size)
            backbone = Backbone(folder, self._threads)
        return backbone.size, _Probe(backbone)

    def _drawn(self, document: Document, size: int, context: Context) -> list[Picture]:
        """The first pages as pictures."""
        from ._backbone import fit

        found = []
        for page in document.pages[: self.config.pages]:
            context.remaining()
            found.append(fit(page.image(_DPI), size))
        if not found:
            raise Unsupported("the document has no pages to look at")
        return found

    def _label(self, raw: Any, known: Any | None, page: int | None) -> Label:
        """The label for these probabilities, or an abstention."""
        assert self._head is not None
        classes, config = self._head.classes, self.config
        order = sorted(range(len(classes)), key=lambda number: (-raw[number], classes[number]))
        others = tuple(Alternative(classes[number], round(float(raw[number]), 6)) for number in order)
        best = raw[order[0]] if known is None else known[order[0]]
        if best < config.threshold:
            return Label(taxonomy=config.taxonomy, page=page, abstained=True, alternatives=others[: config.top + 1])
        return Label(
            taxonomy=config.taxonomy,
            value=classes[order[0]],
            confidence=None if known is None else round(float(best), 6),
            raw_confidence=round(float(raw[order[0]]), 6),
            page=page,
            alternatives=others[1 : config.top + 1],
        )


class _Probe:
    """Vectors by a backbone that stays as it is."""

    def __init__(self, backbone: Backbone) -> None:
        self._backbone = backbone

    def __call__(self, pictures: npt.NDArray[np.uint8], target: npt.NDArray[np.int64]) -> Encode:
        vectors = self._backbone.encode(list(pictures))
        return lambda kept: vectors


class _Tuning:
    """Vectors by a backbone that is trained on the pages it may see; one that saw them all is exported into the folder."""

    def __init__(self, *given: Any) -> None:
        self._made, self._epochs, self._threads, self._folder = given

    def __call__(self, pictures: npt.NDArray[np.uint8], target: npt.NDArray[np.int64]) -> Encode:
        from ._backbone import Backbone
        from ._tuning import encoded, tuned

        def encode(kept: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            made = tuned(self._made, pictures[kept], target[kept], epochs=self._epochs, threads=self._threads)
            if len(kept) < len(pictures):
                return encoded(made, pictures, self._threads)
            write(made, self._folder)
            return Backbone(self._folder, self._threads).encode(list(pictures))

        return encode


_Encoder = _Probe | _Tuning


def _folder(reference: ModelReference, models: Mapping[str, Path]) -> Path:
    folder = models.get(reference, reference.folder)
    if folder is None:
        raise Unavailable(f"The model {str(reference)!r} is one of a store, and no store is there", fix="Give the path of its folder")
    return folder
