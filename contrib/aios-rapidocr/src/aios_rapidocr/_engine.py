"""The PP-OCR models of rapidocr's wheel: where lines of text are, and what they say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from aios_sdk import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels: TypeAlias = NDArray[np.uint8]

#: The models by the settings that name them. They are in the wheel; naming the files keeps rapidocr from looking further, and from
#: fetching one that was changed.
_MODELS: Final = {
    "Det.model_path": "PP-OCRv6_det_small.onnx",
    "Cls.model_path": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "Rec.model_path": "PP-OCRv6_rec_small.onnx",
}

_LONGEST: Final = 2_000
#: How many times longer than wide a picture is at most where lines are looked for. Rapidocr enlarges the shorter side to 736 pixels, so
#: that what is 5,000 pixels long and 2 wide would become one of 29,440; and it does not reduce what would then be narrower than 30.
_LONGER: Final = 8

#: A gap of so many columns of the recogniser, each an eighth of a line's height wide, is a space even where none was read.
_GAP: Final = 6
#: By what share of its length the ends of a character lie beside its middle, in columns.
_HALF: Final = 1.0

#: A line is upside down when the classifier says so with this certainty.
_CERTAIN: Final = 0.9


class Piece(NamedTuple):
    """A word of a line: its text, its confidence, and where it begins and ends in the line (0..1)."""

    text: str
    confidence: float
    start: float
    end: float


class Line(NamedTuple):
    """A place where a line of text is, in the pixels of a picture: its four ``corners`` and the rectangle round them."""

    corners: NDArray[np.float32]
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """How high it is."""
        return self.bottom - self.top


class Engine:
    """The three models, on ``threads`` threads. Pictures are reduced to 2,000 pixels at most to look for lines; where they may be
    ``enlarged``, as rapidocr does, to 736 pixels at least on the shorter side."""

    def __init__(self, threads: int, *, enlarged: bool) -> None:
        """Raises `Unavailable` when the wheel lacks a model."""
        import cv2
        import rapidocr

        models = Path(rapidocr.__file__).parent / "models"
        missing = [name for name in _MODELS.values() if not (models / name).is_file()]
        if missing:
            raise Unavailable(
                f"rapidocr {metadata.version('rapidocr')} has no {' and no '.join(missing)}",
                cause="The models of another version have other names",
                fix="Run: pip install 'rapidocr>=3.10,<4'",
            )
        cv2.setNumThreads(threads)
        threads = max(1, min(threads, os.cpu_count() or 1))  # rapidocr takes every core when it is told of more than there are
        settings: dict[str, Any] = {key: str(models / name) for key, name in _MODELS.items()}
        settings |= {
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            # one line at a time in its own width: batches of six are padded to the widest, which takes twice the time and reads worse
            "Rec.rec_batch_num": 1,
            "Rec.rec_img_shape": [3, 48, 48],
        }
        if not enlarged:
            settings |= {"Det.limit_type": "max", "Det.limit_side_len": _LONGEST}
        self._read: Final[Any] = rapidocr.RapidOCR(params=settings)
        self.name: Final = f"rapidocr {metadata.version('rapidocr')}"

    def lines(self, pixels: Pixels, scale: float = 1.0) -> list[Line]:
        """Where lines of text are, from the top, as seen in the picture at ``scale`` (1 or less)."""
        import cv2

        pixels = _wide_enough(pixels)
        seen: Any = pixels if scale >= 1 else cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        found = self._read(_coloured(seen), use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(found, "boxes", None)
        ratio = (pixels.shape[1] / seen.shape[1], pixels.shape[0] / seen.shape[0])
        return [] if boxes is None else [_line(corners, ratio) for corners in boxes]

    def read(self, pixels: Pixels, line: Line) -> tuple[Piece, ...]:
        """The words of a line, from its beginning; none where nothing can be read."""
        found = self._read(_cut(pixels, line), use_det=False, use_cls=False, use_rec=True, return_word_box=True)
        texts = getattr(found, "txts", None)
        return tuple(_pieces(_plain(texts[0]), found.word_results[0])) if texts and texts[0].strip() else ()

    def is_upside_down(self, pixels: Pixels, lines: Sequence[Line]) -> bool:
        """Whether most of the longest lines stand on their heads."""
        longest = sorted(lines, key=lambda line: line.left - line.right)[:9]
        said = [self._read(_cut(pixels, line), use_det=False, use_cls=True, use_rec=False).cls_res[0] for line in longest]
        return 2 * len([label for label, score in said if label == "180" and score >= _CERTAIN]) > len(said)


def pixels_of(picture: Image) -> Pixels:
    """A picture in shades of grey as rows of pixels."""
    import numpy as np

    return np.asarray(picture, dtype=np.uint8)


def _wide_enough(pixels: Pixels) -> Pixels:
    """With white on the right or below where a picture is much longer than wide."""
    import numpy as np

    height, width = pixels.shape
    least = -(-max(height, width) // _LONGER)
    return np.pad(pixels, ((0, max(0, least - height)), (0, max(0, least - width))), constant_values=255)


def _coloured(pixels: Pixels) -> Pixels:
    import numpy as np

    return np.repeat(pixels[:, :, None], 3, axis=2)


def _line(corners: Any, ratio: tuple[float, float]) -> Line:
    import numpy as np

    points = np.asarray(corners, dtype=np.float32) * np.asarray(ratio, dtype=np.float32)
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return Line(points, left, top, right, bottom)


def _cut(pixels: Pixels, line: Line) -> Pixels:
    from rapidocr.utils.process_img import get_rotate_crop_image

    return _coloured(get_rotate_crop_image(pixels, line.corners.copy()))


def _plain(text: str) -> str:
    """The model also reads Chinese and takes some signs of other scripts for their wide forms; these have the same code plus 0xFEE0."""
    if any("\u3040" <= char <= "\u9fff" for char in text):
        return text
    return "".join(chr(ord(char) - 0xFEE0) if "\uff01" <= char <= "\uff5e" else char for char in text)


def _pieces(text: str, info: Any) -> Iterator[Piece]:
    """The words of a line by the columns in which the recogniser saw each character."""
    columns = iter([column for word in info.word_cols for column in word])
    length = max(info.line_txt_len, 1.0)
    word: list[tuple[str, float, int]] = []
    for char, confidence in zip(text, info.confs, strict=True):
        column = None if char.isspace() else next(columns)  # spaces have none
        if word and (column is None or column - word[-1][2] >= _GAP):
            yield _piece(word, length)
            word = []
        if column is not None:
            word.append((char, confidence, column))
    if word:
        yield _piece(word, length)


def _piece(word: list[tuple[str, float, int]], length: float) -> Piece:
    text = "".join(char for char, _, _ in word)
    confidence = sum(each for _, each, _ in word) / len(word)
    start, end = (word[0][2] + 0.5 - _HALF) / length, (word[-1][2] + 0.5 + _HALF) / length
    return Piece(text, min(1.0, max(0.0, confidence)), min(1.0, max(0.0, start)), min(1.0, max(0.0, end)))
