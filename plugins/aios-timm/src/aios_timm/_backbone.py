"""An exported backbone: pictures of pages become vectors, through ONNX Runtime and pillow alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime

from aios_sdk import Unavailable

if TYPE_CHECKING:
    from PIL.Image import Image

Vectors: TypeAlias = npt.NDArray[np.float32]
#: A page as the backbone sees it: height, width and RGB in 0..255.
Picture: TypeAlias = npt.NDArray[np.uint8]

MODEL: Final = "model.onnx"
SETTINGS: Final = "backbone.json"
CARD: Final = "README.md"
FORMAT: Final = 1


def is_exported(folder: Path) -> bool:
    """Whether a backbone lies in the folder that `Backbone` can read."""
    return all((folder / name).is_file() for name in (MODEL, SETTINGS))


def fit(image: Image, size: int) -> Picture:
    """The picture as a square of ``size`` pixels: the longer side fills it, the rest is white, so that the shape of the page is kept."""
    import PIL.Image

    scale = size / max(image.size)
    width, height = (max(1, min(size, round(side * scale))) for side in image.size)
    square = PIL.Image.new("RGB", (size, size), "white")
    shown = image.convert("RGB").resize((width, height), PIL.Image.Resampling.BICUBIC, reducing_gap=3.0)
    square.paste(shown, ((size - width) // 2, (size - height) // 2))
    return np.asarray(square)


def scaled(pictures: npt.NDArray[np.uint8], mean: Sequence[float], std: Sequence[float]) -> Vectors:
    """Pictures (number, height, width, RGB) as a backbone takes them: number, RGB, height, width; around 0."""
    shares = pictures.astype(np.float32) / np.float32(255)
    found = (shares - np.array(mean, dtype=np.float32)) / np.array(std, dtype=np.float32)
    return np.ascontiguousarray(found.transpose(0, 3, 1, 2))


class Backbone:
    """The backbone in ``folder``, on so many ``threads``. Raises `Unavailable` when the folder holds none.

    Pictures go through the graph one by one, so that each gives the same vector whatever stands beside it.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        if not is_exported(folder):
            raise Unavailable(
                f"There is no exported backbone in {folder}",
                cause=f"{MODEL} or {SETTINGS} is not there; this component serves no other form",
                fix="Write it: python -m aios_timm NAME NEW_FOLDER --weights FILE.safetensors, and name the new folder",
            )
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if settings.get("format") != FORMAT:
            raise Unavailable(
                f"The backbone in {folder} is of format {settings.get('format')}; this version reads format {FORMAT}",
                fix="Export it again, or install the version of aios-timm that wrote it",
            )
        self.size: Final[int] = settings["size"]
        self.dimension: Final[int] = settings["dimension"]
        self._mean: Final[list[float]] = settings["mean"]
        self._std: Final[list[float]] = settings["std"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])

    def encode(self, pictures: Sequence[Picture]) -> Vectors:
        """A vector for each picture that `fit` made."""
        found = np.empty((len(pictures), self.dimension), dtype=np.float32)
        for number, picture in enumerate(pictures):
            found[number] = self._session.run(None, {"pixels": scaled(picture[None], self._mean, self._std)})[0][0]
        return found
