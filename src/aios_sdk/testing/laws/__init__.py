"""The laws, in the order in which they are asked; importing a module enters its laws."""

from .._law import LAWS

from . import _code, _configuration, _calls, _places, _lifecycle, _effects, _results  # isort: skip  # noqa: F401  the order is theirs
from . import _repeating, _batches, _units, _texts, _odd, _files, _parts, _deadlines  # isort: skip  # noqa: F401
from . import _metamorphic, _pages, _outside, _secrets, _resources, _pipelines, _documentation  # isort: skip  # noqa: F401

__all__ = ["LAWS"]
