"""A configuration that is none, and settings that do not fit."""

from pydantic import BaseModel

from aios_sdk import ComponentConfig, Document, Extraction, Pipeline, Summary, component, implements


@component("acme.plain")  # error: Config
class Plain:
    class Config:
        sentences: int = 3

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.pydantic")  # error: Config
class Pydantic:
    class Config(BaseModel):
        sentences: int = 3

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.two")  # error: Two
class Two:
    def __init__(self, config: ComponentConfig, language: str) -> None:
        self.config = config

    @implements
    def extract(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.gist")
class Gist:
    class Config(ComponentConfig):
        sentences: int = 3

    def __init__(self, config: Config) -> None:
        self.config = config

    @implements
    def summarize(self, document: Document) -> Summary:
        return Summary(method=self.config.methd)  # error: methd


Gist.Config(sentences="x")  # error: sentences
Gist.Config(sentence=3)  # error: sentence
Gist(Gist.Config)  # error: Config
Gist({"sentences": 3})  # error: dict
pipeline = Pipeline("p").ingest()
pipeline.summarize(Gist, config=["sentences"])  # error: list[str]
pipeline.summarize(Gist, sentences=3)  # error: sentences
pipeline.summarize(Gist, wehn="pages > 1")  # error: wehn
pipeline.summarize(Gist, timeout="2 s")  # error: timeout
