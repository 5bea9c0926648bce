"""Writing an encoder of sentence-transformers as an ONNX graph, held against the original. Only here and in `_tuning` is PyTorch used."""

from __future__ import annotations

import json
import logging
import shutil
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from aios_sdk import ConfigurationError, Unavailable

if TYPE_CHECKING:
    from ._encoder import Encoder, Vectors

Precision: TypeAlias = Literal["float32", "int8"]

#: How near each vector of the graph must be to the original's.
COSINE: Final = 0.999
#: By how much the share of right labels may fall with weights of 8 bits.
ACCURACY: Final = 0.005

#: What both are given: short and long, of several scripts, with odd characters.
_TEXTS: Final = (
    "Invoice", "a", "12,50 EUR", "Please pay the invoice by bank transfer.", "I want to report a claim: our car was hit.",
    "Der Keller steht unter Wasser, bitte melden Sie sich!", "Où est ma carte ?", "カードが届きません。", "Ваш счёт оплачен", "😀 ok?",
    "What can I do if my card still hasn't arrived after 2 weeks?", "line one\nline two\n\tline three", "x" * 300, "the end. " * 400,
    "Dear Sirs, on 3 March my car was hit from the left at the crossing of Mill Lane. Nobody was hurt. The police have been there. " * 3,
)  # fmt: skip


class Exported(NamedTuple):
    """How near the graph is to the original: the least ``cosine`` of two vectors of a text; and of examples that were given, the share that
    gets its right label from vectors of the original and of the graph."""

    cosine: float
    accuracy_before: float | None = None
    accuracy_after: float | None = None


def export(
    encoder: str | Path,
    folder: str | Path,
    *,
    precision: Precision = "float32",
    examples: Sequence[tuple[str, str]] = (),
    download: bool = False,
) -> Exported:
    """Write the encoder in the folder ``encoder`` (as sentence-transformers saves it) as ``model.onnx``, ``tokenizer.json``,
    ``encoder.json`` and a card ``README.md`` into ``folder``, and hold it against the original.

    With ``download=True`` ``encoder`` may be a name on the model hub; else nothing is fetched. ``float32`` gives the same vectors (a cosine
    of 0.999 at least with the original's). ``int8`` has weights of 8 bits and is about twice as fast for single texts; it is held against
    the original by ``examples``, pairs of text and label: the share of right labels may be 0.5 points lower at most.

    Raises `Unavailable` when sentence-transformers, PyTorch or the encoder is not there, `ConfigurationError` when the folder holds
    something or the graph differs from the original by more than that. Example::

        export("models/all-MiniLM-L6-v2", "models/minilm")
    """
    target = Path(folder)
    if target.is_dir() and any(target.iterdir()):
        raise ConfigurationError(f"There is something in {target} already", fix="Give a new or an empty folder")
    if precision == "int8" and not examples:
        raise ConfigurationError(
            "Weights of 8 bits are held against the original by examples, and none are given",
            fix="Give a few hundred pairs of text and label of your task, or take precision='float32'",
        )
    model = load(encoder, download=download)
    target.mkdir(parents=True, exist_ok=True)
    try:
        return write(model, Path(str(encoder)).name, target, precision=precision, examples=examples)
    except BaseException:
        for left in target.iterdir():  # what was not found right is not left to be used
            left.unlink()
        raise


def load(encoder: str | Path, *, download: bool = False) -> Any:
    """The encoder of sentence-transformers in that folder, or of that name. Raises `Unavailable` when it or what reads it is not there."""
    if not Path(encoder).is_dir() and not download:
        raise Unavailable(
            f"There is no folder {str(encoder)!r} with an encoder",
            cause="Nothing is downloaded unless you ask for it",
            fix="Give the folder of an encoder that sentence-transformers saved, or fetch it from the hub: download=True, --download",
        )
    try:
        import torch  # noqa: F401
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise Unavailable(
            f"To export or fine-tune an encoder, {error.name} is needed, which is not installed",
            fix="pip install 'aios-sentence-transformers[export]'",
        ) from error
    try:
        # Attention in its plain form is what ONNX Runtime knows to fuse.
        return SentenceTransformer(
            str(encoder), device="cpu", local_files_only=not download, model_kwargs={"attn_implementation": "eager"}
        ).eval()
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The encoder {str(encoder)!r} could not be read: {str(error).splitlines()[0]}", fix="Give the folder of an encoder"
        ) from error


