"""Boxes that are ticked on forms, and what stands beside them."""

from __future__ import annotations

import re
from typing import Final

_TICKED: Final = r"\[[xX✓✔]\]|\([xX✓✔]\)|[☒☑✓✔■◉⊠]"
_EMPTY: Final = r"\[\s?\]|\(\s?\)|[☐□○◯]"
_BOX: Final = re.compile(rf"(?P<ticked>{_TICKED})|{_EMPTY}")


def ticked(text: str) -> list[tuple[int, int]] | None:
    """The parts of ``text`` whose box is ticked, from start to end; None where no box stands beside a word.

    A box belongs to what follows it, or, where the text begins with a word, to what stands before it. Example::

        ticked("[ ] yes  [x] no")  # [(12, 15)]
    """
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    leads, trails = _has_word(text[: boxes[0].start()]), _has_word(text[boxes[-1].end() :])
    if leads and not trails:
        starts = [0, *(box.end() for box in boxes[:-1])]
        parts = [(start, box.start()) for start, box in zip(starts, boxes, strict=True)]
    else:
        ends = [*(box.start() for box in boxes[1:]), len(text)]
        parts = [(box.end(), end) for box, end in zip(boxes, ends, strict=True)]
    if not any(_has_word(text[start:end]) for start, end in parts):
        return None
    return [part for part, box in zip(parts, boxes, strict=True) if box["ticked"]]


def _has_word(text: str) -> bool:
    return any(char.isalpha() for char in text)
