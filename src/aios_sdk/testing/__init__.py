"""For authors of plugins: checks to put into their tests."""

from ._manifest import check_manifest

__all__ = ["check_manifest"]
