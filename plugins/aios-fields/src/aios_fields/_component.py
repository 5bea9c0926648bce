"""The component `aios.fields`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import pydantic

from aios_sdk import (
    ComponentConfig,
    Document,
    Example,
    Extraction,
    ModelReference,
    OutputModel,
    Provided,
    Resources,
    Training,
    Unsupported,
    component,
    implements,
)

from ._finding import Search
from ._labels import Labels
from ._schema import Wanted, wanted

if TYPE_CHECKING:
    from ._tagger import Tagger


@component("aios.fields", requires=["text"], uses=["pages", "words", "tables"], provides=["fields"], trains=True)
class Fields:
    """Finds the values of a pydantic model's fields by their labels, beside or below them, each with its exact place.

    Works on the words' boxes where a step gave them, else on the lines of the text. What is not found gives no field. With a ``model``,
    which `train` makes from examples, a tagger decides about the fields that it was trained for, and values need no labels. Example::

        class Invoice(BaseModel):
            number: str
            date: dt.date
            total: Decimal

        Pipeline("invoices").ingest().extract("fields", config={"output": Invoice})
    """

    class Config(ComponentConfig):
        """What to look for.

        Attributes:
            output: the pydantic model, as a class or as its import path ``package.module:Model`` (as in YAML).
            labels: how documents call a field, instead of the names known for it: ``{"total": ["Endsumme", "To pay"]}``.
            day_first: whether 03/04/2024 is the third of April; None goes by the other dates of the document, else by the day.
            model: a tagger that was trained for this output; None goes by labels alone.
        """

        output: OutputModel
        labels: dict[str, list[str]] = pydantic.Field(default_factory=dict)
        day_first: bool | None = None
        model: ModelReference | None = None

        @cached_property
        def schema_(self) -> tuple[Wanted, ...]:
            """The fields of the model with their labels."""
            return wanted(self.output, self.labels)

        @pydantic.model_validator(mode="after")
        def _can_be_found(self) -> Self:
            _ = self.schema_
            return self

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._tagger: Tagger | None = None

    def open(self, resources: Resources) -> None:
        """Load the model. Raises `ConfigurationError` when its files are none of a tagger, or one for other fields."""
        if self.config.model is not None:
            from ._tagger import Tagger

            self._tagger = Tagger.load(resources.models[self.config.model])
            self._tagger.check(self.config.schema_)

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The paths and types of the model's fields."""
        return Provided(fields={field.path: field.type for field in config.schema_})

    @cached_property
    def _labels(self) -> Labels:
        return Labels(self.config.schema_)

    @implements
    def extract(self, document: Document) -> Extraction:
        """The fields that are found. Raises `Unsupported` for a document without text, and for XML: tags are no labels."""
        if document.media_type.endswith(("/xml", "+xml")) and "xhtml" not in document.media_type:
            raise Unsupported("XML is markup, not print; what it says is read when it is ingested")
        schema, labels, day_first = self.config.schema_, self._labels, self.config.day_first
        if self._tagger is not None:
            from ._ranking import View

            view = View(document, schema, labels, day_first)
            if view.units.lines:
                return Extraction(fields=tuple(self._tagger.fields(schema, view)))
        elif (search := Search(document, schema, labels, day_first)).rows:
            return Extraction(fields=tuple(search.fields()))
        raise Unsupported("the document has no text to look for fields in")

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Learn a tagger for the fields that the examples have values of; a field that none has is found by its labels as before.

        Metrics are of sources that were left out of five folds: ``f1`` (micro, over all fields), ``right.PATH`` (share of the values that
        documents have), ``automated.0.99`` (share of the values above the confidence from which on 99% are right). Raises
        `ConfigurationError` for fewer than five examples, or values of fields that the output does not have.
        """
        from ._learning import learn
        from ._ranking import View

        schema = self.config.schema_
        learned = learn(examples, schema, lambda document: View(document, schema, self._labels, self.config.day_first))
        learned.tagger.save(folder)
        return Training(task="extraction", format="npz", classes=tuple(learned.tagger.models), metrics=learned.metrics)
