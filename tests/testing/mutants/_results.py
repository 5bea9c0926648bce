"""Mutants whose results are not what was declared, or say too little or too much."""

from __future__ import annotations

from aios_sdk import (
    Alternative,
    Classification,
    Document,
    Extraction,
    Field,
    Label,
    LimitExceeded,
    Malformed,
    PageText,
    Route,
    component,
    implements,
)

from ._configuration import found_in

LONGEST = 300


@component("mutant.generous", version="1", requires=["text"], provides=["fields"])
class Generous:
    """Gives more layers than it declares."""

    @implements
    def extract(self, document: Document) -> Extraction:
        texts = tuple(
            PageText(page=page.index, content=page.text.upper(), method="derived")
            for page in document.pages
            if page.text != page.text.upper()
        )
        return Extraction(text=texts, fields=found_in(document).fields)


@component("mutant.mistyped", version="1", requires=["text"], provides=["fields"], fields={"number": "integer"})
class Mistyped:
    """Declares whole numbers and gives texts."""

    @implements
    def extract(self, document: Document) -> Extraction:
        return found_in(document)


@component("mutant.peeking", version="1", requires=["text"], provides=["labels"])
class Peeking:
    """Looks at fields, and does not say so."""

    @implements
    def classify(self, document: Document) -> Classification:
        kind = "invoice" if "total" in document.fields else "other"
        return Classification(labels=(Label(taxonomy="kind", value=kind),))


@component("mutant.speechless", version="1", requires=["text"], provides=["fields"])
class Speechless:
    """Passes on the text of an error that has none."""

    @implements
    def extract(self, document: Document) -> Extraction:
        try:
            assert document.text.strip()
        except AssertionError as error:
            raise Malformed(str(error)) from error
        return found_in(document)


@component("mutant.blabbing", version="1", requires=["text"], provides=["fields"])
class Blabbing:
    """Repeats the whole document when it complains."""

    @implements
    def extract(self, document: Document) -> Extraction:
        if len(document.text) > LONGEST:
            raise LimitExceeded(f"this text is too long: {document.text}")
        return found_in(document)


@component("mutant.per-cent", version="1", requires=["text"], provides=["route"])
class PerCent:
    """Is sure to so many per cent."""

    @implements
    def route(self, document: Document) -> Route:
        return Route(destination="desk", confidence=97.0)


@component("mutant.logits", version="1", requires=["text"], provides=["fields"])
class Logits:
    """Gives the raw output of a model as the scores of other readings."""

    @implements
    def extract(self, document: Document) -> Extraction:
        found: list[Field] = []
        for field in found_in(document).fields:
            others = (Alternative(value=f"{field.value}0", score=-3.7),)
            found.append(Field(path=field.path, value=field.value, spans=field.spans, alternatives=others))
        return Extraction(fields=tuple(found))


MUTANTS = [
    ("provides-what-it-declares", Generous),
    ("provides-what-it-declares", Mistyped),
    ("reads-only-what-it-declares", Peeking),
    ("says-why-it-refuses", Speechless),
    ("says-why-it-refuses", Blabbing),
    ("confidence-in-range", PerCent),
    ("confidence-in-range", Logits),
]
