"""An exported encoder: texts become vectors of length one, through ONNX Runtime and tokenizers alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from aios_sdk import Unavailable

Vectors: TypeAlias = npt.NDArray[np.float32]

MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
SETTINGS: Final = "encoder.json"
FORMAT: Final = 1

#: At most so many tokens go through the graph at once: more do not make it faster, and take memory (about 40 KiB a token).
_TOKENS: Final = 2048

#: Lengths of the texts, in tokens, that tell whether a text gives the same in a batch as alone.
_PROBES: Final = (4, 19)


def is_exported(folder: Path) -> bool:
    """Whether an encoder lies in the folder that `Encoder` can read."""
    return all((folder / name).is_file() for name in (MODEL, TOKENIZER, SETTINGS))


class Encoder:
    """The encoder in ``folder``, on so many ``threads``.

    Only texts of the same number of tokens go through the graph together, so nothing is padded and nothing masked, and a text gives the
    same vector whatever stands beside it. Where the arithmetic of a batch differs by a bit from that of a single text (as it does for
    weights of 8 bits, whose scale is that of the whole batch), which is tried out once, texts go one by one. Raises `Unavailable` when
    the folder holds no encoder.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        if not is_exported(folder):
            raise Unavailable(
                f"There is no exported encoder in {folder}",
                cause=f"{MODEL}, {TOKENIZER} or {SETTINGS} is not there; this component serves no other form",
                fix=f"Write it: python -m aios_sentence_transformers {folder} NEW_FOLDER, and name the new folder",
            )
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        if settings.get("format") != FORMAT:
            raise Unavailable(
                f"The encoder in {folder} is of format {settings.get('format')}; this version reads format {FORMAT}",
                fix="Export it again, or install the version of aios-sentence-transformers that wrote it",
            )
        self.dimension: Final[int] = settings["dimension"]
        self.max_tokens: Final[int] = settings["max_tokens"]
        self._prefix: Final[str] = settings["prefix"]
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._marks: Final[int] = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
        self._steady: bool | None = None

    def encode(self, texts: Sequence[str], passages: int = 1) -> Vectors:
        """A vector of length one for each text.

        Of a text longer than the encoder takes at once, the first ``passages`` passages count: the vector is the mean of theirs, each
        weighed by its tokens, and brought to length one.
        """
        pieces = [self._passages(text, passages) for text in texts]
        vectors = self._encoded([piece for parts in pieces for piece in parts])
        found, start = np.empty((len(texts), self.dimension), dtype=np.float32), 0
        for number, parts in enumerate(pieces):
            own = vectors[start : start + len(parts)]
            start += len(parts)
            if len(parts) > 1:
                weights = np.array([len(part) for part in parts], dtype=np.float64)
                mean = (own * weights[:, None]).sum(axis=0)
                own = (mean / max(float(np.linalg.norm(mean)), 1e-12))[None, :].astype(np.float32)
            found[number] = own[0]
        return found

    def _passages(self, text: str, most: int) -> list[list[int]]:
        """The tokens of each passage, with the marks that the encoder wants around them."""
        # A token stands for a code point at least; so much is enough for all passages, and a long document costs no more than they do.
        whole = self._tokenizer.encode(self._prefix + text[: most * self.max_tokens * 16], add_special_tokens=False)
        size = self.max_tokens - self._marks
        whole.truncate(size)
        parts = [whole, *whole.overflowing][: max(1, most)]
        return [self._tokenizer.post_process(part).ids for part in parts]

    def _encoded(self, pieces: Sequence[Sequence[int]]) -> Vectors:
        vectors = np.empty((len(pieces), self.dimension), dtype=np.float32)
        for numbers in self._batches(pieces):
            vectors[numbers] = self._run(np.array([pieces[number] for number in numbers], dtype=np.int64))
        return vectors

    def _batches(self, pieces: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """The numbers of pieces that go together: all of one length, no more than `_TOKENS` tokens."""
        by_length: dict[int, list[int]] = {}
        for number, piece in enumerate(pieces):
            by_length.setdefault(len(piece), []).append(number)
        for length, numbers in sorted(by_length.items()):
            size = max(1, _TOKENS // max(1, length)) if len(numbers) > 1 and self._is_steady() else 1
            for start in range(0, len(numbers), size):
                yield numbers[start : start + size]

    def _is_steady(self) -> bool:
        """Whether a batch gives, bit for bit, what its texts give alone; tried out when it is first asked."""
        if self._steady is None:
            vocabulary = self._tokenizer.get_vocab_size()
            self._steady = all(
                np.array_equal(self._run(rows), np.concatenate([self._run(row[None, :]) for row in rows]))
                for rows in (np.arange(7, 7 + 3 * length).reshape(3, length) * 7919 % vocabulary for length in _PROBES)
            )
        return self._steady

    def _run(self, tokens: npt.NDArray[np.int64]) -> Vectors:
        vectors: Vectors = self._session.run(None, {"input_ids": tokens})[0]
        return vectors
