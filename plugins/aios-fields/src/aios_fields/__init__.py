"""Values for the fields of a pydantic model, found in documents by their labels."""

from ._component import Fields

__all__ = ["Fields"]
