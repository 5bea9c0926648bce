"""The component `aios.language`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Final

import pydantic

from aios_sdk import (
    Alternative,
    Classification,
    ComponentConfig,
    Document,
    Label,
    Page,
    Provided,
    Resources,
    Unsupported,
    component,
    implements,
)

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

TAXONOMY: Final = "language"
_WORD: Final = re.compile(r"\S+")
#: What words have that are in no language: addresses and numbers.
_NO_WORD: Final = re.compile(r"://|www\.|@|\d")
#: Forms of a language that counts as one where documents are sorted (members of ISO 639 macrolanguages).
_FORMS: Final = {"yue": "zh", "wuu": "zh", "nn": "no", "arz": "ar", "ary": "ar", "uzs": "uz"}
_NONE: Final = "zxx"
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n|(?<=[。！？])")
_WINDOW: Final = 40
_LIKELY: Final = 8
_LONGEST: Final = 20_000
_NOT_PROSE: Final = frozenset({"code", "formula", "header", "footer"})
_OTHERS: Final = 2


@component("aios.language", requires=["text"], uses=["pages", "regions"], provides=["labels"], memory_mb=300)
class Language:
    """The language of the document and of each page, as an ISO 639 code such as ``de``; it needs no download.

    Naive Bayes over byte n-grams (Lui and Baldwin, "langid.py", 2012) in the model of py3langid, 142 languages. It abstains on what is too
    short to tell, and on text that is in several languages; the alternatives name them then. Code, formulas, headers and footers are passed
    over where regions say so, and so are numbers and addresses. Of each page the first 20,000 code points count.
    """

    class Config(ComponentConfig):
        """When to abstain, and what to tell apart.

        Attributes:
            threshold: how much of the text must be in one language, each sentence weighed by how likely it is in it.
            languages: the only ones that come into question, as ISO 639 codes; all where empty. A few make short texts tell.
        """

        threshold: Annotated[float, pydantic.Field(ge=0, le=1)] = 0.7
        languages: tuple[Annotated[str, pydantic.Field(pattern=r"^[a-z]{2,3}$")], ...] = ()

    def __init__(self, config: Config) -> None:
        self.config: Final = config
        self._identifier: LanguageIdentifier | None = None

    @classmethod
    def provides(cls, config: Config) -> Provided:
        """The taxonomy, and its labels where the languages are named."""
        return Provided(labels={TAXONOMY: config.languages})

    def open(self, resources: Resources) -> None:
        """Load the model: about a second."""
        from py3langid.langid import MODEL_FILE, LanguageIdentifier

        identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        if self.config.languages:
            identifier.set_languages([*self.config.languages, _NONE])
        self._identifier = identifier

    def close(self) -> None:
        """Let the model go."""
        self._identifier = None

    @implements
    def classify(self, document: Document) -> Classification:
        """A label for each page that has text, and one for the document. Raises `Unsupported` for a document without text."""
        pages = {page.index: self._found(_prose(page)) for page in document.pages if page.text.strip()}
        if not pages:
            raise Unsupported("the document has no text to tell the language of")
        whole: Counter[str] = Counter()
        for found, _ in pages.values():
            whole.update(found)
        labels = [self._label(whole, sum(letters for _, letters in pages.values()))]
        labels.extend(self._label(found, letters, index) for index, (found, letters) in pages.items())
        return Classification(labels=tuple(labels))

    def _found(self, text: str) -> tuple[Counter[str], int]:
        """How many letters of ``text`` are in which language, weighed by the probabilities of each sentence; and how many there are."""
        if self._identifier is None:
            raise RuntimeError("open() was not called")
        found: Counter[str] = Counter()
        total = 0
        for window in _windows(text):
            letters = sum(map(str.isalpha, window))
            if not letters:
                continue
            total += letters
            for language, probability in self._identifier.rank(window)[:_LIKELY]:
                found[_FORMS.get(language, language)] += letters * probability
        return found, total

    def _label(self, found: Counter[str], letters: int, page: int | None = None) -> Label:
        """The language that most letters are in, with its share of them; an abstention where that is too small."""
        ranked = sorted(
            ((share / letters, language) for language, share in found.items() if language != _NONE), key=lambda pair: (-pair[0], pair[1])
        )
        named = tuple(Alternative(language, round(min(1.0, share), 6)) for share, language in ranked[: 1 + _OTHERS]) if letters else ()
        if not named or named[0].score < self.config.threshold:
            return Label(taxonomy=TAXONOMY, page=page, abstained=True, alternatives=named)
        best = named[0]
        return Label(
            taxonomy=TAXONOMY, value=best.value, page=page, confidence=best.score, raw_confidence=best.score, alternatives=named[1:]
        )  # fmt: skip


def _prose(page: Page) -> str:
    """The text of a page without what is no prose, numbers and addresses."""
    text = page.text
    left_out = [region for region in page.regions if region.kind in _NOT_PROSE]
    if left_out:
        place, kept = 0, []
        for region in left_out:
            kept.append(text[place : region.start])
            place = max(place, region.end)
        prose = "".join([*kept, text[place:]])
        text = prose if prose.strip() else text
    return _WORD.sub(lambda word: " " if _NO_WORD.search(word[0]) else word[0], text[:_LONGEST])


def _windows(text: str) -> Iterator[str]:
    """Sentences and lines, short ones together."""
    window = ""
    for sentence in _SENTENCE.split(text):
        window += sentence.strip() + "\n"
        if len(window) >= _WINDOW:
            yield window
            window = ""
    yield window
