"""Where the shapes of slides stand: their own frames, those of placeholders they inherit, groups and turns (ECMA-376, part 1, 20.1.7)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

from aios_sdk import Box

from ._xml import Element, attribute, child, children, descendants, number, tag

_DEGREE: Final = 60_000
_TITLES: Final = frozenset({"title", "ctrTitle"})


class Frame(NamedTuple):
    """How coordinates within a group become those of the slide: scaled, then moved."""

    x: float
    y: float
    across: float
    down: float

    def of_group(self, transform: Element | None) -> Frame:
        """The frame within a group that stands in this one."""
        outer, inner = _rectangle(transform, "a:off", "a:ext"), _rectangle(transform, "a:chOff", "a:chExt")
        if outer is None or inner is None:
            return self
        across, down = (outer[side] / inner[side] if inner[side] else 1.0 for side in (2, 3))
        x, y = outer[0] - inner[0] * across, outer[1] - inner[1] * down
        return Frame(self.x + x * self.across, self.y + y * self.down, self.across * across, self.down * down)


WHOLE: Final = Frame(0.0, 0.0, 1.0, 1.0)


class Geometry:
    """The placeholders of a slide's layout and master, nearest first, from which shapes inherit."""

    def __init__(self, roots: list[Element | None]) -> None:
        self._shapes: Final = [_placeholders(root) for root in roots]

    def _inherited(self, shape: Element, placeholder: tuple[str, str]) -> list[Element]:
        """The shape and those that it inherits from: on the layout by index, on the master by type."""
        found = [shape]
        kind, index = placeholder
        if kind == "-":
            return found
        for shapes in self._shapes:
            match = next((each for (_, number_), each in shapes.items() if number_ == index and index), None)
            if match is None:
                wanted = _TITLES if kind in _TITLES else {kind or "body", "body"} if kind in ("", "obj", "subTitle") else {kind}
                match = next((each for (other, _), each in shapes.items() if (other or "body") in wanted), None)
            if match is not None:
                found.append(match)
        return found

    def box(self, shape: Element, placeholder: tuple[str, str], frame: Frame, size: tuple[int, int]) -> Box | None:
        """The box of ``shape`` on the slide; None where it has no frame, or lies beside the slide."""
        for each in self._inherited(shape, placeholder):
            transform = child(each, "p:xfrm") if tag(each) == "p:graphicFrame" else child(each, "p:spPr", "a:xfrm")
            found = _rectangle(transform, "a:off", "a:ext")
            if found is not None:
                return _on_slide(found, _turn(transform), frame, size)
        return None

    def bullets(self, shape: Element, placeholder: tuple[str, str], *, by_default: bool) -> Callable[[Element], bool]:
        """Whether a paragraph of ``shape`` has a bullet: by itself, by the lists of its placeholders, else ``by_default``."""
        styles = [child(each, "p:txBody", "a:lstStyle") for each in self._inherited(shape, placeholder)]

        def has_bullet(paragraph: Element) -> bool:
            properties = child(paragraph, "a:pPr")
            level = number(attribute(properties, "lvl")) if properties is not None else 0
            for place in (properties, *(child(style, f"a:lvl{level + 1}pPr") for style in styles)):
                for mark in children(place, "a:buNone", "a:buChar", "a:buAutoNum", "a:buBlip"):
                    return tag(mark) != "a:buNone"
            return by_default

        return has_bullet


def _placeholders(root: Element | None) -> dict[tuple[str, str], Element]:
    found: dict[tuple[str, str], Element] = {}
    for shape in descendants(root, "p:sp", "p:pic", "p:graphicFrame"):
        for about in children(shape, "p:nvSpPr", "p:nvPicPr", "p:nvGraphicFramePr"):
            mark = child(about, "p:nvPr", "p:ph")
            if mark is not None:
                found.setdefault((attribute(mark, "type"), attribute(mark, "idx")), shape)
    return found


def _rectangle(transform: Element | None, corner: str, extent: str) -> tuple[int, int, int, int] | None:
    first, second = child(transform, corner), child(transform, extent)
    if first is None or second is None:
        return None
    return (*(number(attribute(first, name)) for name in ("x", "y")), *(number(attribute(second, name)) for name in ("cx", "cy")))  # type: ignore[return-value]


def _turn(transform: Element | None) -> float:
    return math.radians(number(attribute(transform, "rot")) / _DEGREE) if transform is not None else 0.0


def _on_slide(rectangle: tuple[int, int, int, int], turn: float, frame: Frame, size: tuple[int, int]) -> Box | None:
    x, y, width, height = rectangle
    left, top = frame.x + x * frame.across, frame.y + y * frame.down
    width_, height_ = width * frame.across, height * frame.down
    turned = abs(width_ * math.cos(turn)) + abs(height_ * math.sin(turn)), abs(width_ * math.sin(turn)) + abs(height_ * math.cos(turn))
    centre = left + width_ / 2, top + height_ / 2
    box = Box.of(
        (centre[0] - turned[0] / 2) / size[0], (centre[1] - turned[1] / 2) / size[1],
        (centre[0] + turned[0] / 2) / size[0], (centre[1] + turned[1] / 2) / size[1],
    )  # fmt: skip
    return box if box.x0 < box.x1 and box.y0 < box.y1 else None
