"""Classification of pages by their picture, with any backbone of timm, served through ONNX Runtime without PyTorch."""

from ._component import Timm
from ._export import Exported, export

__all__ = ["Exported", "Timm", "export"]