def write(
    model: Any, name: str, folder: Path, *, precision: Precision = "float32", examples: Sequence[tuple[str, str]] = (), history: str = ""
) -> Exported:
    """Write the encoder ``model`` into the folder and hold it against itself; its card says its ``history``.

    Raises `ConfigurationError` when the graph differs from the model by more than `export` says.
    """
    from ._encoder import FORMAT, MODEL, SETTINGS, TOKENIZER, Encoder

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ConfigurationError(f"The tokenizer of {name} has no fast form that the library tokenizers reads", fix="Take another encoder")
    backend.save(str(folder / TOKENIZER))
    settings: dict[str, Any] = {
        "format": FORMAT,
        "name": name,
        "dimension": int(model.encode(["a"]).shape[1]),
        "max_tokens": int(model.max_seq_length or 512),
        "prefix": prefix_of(model),
        "precision": precision,
    }
    (folder / SETTINGS).write_text(json.dumps(settings, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with TemporaryDirectory() as scratch:
        plain, small = Path(scratch) / "plain.onnx", Path(scratch) / "small.onnx"
        _traced(model, plain)
        _fused(model, plain, folder / MODEL)
        found = _compared(model, Encoder(folder))
        if precision == "int8":
            _quantized(folder / MODEL, small)
            shutil.copyfile(small, folder / MODEL)
            found = _judged(model, Encoder(folder), examples)
    (folder / "README.md").write_text(_card(settings, found, len(examples), history), encoding="utf-8")
    return found


def prefix_of(model: Any) -> str:
    """What the encoder wants before each text."""
    return (model.prompts.get(model.default_prompt_name) if model.default_prompt_name else None) or ""


def _traced(model: Any, path: Path) -> None:
    """The whole model with its pooling as a graph from token numbers to vectors, for rows without padding."""
    import torch

    class Whole(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(list(model))

        def forward(self, input_ids: Any) -> Any:
            found = {"input_ids": input_ids, "attention_mask": torch.ones_like(input_ids)}
            for part in self.parts:
                if getattr(part, "pooling_mode", None) == "mean":
                    # As a product of matrices: ONNX Runtime sums the rows of one text in another order than those of several.
                    tokens = found["token_embeddings"]
                    shares = torch.ones_like(tokens[:, :1, :1]).expand(-1, 1, tokens.shape[1]) / tokens.shape[1]
                    found["sentence_embedding"] = torch.matmul(shares, tokens).squeeze(1)
                else:
                    found = part(found)
            return torch.nn.functional.normalize(found["sentence_embedding"], dim=1)

    tokens = torch.tensor([[101, 7592, 2088, 102, 102], [101, 1037, 1038, 1039, 102]]) % model.tokenizer.vocab_size
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Whole().eval(),
            (tokens,),
            str(path),
            input_names=["input_ids"],
            output_names=["vectors"],
            dynamic_axes={"input_ids": {0: "batch", 1: "sequence"}, "vectors": {0: "batch"}},
            opset_version=17,
            dynamo=False,  # three times as fast as the newer way, and the graph is one that is fused whole
        )


def _fused(model: Any, plain: Path, path: Path) -> None:
    """The graph with attention, layer norms and activations in one node each."""
    from onnxruntime.transformers.optimizer import optimize_model

    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    heads, size = getattr(config, "num_attention_heads", 0), getattr(config, "hidden_size", 0)
    logging.getLogger("onnxruntime.transformers").setLevel(logging.ERROR)
    optimize_model(str(plain), model_type="bert", num_heads=heads, hidden_size=size, opt_level=0).save_model_to_file(str(path))


def _quantized(whole: Path, small: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Types of what fused nodes give cannot be inferred; all of it is float.
    options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    logging.getLogger().disabled, before = True, logging.getLogger().disabled
    try:
        quantize_dynamic(str(whole), str(small), weight_type=QuantType.QInt8, per_channel=True, extra_options=options)
    finally:
        logging.getLogger().disabled = before


def _compared(model: Any, encoder: Encoder) -> Exported:
    cosine = _cosine(_original(model, _TEXTS), encoder.encode(_TEXTS))
    if cosine < COSINE:
        raise ConfigurationError(
            f"The graph gives other vectors than the original: the least cosine is {cosine:.6f}, and {COSINE} is wanted",
            cause="This architecture is not traced or fused rightly",
            fix="Take another encoder, or other versions of torch and onnxruntime",
        )
    return Exported(cosine)


def _judged(model: Any, encoder: Encoder, examples: Sequence[tuple[str, str]]) -> Exported:
    from ._learning import learn

    texts, labels = [text for text, _ in examples], [(label,) for _, label in examples]
    before, after = _original(model, texts), encoder.encode(texts)
    shares = [learn(vectors, labels, [""] * len(texts), kind="kernel", multilabel=False).accuracy for vectors in (before, after)]
    if shares[1] < shares[0] - ACCURACY:
        raise ConfigurationError(
            f"With weights of 8 bits {shares[1]:.1%} of the examples get their label, with the original {shares[0]:.1%}",
            cause="The encoder does not bear it, or there are few examples",
            fix="Take precision='float32', or give more examples",
        )
    return Exported(_cosine(before, after), *shares)


def _original(model: Any, texts: Sequence[str]) -> Vectors:
    import numpy as np

    return np.asarray(model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False), dtype=np.float32)


def _cosine(one: Vectors, other: Vectors) -> float:
    return float((one.astype("float64") * other).sum(axis=1).min())


def _card(settings: dict[str, Any], found: Exported, examples: int, history: str) -> str:
    lines = [
        f"# {settings['name']}, as ONNX",
        "",
        f"Vectors of {settings['dimension']} numbers, of texts up to {settings['max_tokens']} tokens; weights {settings['precision']}"
        f"{f', {history}' if history else ''}.",
        f"Written by aios-sentence-transformers with torch {version('torch')}, sentence-transformers "
        f"{version('sentence-transformers')} and "
        f"onnxruntime {version('onnxruntime')}.",
        "",
    ]
    if found.accuracy_after is None:
        lines.append(f"Held against the original on {len(_TEXTS)} texts: the least cosine of two vectors is {found.cosine:.7f}.")
    else:
        lines.append(
            f"Held against the original on {examples} examples: {found.accuracy_after:.3f} get their label (original "
            f"{found.accuracy_before:.3f}, five folds); the least cosine of two vectors is {found.cosine:.4f}."
        )
    return "\n".join(lines) + "\n"
