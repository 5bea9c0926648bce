"""Values for the fields of a pydantic model, asked of an OpenAI-compatible endpoint and held against the document."""

from ._component import OpenAI

__all__ = ["OpenAI"]
