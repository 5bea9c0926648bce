"""The laws, in the order in which they are asked; importing a module enters its laws."""

from .._law import LAWS

from . import _code, _configuration, _calls, _places, _lifecycle, _effects, _results  # isort: skip  # the order is that of the laws
from . import _repeating, _batches, _units, _texts, _odd, _files, _parts, _deadlines  # isort: skip
from . import _metamorphic, _pages, _outside, _secrets, _resources, _pipelines, _documentation  # isort: skip

__all__ = [
    "LAWS", "_batches", "_calls", "_code", "_configuration", "_deadlines", "_documentation", "_effects", "_files",
    "_lifecycle", "_metamorphic", "_odd", "_outside", "_pages", "_parts", "_pipelines", "_places", "_repeating", "_resources",
    "_results", "_secrets", "_texts", "_units",
]  # fmt: skip
