"""What shall happen: pipelines, their options, and their compiled form."""

from ..plugins import import_object
from ._pipeline import Collect, Fallback, Pipeline, Step

__all__ = ["Collect", "Fallback", "Pipeline", "Step", "import_object"]
