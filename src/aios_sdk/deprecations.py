"""What goes away: each deprecation has a code, the version since which it holds, the version that ends it, and a next step.

Who deprecates something enters it in `DEPRECATIONS` and warns with that entry:

- an argument of a hook: ``@_specification(warn_on_impl_args={"old": DEPRECATIONS["AIOS-D001"]})`` in ``stages.py``; who takes it is warned
  when the component is loaded.
- a version of a stage: the ``deprecation`` of its adapter; who implements it is warned when the component is loaded.
- a function, method, property or field: ``warnings.warn(DEPRECATIONS["AIOS-D001"], stacklevel=2)`` in its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, final

__all__ = ["DEPRECATIONS", "AiosDeprecation"]


@final
class AiosDeprecation(DeprecationWarning):
    """Something that goes on working for now: what it is, ``since`` which version of aios-sdk, which version it is ``removed_in``, and
    the next step (``fix``).

    ``about`` names whose code it is, where that is known. Example::

        warnings.filterwarnings("error", category=AiosDeprecation)  # in the tests of a plugin: be told before it breaks
    """

    def __init__(self, code: str, what: str, since: str, removed_in: str, fix: str, about: str = "") -> None:
        # All of them are the warning's arguments, so that it can be pickled, and sent by what runs tests in parallel.
        super().__init__(code, what, since, removed_in, fix, about)
        self.code: Final = code
        self.what: Final = what
        self.since: Final = since
        self.removed_in: Final = removed_in
        self.fix: Final = fix
        self.about: Final = about

    def concerning(self, about: str) -> AiosDeprecation:
        """The same deprecation, saying whose code it is."""
        return AiosDeprecation(self.code, self.what, self.since, self.removed_in, self.fix, about)

    def __str__(self) -> str:
        text = f"[{self.code}] {self.what}. Deprecated since {self.since}, removed in {self.removed_in}. {self.fix}."
        return f"{text} ({self.about})" if self.about else text


#: Everything that is deprecated now, by code. A code is never used again.
DEPRECATIONS: Final[Mapping[str, AiosDeprecation]] = {}
