"""Mail: its text, its thread and its attachments."""

from ._component import Email

__all__ = ["Email"]
