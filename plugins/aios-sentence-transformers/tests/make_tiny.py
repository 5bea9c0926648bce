"""A small encoder with weights drawn at random (seed 0). Run it to make that in ``tiny`` anew, with the extra ``export`` installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from aios_sentence_transformers import export
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel, BertTokenizerFast

WORDS = """the a of to in we you please pay invoice total claim car was hit damage order boxes send dear letter thank water cellar
policy""".split()  # noqa: SIM905


def save(folder: Path) -> None:
    """Write it into the folder as sentence-transformers does."""
    torch.manual_seed(0)
    with TemporaryDirectory() as scratch:
        letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters), *WORDS]
        (Path(scratch) / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
        tokenizer = BertTokenizerFast(vocab=str(Path(scratch) / "vocab.txt"), vocab_file=str(Path(scratch) / "vocab.txt"))
        sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
        sizes["max_position_embeddings"] = 64
        model = BertModel(BertConfig(vocab_size=len(vocabulary), **sizes))
        model.save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        transformer = Transformer(scratch, max_seq_length=64)
        SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu").save(str(folder))


def main() -> None:
    """Write it anew, exported."""
    folder = Path(__file__).parent / "tiny"
    with TemporaryDirectory() as scratch:
        save(Path(scratch) / "tiny")
        shutil.rmtree(folder, ignore_errors=True)
        export(Path(scratch) / "tiny", folder)


if __name__ == "__main__":
    main()
