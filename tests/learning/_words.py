"""Components that learn, small and real: from which words go with which label, and from which word stands before a value."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from aios_sdk import (
    Classification,
    ComponentConfig,
    Document,
    Example,
    Extraction,
    Field,
    Label,
    ModelReference,
    PageInfo,
    PageText,
    Resources,
    Source,
    Span,
    Training,
    Unsupported,
    component,
    implements,
)


@component("words.notes", version="1", media_types=["text/plain"], provides=["pages", "text"])
class Notes:
    """Plain text on one page."""

    @implements
    def ingest(self, source: Source) -> Iterator[Document | Source]:
        yield Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content=source.read().decode()),))


class Learns(ComponentConfig):
    """What the components below are told."""

    model: ModelReference | None = None
    least: int = 1
    raw: str = ""


@component("words.kind", version="1", requires=["text"], provides=["labels"], isolation="process", trains=True)
class Kind:
    """Gives the label whose examples had most of the words."""

    Config = Learns

    def __init__(self, config: Learns) -> None:
        self.config = config
        self.words: dict[str, dict[str, int]] = {}

    def open(self, resources: Resources) -> None:
        """Read the model."""
        if self.config.model is not None:
            self.words = json.loads((resources.models[self.config.model] / "words.json").read_text())

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Count words by label."""
        words: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for example in examples:
            for label in example.labels:
                words[label].update(example.document.text.lower().split())
        (folder / "words.json").write_text(json.dumps(words, sort_keys=True))
        if self.config.raw:
            import pickle

            (folder / self.config.raw).write_bytes(pickle.dumps(words))
        return Training(task="classification", format="json", classes=tuple(sorted(words)), metrics={"loss": 0.5})

    @implements
    def classify(self, document: Document) -> Classification:
        """One label, or none where too few words are known."""
        found = document.text.lower().split()
        if found == ["nothing"]:
            raise Unsupported("there is nothing in it")
        scores = {label: sum(counts.get(word, 0) for word in found) for label, counts in self.words.items()}
        best = max(sorted(scores), key=lambda label: scores[label], default="")
        if not best or scores[best] < self.config.least:
            return Classification(labels=(Label(taxonomy="kind", abstained=True),))
        return Classification(labels=(Label(taxonomy="kind", value=best, confidence=1.0),))


class LearnsOnTop(Learns):
    """What it is told besides."""

    ignored: ModelReference | None = None


@component("words.on-top", version="1", requires=["text"], provides=["labels"], trains=True)
class OnTop(Kind):
    """The same, but for words that another model ignores; what it learnt is all it needs afterwards."""

    Config = LearnsOnTop

    def __init__(self, config: LearnsOnTop) -> None:
        super().__init__(config)
        self.ignored: list[str] = []
        self.base = config.ignored

    def open(self, resources: Resources) -> None:
        """Read the models."""
        super().open(resources)
        if self.base is not None:
            self.ignored = json.loads((resources.models[self.base] / "ignored.json").read_text())

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Count words by label, those left out that are ignored."""
        training = super().train(examples, folder)
        words = json.loads((folder / "words.json").read_text())
        kept = {label: {word: count for word, count in counts.items() if word not in self.ignored} for label, counts in words.items()}
        (folder / "words.json").write_text(json.dumps(kept, sort_keys=True))
        return training


@component("words.after", version="1", requires=["text"], provides=["fields"], trains=True)
class After:
    """Takes the word after the one that stood before the values of its examples."""

    Config = Learns

    def __init__(self, config: Learns) -> None:
        self.config = config
        self.before: dict[str, str] = {}

    def open(self, resources: Resources) -> None:
        """Read the model."""
        if self.config.model is not None:
            self.before = json.loads((resources.models[self.config.model] / "before.json").read_text())

    @implements
    def train(self, examples: Sequence[Example], folder: Path) -> Training:
        """Count what stands before the value of each path."""
        before: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for example in examples:
            words = example.document.text.split()
            for path, value in example.fields.items():
                before[path].update(words[index - 1] for index, word in enumerate(words) if word == str(value) and index)
        best = {path: max(sorted(found), key=lambda word: found[word]) for path, found in before.items() if found}
        (folder / "before.json").write_text(json.dumps(best, sort_keys=True))
        return Training(task="extraction", format="json", classes=tuple(sorted(best)))

    @implements
    def extract(self, document: Document) -> Extraction:
        """A field for each path whose word stands there."""
        text = document.layers.text[0]
        fields = []
        for path, word in self.before.items():
            place = f" {text.content}".find(f" {word} ")
            if place >= 0:
                start = place + len(word) + 1
                value = text.content[start:].split()[0]
                span = Span(artifact=text.artifact, page=0, start=start, end=start + len(value), quote=value)
                fields.append(Field(path=path, value=value, spans=(span,)))
        return Extraction(fields=tuple(fields))
