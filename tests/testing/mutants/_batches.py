"""Mutants whose batch companions are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aios_sdk import Classification, Document, Label, StepError, Unsupported, component, implements


class _Length:
    """Tells short texts from long ones, correctly; refuses what has no text."""

    def classify(self, document: Document) -> Classification:
        size = len(document.text.strip())
        if not size:
            raise Unsupported("there is no text")
        return Classification(labels=(Label(taxonomy="length", value=f"about {size // 20}", confidence=min(1.0, size / 1000)),))

    def each(self, documents: Sequence[Document]) -> list[Classification | StepError]:
        """Single calls, one after the other, with refusals in their places."""
        found: list[Classification | StepError] = []
        for document in documents:
            try:
                found.append(self.classify(document))
            except StepError as error:
                found.append(error)
        return found


@component("mutant.sorts", version="1", requires=["text"], provides=["labels"])
class Sorts(_Length):
    """Sorts documents by length to save padding, and forgets to put the answers back."""

    @implements
    def classify(self, document: Document) -> Classification:
        return super().classify(document)

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        return self.each(sorted(documents, key=lambda document: len(document.text)))


@component("mutant.drops", version="1", requires=["text"], provides=["labels"])
class Drops(_Length):
    """Leaves out what it refuses, so that the answers behind it move up."""

    @implements
    def classify(self, document: Document) -> Classification:
        return super().classify(document)

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        return [answer for answer in self.each(documents) if not isinstance(answer, StepError)]


@component("mutant.all-or-nothing", version="1", requires=["text"], provides=["labels"])
class AllOrNothing(_Length):
    """Raises for the whole batch what is wrong with one document."""

    @implements
    def classify(self, document: Document) -> Classification:
        return super().classify(document)

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        return [self.classify(document) for document in documents]


@component("mutant.squeezes", version="1", requires=["text"], provides=["labels"])
class Squeezes(_Length):
    """Loses the dimension of the batch when it has one document, as squeezed arrays do."""

    @implements
    def classify(self, document: Document) -> Classification:
        return super().classify(document)

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        found = self.each(documents)
        only = found[0] if len(found) == 1 else None
        if isinstance(only, Classification):
            return [Classification(labels=(label,)) for label in (*only.labels, *only.labels)]
        return found


@component("mutant.stacks", version="1", requires=["text"], provides=["labels"])
class Stacks(_Length):
    """Cannot stack nothing."""

    @implements
    def classify(self, document: Document) -> Classification:
        return super().classify(document)

    @implements
    def classify_batch(self, documents: Sequence[Document]) -> Iterable[Classification | StepError]:
        longest = max(len(document.text) for document in documents)
        return [answer for answer in self.each(documents) if longest >= 0]


MUTANTS = [
    ("batch-of-one", Squeezes),
    ("batch-of-none", Stacks),
    ("batch-equals-singles", Sorts),
    ("batch-keeps-its-place", Drops),
    ("batch-keeps-its-place", AllOrNothing),
]
