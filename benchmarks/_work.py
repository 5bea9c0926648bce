"""The work that the engine and every peer do in `engine.py`: the same texts, the same five steps, and one hash over what came out.

Only the standard library, for it is imported in the environments of the peers too.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import resource
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

SIZE = 1_000
WORDS = re.findall(
    r"\w+",
    """
    total payment receipt order party agreement service hour bank transfer account customer vendor item quantity price net gross
    tax delivery address signature term notice month balance meeting action owner memo policy sample note status issue release
""",
)
KINDS = ("invoice", "contract", "claim", "ticket")

#: What a step finds: the value as it stands in the text, and where.
Found = tuple[str, int, int]


def text_of(number: int) -> str:
    """Text ``number``: about a kilobyte of words with a reference, a kind, a date, an amount and sentences in it."""
    chance = random.Random(number)
    words: list[str] = []
    length = 0
    while length < SIZE - 100:
        word = WORDS[chance.randrange(len(WORDS))]
        words.append(word + "." if chance.random() < 0.07 else word)
        length += len(words[-1]) + 1
    day = f"20{chance.randrange(10, 30)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
    amount = f"{chance.randrange(1, 9999)}.{chance.randrange(100):02d}"
    for part in (f"{chance.choice(KINDS)}", f"dated {day}", f"EUR {amount}"):
        words.insert(chance.randrange(len(words)), part)
    return f"Number REF-{number:07d}. {' '.join(words)}."


def texts(count: int) -> Iterator[str]:
    """The first ``count`` texts."""
    return map(text_of, range(count))


def _first(pattern: str) -> Callable[[str], Found]:
    find = re.compile(pattern).search

    def step(text: str) -> Found:
        match = find(text)
        assert match is not None
        return match[0], match.start(), match.end()

    return step


def _sentence(text: str) -> Found:
    start = text.index(". ") + 2
    end = text.index(".", start)
    return text[start:end], start, end


#: The steps in order: each finds one value in the text.
STEPS: dict[str, Callable[[str], Found]] = {
    "reference": _first(r"REF-\d{7}"),
    "kind": _first("|".join(KINDS)),
    "date": _first(r"\d{4}-\d\d-\d\d"),
    "amount": _first(r"\d+\.\d\d"),
    "sentence": _sentence,
}


def begun(number: int, text: str) -> dict[str, Any]:
    """A document as most peers pass it from step to step."""
    return {"id": number, "text": text, "found": {}}


def more(step: str, text: str, found: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """``found`` with what ``step`` finds in ``text``: a new one, for frameworks that keep results must not see them change."""
    return {**found, step: list(STEPS[step](text))}


def done(step: str, document: dict[str, Any]) -> dict[str, Any]:
    """``document`` after ``step``."""
    return {**document, "found": more(step, document["text"], document["found"])}


def batches(count: int, size: int) -> Iterator[list[dict[str, Any]]]:
    """Documents in batches; the texts are made beforehand, by whoever keeps the list."""
    documents = [begun(number, text) for number, text in enumerate(texts(count))]
    for start in range(0, count, size):
        yield documents[start : start + size]


def peak_megabytes() -> float:
    """The greatest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def result_hash(found: Iterable[Mapping[str, Iterable[Any]]]) -> str:
    """One hash over what the steps found in all documents, in whatever order they came out; each holds its own number as reference."""
    total = 0
    for values in found:
        row = json.dumps([[step, *values[step]] for step in STEPS]).encode()
        total = (total + int.from_bytes(hashlib.sha256(row).digest()[:16], "big")) % (1 << 128)
    return f"{total:032x}"[:12]
