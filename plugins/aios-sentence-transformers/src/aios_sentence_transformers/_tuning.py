"""Fine-tuning an encoder on labelled texts, deterministically, with PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ._export import prefix_of

_BATCH: Final = 64
#: The highest learning rates: of the encoder, and of the directions of classes.
_RATE: Final = 2e-4
_RATE_OF_CLASSES: Final = 3e-3
_DECAY: Final = 0.01
#: The share of steps in which the rates rise; in the others they fall to 0.
_WARM_UP: Final = 0.1
#: How steeply cosines become probabilities: with the directions of classes, and with other texts of the batch.
_SCALE: Final = 10.0
#: How much the likeness of texts counts beside that with the directions of classes.
_CONTRAST: Final = 0.5
#: Out of so many batches' texts, drawn at random, batches of texts of like length are made: less is padded.
_POOL: Final = 16


def tune(model: Any, texts: Sequence[str], targets: npt.NDArray[np.float64], *, epochs: int, threads: int, seed: int = 0) -> None:
    """Train the encoder ``model``, in place, by ``epochs`` passes over the texts; ``targets`` is 1 for each text and class that is true.

    Each class is a direction, at first the mean of the vectors of its texts, and cosines with it are its score (normalised softmax, Zhai
    and Wu 2019): cross-entropy, which of a text of several labels gives each its share. Beside it texts that share a label are drawn
    together, and away from the others of the batch (supervised contrastive loss, Khosla et al. 2020). AdamW, whose rate rises and falls
    in straight lines; embeddings of words stay as they are. Where the processor multiplies numbers of 16 bits (bfloat16), products are
    made of these, and weights keep their 32.
    """
    import torch
    from torch.nn import functional

    with _settled(threads, seed):
        pieces = _pieces(model, texts)
        truth = torch.from_numpy((targets / targets.sum(axis=1, keepdims=True)).astype(np.float32))
        model.eval()
        classes = torch.nn.Parameter(functional.normalize(_sums(model, pieces, truth), dim=1))
        if (body := getattr(model[0], "auto_model", None)) is not None:
            body.get_input_embeddings().requires_grad_(False)  # half of the weights; most words stand in few examples
        learning = [each for each in model.parameters() if each.requires_grad]
        optimizer = torch.optim.AdamW(
            [{"params": learning, "lr": _RATE, "weight_decay": _DECAY}, {"params": [classes], "lr": _RATE_OF_CLASSES, "weight_decay": 0.0}]
        )
        steps = -(-len(texts) // _BATCH) * epochs
        rising = max(1, round(_WARM_UP * steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / rising, (steps - step) / max(1, steps - rising))
        )
        model.train()
        for _ in range(epochs):
            for some in _batches([len(piece) for piece in pieces]):
                vectors = _vectors(model, [pieces[number] for number in some])
                scores = _SCALE * vectors @ functional.normalize(classes, dim=1).T
                loss = functional.cross_entropy(scores, truth[some]) + _CONTRAST * _contrast(vectors, truth[some])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
        model.eval()


def _contrast(vectors: Any, truth: Any) -> Any:
    """How far texts are from those of the batch that share a label with them, beside the others: a mean of logarithms."""
    import torch

    itself = torch.eye(len(vectors), dtype=torch.bool)
    shared = ((truth @ truth.T) > 0) & ~itself
    logs = (_SCALE * vectors @ vectors.T).masked_fill(itself, -1e9).log_softmax(dim=1)
    counts = shared.sum(dim=1)
    means = -(logs * shared).sum(dim=1) / counts.clamp(min=1)
    return means.sum() / (counts > 0).sum().clamp(min=1)


def _pieces(model: Any, texts: Sequence[str]) -> list[list[int]]:
    """The tokens of each text, or of its beginning where the encoder takes no more at once."""
    most = model.max_seq_length or 512
    given = [prefix_of(model) + text[: most * 16] for text in texts]
    pieces: list[list[int]] = model.tokenizer(given, truncation=True, max_length=most)["input_ids"]
    return pieces


def _vectors(model: Any, pieces: Sequence[Sequence[int]]) -> Any:
    """Vectors of length one."""
    import torch

    # To few different lengths, since the products of each are prepared once.
    length = -(-max(len(piece) for piece in pieces) // 4) * 4
    padding = model.tokenizer.pad_token_id or 0
    most = model.max_seq_length or 512
    rows = [[*piece, *[padding] * (min(length, most) - len(piece))] for piece in pieces]
    mask = torch.tensor([[number < len(piece) for number in range(len(row))] for piece, row in zip(pieces, rows, strict=True)])
    with _short():
        found = model({"input_ids": torch.tensor(rows), "attention_mask": mask.long()})["sentence_embedding"]
    return torch.nn.functional.normalize(found.float(), dim=1)


def _sums(model: Any, pieces: Sequence[Sequence[int]], truth: Any) -> Any:
    """For each class the sum of the vectors of its texts."""
    import torch

    found: Any = 0
    with torch.no_grad():
        for some in torch.tensor(sorted(range(len(pieces)), key=lambda number: len(pieces[number]))).split(_BATCH):
            found += truth[some].T @ _vectors(model, [pieces[number] for number in some])
    return found


def _batches(lengths: Sequence[int]) -> list[Any]:
    """The numbers of texts, all of them once, in batches of like length that come in an order drawn at random."""
    import torch

    batches: list[Any] = []
    for pool in torch.randperm(len(lengths)).split(_BATCH * _POOL):
        ordered = torch.tensor(sorted(pool.tolist(), key=lambda number: lengths[number]))
        batches += ordered.split(_BATCH)
    return [batches[number] for number in torch.randperm(len(batches)).tolist()]


def _short() -> AbstractContextManager[Any]:
    """Products of numbers of 16 bits, where the processor has them; else they would be slower."""
    import torch

    can: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older versions of torch do not tell
    return torch.autocast("cpu", dtype=torch.bfloat16) if can.get("avx512_bf16") or can.get("amx_bf16") else nullcontext()


@contextmanager
def _settled(threads: int, seed: int) -> Iterator[None]:
    """Chance from ``seed`` and so many threads, and afterwards everything as it was."""
    import torch

    before, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True, warn_only=False)
        try:
            yield
        finally:
            torch.set_num_threads(before)
            torch.use_deterministic_algorithms(strict)
