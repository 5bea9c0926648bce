"""A class that is no extractor, where one is asked for."""

from aios_sdk import Document, Extraction, Extractor, Route, Router


class Misses:
    def extract(self, document: Document) -> Route:
        return Route(destination="desk")


class Fits:
    def extract(self, document: Document) -> Extraction:
        return Extraction()


first: Extractor = Fits()
second: Extractor = Misses()  # error: extract
third: type[Extractor] = Misses  # error: Misses
fourth: Router = Fits()  # error: Router
