"""What shall happen: pipelines, their options, and their compiled form."""

from ._pipeline import Collect, Fallback, Pipeline, Step
from ._replay import Difference, Replayed, replay
from ._yaml import import_object

__all__ = ["Collect", "Difference", "Fallback", "Pipeline", "Replayed", "Step", "import_object", "replay"]
