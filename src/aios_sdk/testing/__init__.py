"""For authors of plugins: the laws that a component is held against, and what tests of components need.

``conformance`` makes a pytest test of the laws, `certify` runs them without pytest. ``strategies`` (hypothesis), ``samples`` and ``fakes``
are for tests of one's own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from . import fakes, samples, strategies
    from ._certify import Report, Verdict, certify
    from ._law import LAWS, TIERS, Law, LawBroken
    from ._manifest import check_manifest
    from ._pytest import conformance

__all__ = [
    "LAWS", "TIERS", "Law", "LawBroken", "Report", "Verdict", "certify", "check_manifest", "conformance", "fakes", "samples", "strategies",
]  # fmt: skip

_HOME: Final = {
    "LAWS": "laws",
    "TIERS": "_law",
    "Law": "_law",
    "LawBroken": "_law",
    "Report": "_certify",
    "Verdict": "_certify",
    "certify": "_certify",
    "check_manifest": "_manifest",
    "conformance": "_pytest",
}


def __getattr__(name: str) -> Any:
    if name in ("fakes", "samples", "strategies"):
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
