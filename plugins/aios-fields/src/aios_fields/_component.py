"""The component `aios.fields`."""

from __future__ import annotations

from functools import cached_property
from typing import Final, Self

import pydantic

from aios_sdk import ComponentConfig, Document, Extraction, Provided, Unsupported, component, implements

from ._finding import Search
from ._labels import Labels
from ._model import ModelClass
from ._schema import Wanted, wanted


@component("aios.fields", requires=["text"], uses=["pages", "words", "tables"], provides=["fields"])
class Fields:
    """Finds the values of a pydantic model's fields by their labels, beside or below them, each with its exact place.

    Works on the words' boxes where a step gave them, else on the lines of the text. What is not found gives no field. Example::

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
        """

        output: ModelClass
        labels: dict[str, list[str]] = pydantic.Field(default_factory=dict)
        day_first: bool | None = None

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
        search = Search(document, self.config.schema_, self._labels, self.config.day_first)
        if not search.rows:
            raise Unsupported("the document has no text to look for fields in")
        return Extraction(fields=tuple(search.fields()))
