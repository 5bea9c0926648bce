"""What shall happen: pipelines, their options, and their compiled form."""

from ..plugins import import_object
from ._pipeline import Pipeline
from ._replay import Difference, Replayed, replay
from ._step import Collect, Fallback, Split, Step

__all__ = ["Collect", "Difference", "Fallback", "Pipeline", "Replayed", "Split", "Step", "import_object", "replay"]
