"""For authors of plugins: the laws that a component is held against, and what tests of components need.

``conformance`` makes a pytest test of the laws, `certify` runs them without pytest. ``strategies`` (hypothesis), ``samples`` and ``fakes``
are for tests of one's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from . import fakes, samples, strategies
    from ._certify import Report, Verdict, certify
    from ._law import TIERS, Law, LawBroken
    from ._manifest import check_manifest
    from ._pytest import conformance
    from .laws import LAWS

__all__ = [
    "LAWS", "TIERS", "Law", "LawBroken", "Report", "Verdict", "certify", "check_manifest", "conformance", "fakes", "samples", "strategies",
]  # fmt: skip

_HOME: Final = homes(
    _certify="Report Verdict certify", _law="TIERS Law LawBroken", _manifest="check_manifest", _pytest="conformance", laws="LAWS"
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
