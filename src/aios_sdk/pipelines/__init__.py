"""What shall happen: pipelines, their options, and their compiled form."""

from ._pipeline import Collect, Fallback, Pipeline, Step
from ._yaml import import_object

__all__ = ["Collect", "Fallback", "Pipeline", "Step", "import_object"]
