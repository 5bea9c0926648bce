"""Which sentences say most of a text: LexRank with a prior for early sentences, and maximal marginal relevance against repetition."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]{2,}|\d[\d.,]*\d|\d")
_DAMPING, _ROUNDS, _SETTLED = 0.85, 100, 1e-9
_SIMILAR: Final = 0.1
_LEAD: Final = 0.5
_RELEVANCE: Final = 0.7

#: Comparing all pairs of so many sentences takes a tenth of a second; of longer texts only those nearest to the centroid are compared.
_MOST: Final = 250

_STOP_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
    a aber about after all alle allem allen aller als also am an and any are as at auch auf aus be been before bei beim bin bis
    bitte but by can could da damit dann das dass dem den denn der des did die dies diese diesem diesen dieser dieses do doch does
    du durch ein eine einem einen einer eines er es for from für gegen haben had has hat hatte hatten have he her his how i ich if
    ihm ihn ihnen ihr ihre ihrem ihren im in ins into is ist it its ja just kann kein keine may me mich mir mit more most my nach
    nicht no noch not nun nur ob oder of ohne on or other our out over please sehr sein seine seinem seinen she should sich sie sind
    so some such than that the their them then there these they this those to um und under uns unser unsere unter up us vom von vor
    war waren was we weil wenn wer werden were what when where which who wie will wir wird with wo would wurde wurden you your zu
    zum zur über
""",
    )
)

Vector = dict[str, float]


def words_of(text: str) -> list[str]:
    """The words of ``text`` that carry meaning, in lower case: no stop words of English and German."""
    return [word for word in _WORD.findall(text.casefold()) if word not in _STOP_WORDS]


def select(texts: Sequence[str], positions: Sequence[int], count: int, lengths: Sequence[int], most_words: int | None) -> list[int]:
    """The numbers of at most ``count`` of ``texts`` that say most, in their order.

    ``positions`` counts each sentence within its own document: the first ones weigh more. The first choice is always taken; further ones
    that would pass ``most_words`` (by ``lengths``) are passed over.

    Sources: G. Erkan, D. Radev, "LexRank: Graph-based Lexical Centrality as Salience in Text Summarization", JAIR 22 (2004), here its
    continuous form on tf-idf cosines; J. Carbonell, J. Goldstein, "The Use of MMR, Diversity-Based Reranking for Reordering Documents and
    Producing Summaries", SIGIR 1998.
    """
    vectors = _vectors([words_of(text) for text in texts])
    near = _nearest_to_centroid(vectors) if len(vectors) > _MOST else list(range(len(vectors)))
    similarity = [[_cosine(vectors[a], vectors[b]) if a != b else 1.0 for b in near] for a in near]
    ranks = [rank * (1 + _LEAD / (1 + positions[number])) for rank, number in zip(_lexrank(similarity), near, strict=True)]
    best = max(ranks, default=1.0) or 1.0
    chosen: list[int] = []
    words = 0
    left = set(range(len(near)))
    while left and len(chosen) < count:
        number = max(left, key=lambda one: (_marginal(ranks[one] / best, similarity[one], chosen), -near[one]))
        left.remove(number)
        if not chosen or most_words is None or words + lengths[near[number]] <= most_words:
            chosen.append(number)
            words += lengths[near[number]]
    return sorted(near[number] for number in chosen)


def _vectors(words: Sequence[Sequence[str]]) -> list[Vector]:
    counts = [Counter(sentence) for sentence in words]
    frequency = Counter(word for count in counts for word in count)
    found = []
    for count in counts:
        vector = {word: number * math.log(1 + len(counts) / frequency[word]) for word, number in count.items()}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        found.append({word: weight / length for word, weight in vector.items()})
    return found


def _cosine(one: Vector, other: Vector) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large[word] for word, weight in small.items() if word in large)


def _nearest_to_centroid(vectors: Sequence[Vector]) -> list[int]:
    centroid: Vector = {}
    for vector in vectors:
        for word, weight in vector.items():
            centroid[word] = centroid.get(word, 0.0) + weight
    order = sorted(range(len(vectors)), key=lambda number: (-_cosine(vectors[number], centroid), number))
    return sorted(order[:_MOST])


def _lexrank(similarity: Sequence[Sequence[float]]) -> list[float]:
    size = len(similarity)
    links = [[(column, weight) for column, weight in enumerate(row) if weight >= _SIMILAR] for row in similarity]
    totals = [sum(weight for _, weight in row) or 1.0 for row in links]
    ranks = [1 / size] * size
    for _ in range(_ROUNDS):
        new = [(1 - _DAMPING) / size + _DAMPING * sum(ranks[other] * weight / totals[other] for other, weight in row) for row in links]
        moved = max(abs(a - b) for a, b in zip(new, ranks, strict=True))
        ranks = new
        if moved < _SETTLED:
            break
    return ranks


def _marginal(rank: float, similarity: Sequence[float], chosen: Sequence[int]) -> float:
    return _RELEVANCE * rank - (1 - _RELEVANCE) * max((similarity[other] for other in chosen), default=0.0)
