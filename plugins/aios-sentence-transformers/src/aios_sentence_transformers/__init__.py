"""Classification of documents by sentence embeddings, served through ONNX Runtime without PyTorch."""

from ._component import SentenceTransformers
from ._export import Exported, export

__all__ = ["Exported", "SentenceTransformers", "export"]
