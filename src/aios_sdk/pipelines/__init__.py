"""What shall happen: pipelines, their options, and their compiled form."""

from ..plugins import import_object
from ._pipeline import Collect, Fallback, Pipeline, Step
from ._replay import Difference, Replayed, replay

__all__ = ["Collect", "Difference", "Fallback", "Pipeline", "Replayed", "Step", "import_object", "replay"]
