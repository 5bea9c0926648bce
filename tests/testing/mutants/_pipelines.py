"""Mutants that work as long as nobody puts them into a pipeline."""

from __future__ import annotations

import asyncio
from typing import Any

import pydantic

from aios_sdk import ComponentConfig, Context, Document, Extraction, Field, component, implements

from ._calls import numbers


def _found(document: Document) -> tuple[Field, ...]:
    return tuple(field for page in document.pages for field in numbers(page))


@component("mutant.nested", version="1", requires=["text"], provides=["fields"])
class Nested:
    """Runs an event loop of its own, which cannot be done within another."""

    @implements
    def extract(self, document: Document) -> Extraction:
        question = self._ask(document)
        try:
            return Extraction(fields=asyncio.run(question))
        finally:
            question.close()

    async def _ask(self, document: Document) -> tuple[Field, ...]:
        return _found(document)


@component("mutant.stamping", version="1", requires=["text"], provides=["fields"])
class Stamping:
    """Writes into each result in which run it was made."""

    @implements
    def extract(self, document: Document, context: Context) -> Extraction:
        stamp = Field(path="made_in", value=context.run, status="ungrounded")
        return Extraction(fields=(stamp, *_found(document)))


class Letter(pydantic.BaseModel):
    """What stands in a letter."""

    number: str


@component("mutant.by-name", version="1", requires=["text"], provides=["fields"])
class ByName:
    """Knows the classes that it takes by a name of its own, and not by that under which they are written."""

    class Config(ComponentConfig):
        """``output``: what is looked for."""

        output: type[pydantic.BaseModel] = Letter

        @pydantic.field_validator("output", mode="before")
        @classmethod
        def _known(cls, value: Any) -> Any:
            return Letter if value == "letter" else value

        @pydantic.field_serializer("output")
        def _named(self, value: type[pydantic.BaseModel]) -> str:
            return value.__name__.lower()

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction(fields=_found(document))


MUTANTS = [("runs-in-a-pipeline", Nested), ("replays", Stamping), ("pipeline-round-trips", ByName, {"config": {"output": Letter}})]
