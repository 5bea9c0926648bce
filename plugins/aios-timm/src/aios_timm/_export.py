"""Writing a backbone of timm as an ONNX graph, checked against the original. With `_tuning` the only module that imports PyTorch."""

from __future__ import annotations

import json
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from aios_sdk import ConfigurationError, Unavailable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: How near each vector of the graph must be to the original's.
COSINE: Final = 0.999


class Exported(NamedTuple):
    """How near the graph is to the original, over some pictures: the least ``cosine`` of two vectors, the largest ``difference`` of two
    of their numbers."""

    cosine: float
    difference: float


class Made(NamedTuple):
    """A backbone of timm in memory: the module, its name, where its weights are from, the side of its pictures, and their mean and
    standard deviation."""

    module: Any
    name: str
    weights: str
    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def export(
    backbone: str, folder: str | Path, *, weights: str | Path | None = None, download: bool = False, size: int | None = None
) -> Exported:
    """Write a ``backbone`` of timm as ``model.onnx``, ``backbone.json`` and a card ``README.md`` into ``folder``, and hold it against the
    original.

    ``weights`` is a safetensors file of it; with ``download=True`` those of the model hub are fetched, else nothing is. ``size`` is the
    side of its pictures in pixels; without it the one that timm names. Files that are pickles (.pt, .pth, .bin) are refused.

    Raises `Unavailable` when timm, PyTorch or the weights are not there, `ConfigurationError` for a name that timm does not know, weights
    of something else, a folder that holds something, or a graph that differs from the original. Example::

        export("resnet18", "models/resnet18", weights="resnet18.safetensors")
    """
    target = Path(folder)
    if target.is_dir() and any(target.iterdir()):
        raise ConfigurationError(f"There is something in {target} already", fix="Give a new or an empty folder")
    if weights is None and not download:
        raise ConfigurationError(
            f"There are no weights for {backbone}",
            cause="Weights drawn at random see nothing in a page, and nothing is downloaded unless you ask for it",
            fix="Give weights= (a safetensors file), or fetch them from the hub: download=True; or train it: training='fine-tune'",
        )
    made = make(backbone, weights=weights, download=download, size=size)
    target.mkdir(parents=True, exist_ok=True)
    try:
        return write(made, target)
    except BaseException:
        for left in target.iterdir():  # what was not found right is not left to be used
            left.unlink()
        raise


