"""Fine-tuning a backbone on labelled pages, deterministically, with PyTorch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ._backbone import Vectors, scaled
from ._export import Made

_BATCH: Final = 16
#: The highest learning rate, of weights that were drawn at random and of those that know something already.
_FRESH: Final = 2e-3
_LEARNT: Final = 3e-4
#: How far pictures are turned (radians), stretched and moved (shares), lightened or darkened: pages come askew, in other sizes.
_TURN: Final = 0.05
_STRETCH: Final = 0.15
_MOVE: Final = 0.1
_LIGHT: Final = 0.3


def tuned(made: Made, pictures: npt.NDArray[np.uint8], target: npt.NDArray[np.int64], *, epochs: int, threads: int, seed: int = 0) -> Made:
    """The backbone after ``epochs`` passes over the pictures, which belong to the classes ``target``; ``made`` stays as it is.

    With a linear layer on top, cross-entropy with classes weighed alike, AdamW and one cycle of the learning rate (Smith and Topin 2018).
    """
    import torch
    from torch.nn import functional

    module = copy.deepcopy(made.module)
    rate = _FRESH if made.weights == "drawn at random" else _LEARNT
    with _settled(threads, seed):
        labels = torch.from_numpy(target)
        counts = torch.bincount(labels).float()
        weights = torch.where(counts > 0, counts.sum() / counts.clamp(min=1), 0)
        with torch.no_grad():
            width = module(torch.zeros(1, 3, made.size, made.size)).shape[1]
        top = torch.nn.Linear(width, len(counts))
        parameters = [*module.parameters(), *top.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=rate, weight_decay=0.05)
        steps = max(1, -(-len(labels) // _BATCH)) * epochs
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=rate, total_steps=steps)
        module.train()
        for _ in range(epochs):
            order: Any = torch.randperm(len(labels))
            for drawn in order.split(_BATCH):
                some = drawn if len(drawn) > 1 else drawn.repeat(2)  # of one picture a batch norm learns nothing
                pixels = torch.from_numpy(scaled(pictures[some.numpy()], made.mean, made.std))
                optimizer.zero_grad()
                loss: Any = functional.cross_entropy(top(module(_moved(pixels))), labels[some], weight=weights)
                loss.backward()
                optimizer.step()
                schedule.step()
    return made._replace(module=module.eval(), weights=f"{made.weights}, fine-tuned on {len(target)} pages")


def encoded(made: Made, pictures: npt.NDArray[np.uint8], threads: int) -> Vectors:
    """A vector for each picture, before the backbone is exported."""
    import torch

    with _settled(threads, 0), torch.no_grad():
        return np.concatenate([made.module(torch.from_numpy(scaled(each[None], made.mean, made.std))).numpy() for each in pictures])


def _moved(pixels: Any) -> Any:
    """Pictures a little turned, stretched, moved, lighter or darker, each in its own way."""
    import torch
    from torch.nn import functional

    def drawn(*shape: int) -> Any:
        return torch.rand(*shape) * 2 - 1

    count = len(pixels)
    angle, stretch, move = drawn(count) * _TURN, 1 + drawn(count, 2) * _STRETCH, drawn(count, 2) * _MOVE
    turn = torch.stack([torch.cos(angle), -torch.sin(angle), torch.sin(angle), torch.cos(angle)], 1).view(count, 2, 2)
    places = torch.cat([turn * stretch[:, None, :], move[:, :, None]], 2)
    grid = functional.affine_grid(places, list(pixels.shape), align_corners=False)
    shown = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    return shown * (1 + drawn(count, 1, 1, 1) * _LIGHT) + drawn(count, 1, 1, 1) * _LIGHT


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
