"""The component `aios.page-roles`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Final

import pydantic

from aios_sdk import Classification, ComponentConfig, Document, Label, Page, Provided, Resources, component, implements

from ._page_look import look
from ._segments import local_scores, segments

#: A sheet that separates says little else.
_FEW_WORDS: Final = 12
_SEPARATORS: Final = (
    r"\bpatch[ -]?(?:code )?(?:t|[1-6]|i{1,3}|iv|vi)\b",
    r"\b(?:document )?separator(?: sheet| page)?\b",
    r"\b(?:trennblatt|trennseite|feuille de séparation|hoja separadora)\b",
)


def _pattern(value: str) -> str:
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    return value


Pattern = Annotated[str, pydantic.Field(min_length=1, max_length=500), pydantic.AfterValidator(_pattern)]


@component("aios.page-roles", media_types=["application/pdf", "image/*"], requires=["text"], uses=["pages", "words"], provides=["labels"])
class PageRoles:
    """Says of each page of a scan or PDF whether it is the ``first`` of a document, the ``next`` one, or a ``separator`` sheet.

    It looks at where two pages meet (page numbers, sizes, repeated heads and feet, shared words, titles and salutations, closings) and at
    how the numbers of the pages fit each document, and takes the likeliest way to part the whole (a semi-Markov conditional random field
    whose weights come with it). Blank pages belong to the document before. ``.split()`` makes documents of what it says.
    """

    class Config(ComponentConfig):
        """Which words settle it.

        Attributes:
            taxonomy: the name of the taxonomy that the labels belong to.
            separators: regular expressions, whatever their case; a page of at most 12 words in which one is found is a separator sheet.
            first: regular expressions; a page on which one is found begins a document, such as ``Our reference:``.
            next: regular expressions; a page on which one is found does not begin one.
        """

        taxonomy: Annotated[str, pydantic.Field(min_length=1)] = "page-role"
        separators: tuple[Pattern, ...] = _SEPARATORS
        first: tuple[Pattern, ...] = ()
        next: tuple[Pattern, ...] = ()

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._separators, self._first, self._next = (
            [re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns]
            for patterns in (config.separators, config.first, config.next)
        )
        self._weights: Mapping[str, float] = {}

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy and its labels."""
        return Provided(labels={config.taxonomy: ("first", "next", "separator")})

    def open(self, resources: Resources) -> None:
        """Load the weights."""
        self._weights = json.loads(files("aios_text").joinpath("page-roles.json").read_text(encoding="utf-8"))["weights"]

    @implements
    def classify(self, document: Document) -> Classification:
        """A label for each page, with the probability that it is right."""
        separators: set[int] = set()
        for page in document.pages:
            # The blank back of a separator sheet is a part of it.
            if self._separates(page) or (page.index - 1 in separators and not page.text.strip()):
                separators.add(page.index)
        pages = [page for page in document.pages if page.index not in separators]
        behind = {place for place, page in enumerate(pages) if page.index - 1 in separators}
        forced = dict.fromkeys(behind, True)
        for place, page in enumerate(pages):
            if any(pattern.search(page.text) for pattern in self._first):
                forced[place] = True
            elif place not in behind and any(pattern.search(page.text) for pattern in self._next):
                forced[place] = False
        labels = {index: self._label(index, "separator", 1.0) for index in separators}
        if pages:
            looks = [look(page) for page in pages]
            found = segments([page.number for page in looks], local_scores(looks, self._weights, forced), self._weights)
            for place, page in enumerate(pages):
                begins = place in found.beginnings
                likely = found.likely[place] if begins else 1 - found.likely[place]
                labels[page.index] = self._label(page.index, "first" if begins else "next", round(max(0.0, likely), 6))
        return Classification(labels=tuple(labels[page.index] for page in document.pages))

    def _separates(self, page: Page) -> bool:
        text = page.text
        return len(text) < 1000 and len(text.split()) <= _FEW_WORDS and any(pattern.search(text) for pattern in self._separators)

    def _label(self, page: int, value: str, confidence: float) -> Label:
        return Label(taxonomy=self.config.taxonomy, value=value, page=page, confidence=confidence, raw_confidence=confidence)
