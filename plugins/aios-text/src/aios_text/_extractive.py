"""The component `aios.extractive`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, NamedTuple

import pydantic

from aios_sdk import ComponentConfig, Document, Page, Sentence, Span, Summary, Unsupported, component, implements

from ._ranking import select, words_of
from ._sentences import sentences

_FEWEST_WORDS: Final = 5
_FEWEST_MEANINGS: Final = 3


class _Found(NamedTuple):
    text: str
    page: Page
    start: int
    end: int
    position: int
    words: int


@component("aios.extractive", requires=["text"], uses=["pages", "words"], provides=["summary"])
class Extractive:
    """Summarizes a document, or the documents of a case, by its own most telling sentences, each with its exact place.

    Method: LexRank (Erkan and Radev 2004) with a prior for early sentences, chosen by maximal marginal relevance (Carbonell and Goldstein
    1998); deterministic, in plain Python. The summary of a case cites the texts of its members. Example::

        Pipeline("claims").ingest().summarize("extractive", config={"sentences": 3})
    """

    class Config(ComponentConfig):
        """How long the summary is.

        Attributes:
            sentences: at most so many sentences.
            max_words: at most so many words; one sentence comes in any case.
        """

        sentences: Annotated[int, pydantic.Field(ge=1, le=100)] = 3
        max_words: Annotated[int, pydantic.Field(ge=1)] | None = None

    def __init__(self, config: Config) -> None:
        self.config: Final = config

    @implements
    def summarize(self, document: Document) -> Summary:
        """The sentences that say most, in their order. Raises `Unsupported` when there is no text; that of XML is markup, not prose."""
        found = list(_sentences(document))
        if not found:
            raise Unsupported("there is no text to summarize")
        telling = [one for one in found if _is_telling(one)] or found
        numbers = select(
            [one.text for one in telling],
            [one.position for one in telling],
            self.config.sentences,
            [one.words for one in telling],
            self.config.max_words,
        )
        return Summary(sentences=tuple(_cited(telling[number]) for number in numbers), method="lexrank")


def _sentences(document: Document) -> Iterator[_Found]:
    for part in [document, *(member.document for member in document.members)]:
        if part.media_type.endswith(("/xml", "+xml")) and "xhtml" not in part.media_type:
            continue
        position = 0
        for page in part.pages:
            text = page.text
            for start, end in sentences(text):
                if not text.startswith(">", start):
                    words = text[start:end].split()
                    yield _Found(" ".join(words), page, start, end, position, len(words))
                    position += 1


def _is_telling(found: _Found) -> bool:
    ended = found.text.rstrip("\"'”’»«)]").endswith((".", "!", "?", "…"))
    return ended and found.words >= _FEWEST_WORDS and len(set(words_of(found.text))) >= _FEWEST_MEANINGS


def _cited(found: _Found) -> Sentence:
    page, reading = found.page, found.page.reading
    assert reading is not None
    box = page.words.covering(found.start, found.end) if page.words is not None else None
    quote = reading.content[found.start : found.end]
    span = Span(artifact=reading.artifact, page=page.index, start=found.start, end=found.end, box=box, quote=quote)
    return Sentence(text=found.text, spans=(span,))
