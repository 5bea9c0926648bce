"""A stage that is none."""

from aios_sdk import Document, Extraction, Route, component, implements


@component("acme.misspelt")  # error: Misspelt
class Misspelt:
    @implements
    def extarct(self, document: Document) -> Extraction:
        return Extraction()


@component("acme.by-name", version="1", stage="rout")  # error: rout
def by_name(document: Document) -> Route:
    return Route(destination="desk")


@component("acme.wrapped")
class Wrapped:
    @implements(tryfirst=True)  # error
    def extract(self, document: Document) -> Extraction:
        return Extraction()
