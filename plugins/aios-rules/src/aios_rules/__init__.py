"""Checks and routes written down as rules in YAML."""

from ._component import Rules

__all__ = ["Rules"]
