"""A method that takes something else than it is given."""

from aios_sdk import Context, Document, Extraction, Route, Source, component, implements


@component("acme.text")  # error: Text
class Text:
    @implements  # error: str
    def extract(self, document: str) -> Extraction:
        return Extraction()


@component("acme.of-source")  # error: OfSource
class OfSource:
    @implements  # error: Source
    def extract(self, source: Source) -> Extraction:
        return Extraction()


@component("acme.more")  # error: More
class More:
    @implements  # error: More
    def extract(self, document: Document, context: Context, language: str) -> Extraction:
        return Extraction()


@component("acme.keyword")  # error: Keyword
class Keyword:
    @implements  # error: document
    def extract(self, *, document: Document) -> Extraction:
        return Extraction()


@component("acme.renamed")  # error(pyright): Renamed
class Renamed:
    @implements
    def extract(self, doc: Document) -> Extraction:
        return Extraction()


@component("acme.renamed-too", version="1")  # error
def renamed(doc: Document) -> Route:
    return Route(destination="desk")
