"""What bytes are: by content first, by name second; and where the two disagree.

It runs in the parent, on bytes from anywhere: it reads a few kilobytes and the directories of containers, up to fixed limits, and parses
nothing deeply. Whoever ingests the bytes does that, in a process of its own.
"""

from ._detect import detect
from ._names import disagreement
from ._seen import seen

__all__ = ["detect", "disagreement", "seen"]
