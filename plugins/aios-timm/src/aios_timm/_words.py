"""The text of a page as a vector: hashed n-grams of words and letters, with numpy alone."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

#: So many places; n-grams that fall on one place are added up (feature hashing, Weinberger et al. 2009).
PLACES: Final = 8192

#: A page says what it is early, and a long one costs no more than this many characters.
_MOST: Final = 8000

_WORD: Final = re.compile(r"[^\W_]+")
_DIGIT: Final = re.compile(r"\d")


def counted(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    """For each text how often the n-grams of each place occur, as ``1 + log(count)``."""
    found = np.zeros((len(texts), PLACES), dtype=np.float32)
    for row, text in zip(found, texts, strict=True):
        for place, count in Counter(zlib.crc32(gram.encode()) % PLACES for gram in _grams(text)).items():
            row[place] = 1 + np.log(count)
    return found


def rarity(counts: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The inverse document frequency of each place (smoothed: as if one more text had them all)."""
    return np.asarray(np.log((1 + len(counts)) / (1 + (counts > 0).sum(axis=0))) + 1, dtype=np.float32)


def weighed(counts: npt.NDArray[np.float32], rarity: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Counts weighed by rarity and brought to length one; a text without words stays 0."""
    found = counts * rarity
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12), dtype=np.float32)


def _grams(text: str) -> Iterator[str]:
    """Words, pairs of words and three or four letters of words; case, accents and the value of digits do not count."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text[:_MOST].lower()) if not unicodedata.combining(each))
    words = _WORD.findall(_DIGIT.sub("0", plain))
    yield from words
    yield from (f"{one} {other}" for one, other in pairwise(words))
    for word in words:
        marked = f"<{word}>"
        for size in (3, 4):
            yield from (f"#{marked[start : start + size]}" for start in range(len(marked) - size + 1))