def make(name: str, *, weights: str | Path | None, download: bool, size: int | None, seed: int = 0) -> Made:
    """The backbone with these weights, or with weights drawn at random from ``seed``. Raises what `export` raises."""
    path = None if weights is None else _safe(Path(weights))
    try:
        import timm
        import torch
    except ImportError as error:
        raise Unavailable(
            f"To export or fine-tune a backbone, {error.name} is needed, which is not installed", fix="pip install 'aios-timm[train]'"
        ) from error
    if not timm.is_model(name):
        near = ", ".join(timm.list_models(f"*{name[:6]}*")[:5])
        raise ConfigurationError(f"timm knows no backbone {name!r}", fix=f"Take one of timm.list_models(){f': {near}' if near else ''}")
    given = timm.get_pretrained_cfg(name)
    side = size or (given.input_size[-1] if given else 224)
    options: dict[str, Any] = {"img_size": side} if given and given.fixed_input_size and size else {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        module = timm.create_model(name, pretrained=False, num_classes=0, **options).eval()
    if path is None and download:
        path = _fetched(name, given)
    if path is not None:
        _load(module, path, name, str(given.classifier or "") if given else "")
    mean, std = (given.mean, given.std) if given else ((0.5,) * 3, (0.5,) * 3)
    origin = f"from the file {path.name}" if weights is not None and path else "of the hub" if path else "drawn at random"
    return Made(module, name, origin, side, tuple(mean), tuple(std))


def write(made: Made, folder: Path) -> Exported:
    """Write the backbone into the folder and hold it against the original. Raises `ConfigurationError` when they differ."""
    import torch

    from ._backbone import CARD, FORMAT, MODEL, SETTINGS, Backbone, scaled

    shape = (1, 3, made.size, made.size)
    module = made.module.eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(shape),),
            str(folder / MODEL),
            input_names=["pixels"],
            output_names=["vectors"],
            opset_version=17,
            dynamo=False,  # as aios-sentence-transformers: quicker, and one file
        )
        pictures = _pictures(made.size)
        original = torch.cat([module(torch.from_numpy(scaled(each[None], made.mean, made.std))) for each in pictures]).numpy()
    settings = {
        "format": FORMAT, "name": made.name, "size": made.size, "dimension": int(original.shape[1]), "mean": made.mean, "std": made.std
    }  # fmt: skip
    (folder / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    found = _compared(original, Backbone(folder).encode(list(pictures)))
    card = [
        f"# {made.name}, as ONNX",
        "",
        f"Vectors of {original.shape[1]} numbers, of pictures of {made.size} by {made.size} pixels; weights {made.weights}.",
        f"Written by aios-timm with timm {version('timm')}, torch {version('torch')} and onnxruntime {version('onnxruntime')}.",
        "",
        f"Held against the original on {len(pictures)} pictures: the least cosine of two vectors is {found.cosine:.7f}, the largest "
        f"difference of two numbers {found.difference:.2e}.",
    ]
    (folder / CARD).write_text("\n".join(card) + "\n", encoding="utf-8")
    return found


def _compared(original: npt.NDArray[np.float32], graph: npt.NDArray[np.float32]) -> Exported:
    import numpy as np

    one, other = original.astype(np.float64), graph.astype(np.float64)
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    found = Exported(float(((one * other).sum(axis=1) / np.maximum(lengths, 1e-12)).min()), float(np.abs(one - other).max()))
    if not found.cosine >= COSINE:  # so that what is no number fails too
        raise ConfigurationError(
            f"The graph gives other vectors than the original: the least cosine is {found.cosine:.6f}, and {COSINE} is wanted",
            cause="This architecture is not traced rightly, or its vectors are nothing but 0",
            fix="Take another backbone or other weights, or other versions of torch and onnxruntime",
        )
    return found


def _pictures(size: int) -> npt.NDArray[np.uint8]:
    """What both are given: pages with lines of several heights, light and dark, and mere noise."""
    import numpy as np

    draw = np.random.default_rng(0)
    found = np.full((8, size, size, 3), 255, dtype=np.uint8)
    for number, page in enumerate(found):
        step = 3 + 2 * number
        margin = size // (4 + number)
        page[margin : size - margin : step, margin : size - margin] = 20 * number
        page[: size // 8, : size // 2] = draw.integers(0, 256, 3)
    found[-1] = draw.integers(0, 256, found[-1].shape)
    return found


def _safe(path: Path) -> Path:
    """The file, where it is one of safetensors."""
    if path.suffix != ".safetensors":
        raise ConfigurationError(
            f"{path.name} is refused: weights are read from safetensors only",
            cause="Files such as .pt, .pth and .bin are pickles, and reading a pickle runs whatever it says",
            fix="Convert it where you trust it: safetensors.torch.save_file(torch.load(PATH, weights_only=True), 'weights.safetensors')",
        )
    if not path.is_file():
        raise Unavailable(f"There is no file {path}", fix="Give the path of a safetensors file, or fetch it from the hub: download=True")
    return path


def _fetched(name: str, given: Any) -> Path:
    """The safetensors file of the backbone on the hub; what is fetched once stays in the cache of huggingface_hub."""
    from huggingface_hub import hf_hub_download

    if not given or not given.hf_hub_id:
        raise Unavailable(f"timm knows no weights on the hub for {name}", fix="Give weights=, a safetensors file")
    try:
        return Path(hf_hub_download(given.hf_hub_id, "model.safetensors"))
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The weights of {given.hf_hub_id} could not be fetched: {str(error).splitlines()[0]}",
            cause="The hub cannot be reached, or has no safetensors file of it",
            fix="Give weights=, the path of a safetensors file",
        ) from error


def _load(module: Any, path: Path, name: str, classifier: str) -> None:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = load_file(path)
    except SafetensorError as error:
        raise ConfigurationError(
            f"{path.name} is no safetensors file: {error}", fix="Give the weights of the backbone as safetensors; pickles are refused"
        ) from error
    own = module.state_dict()
    lacking = sorted(set(own) - set(weights))
    other = sorted(key for key in weights if key in own and own[key].shape != weights[key].shape)
    # The head that came with the weights is not used; anything else that is left over says that they are of another backbone.
    over = sorted(key for key in set(weights) - set(own) if not (classifier and key.startswith(f"{classifier}.")))
    if lacking or other or over:
        one = f"{lacking[0]} is not there" if lacking else f"{other[0]} is of another shape" if other else f"{over[0]} is not of it"
        raise ConfigurationError(
            f"The weights in {path.name} are not those of {name}: {one}", fix="Name the backbone that they belong to, as timm calls it"
        )
    module.load_state_dict({key: weights[key] for key in own})
