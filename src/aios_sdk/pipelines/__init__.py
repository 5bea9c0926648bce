"""What shall happen: pipelines, their options, and their compiled form.

Names are imported when first used: a module of components often makes a pipeline of them too, and worker processes run none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .._lazy import homes, lazy

if TYPE_CHECKING:
    from ._pipeline import Pipeline
    from ._replay import Difference, Replayed, replay
    from ._step import Collect, Fallback, Split, Step

__all__ = ["Collect", "Difference", "Fallback", "Pipeline", "Replayed", "Split", "Step", "replay"]

_HOME: Final = homes(_pipeline="Pipeline", _replay="Difference Replayed replay", _step="Collect Fallback Split Step")

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy(__name__, _HOME, __all__)
