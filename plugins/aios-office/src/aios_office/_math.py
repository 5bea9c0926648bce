"""Formulas of Office MathML as linear text (Sargent, UnicodeMath, Unicode Technical Note 28): ``(a+b)/2``, ``x^2``, ``√(x)``."""

from __future__ import annotations

from ._xml import Element, child, children, tag, value


def linear(element: Element) -> str:
    """The formula in ``element`` on one line, in the order in which it is read."""
    return "".join(_linear(each) for each in element)


def _linear(element: Element) -> str:
    match tag(element):
        case "m:r":
            return "".join(each.text or "" for each in children(element, "m:t", "w:t"))
        case "m:f":
            return f"{_group(element, 'm:num')}/{_group(element, 'm:den')}"
        case "m:sSup":
            return f"{_part(element, 'm:e')}^{_group(element, 'm:sup')}"
        case "m:sSub":
            return f"{_part(element, 'm:e')}_{_group(element, 'm:sub')}"
        case "m:sSubSup" | "m:sPre":
            return f"{_part(element, 'm:e')}_{_group(element, 'm:sub')}^{_group(element, 'm:sup')}"
        case "m:rad":
            degree = _part(element, "m:deg")
            return f"√({degree}&{_part(element, 'm:e')})" if degree else f"√{_group(element, 'm:e')}"
        case "m:nary":
            return _sum(element)
        case "m:d":
            return _delimited(element)
        case "m:limLow":
            return f"{_part(element, 'm:e')}_{_group(element, 'm:lim')}"
        case "m:limUpp":
            return f"{_part(element, 'm:e')}^{_group(element, 'm:lim')}"
        case "m:func":
            return f"{_part(element, 'm:fName')} {_part(element, 'm:e')}"
        case "m:m":
            rows = ("&".join(linear(cell) for cell in children(row, "m:e")) for row in children(element, "m:mr"))
            return f"■({'@'.join(rows)})"
        case "m:eqArr":
            return f"█({'@'.join(linear(each) for each in children(element, 'm:e'))})"
        case "m:acc" | "m:groupChr":
            mark = value(child(element, "m:accPr"), "m:chr") or value(child(element, "m:groupChrPr"), "m:chr")
            return f"{_group(element, 'm:e')}{mark}" if mark else _part(element, "m:e")
        case "w:del" | "w:moveFrom" | "m:ctrlPr":
            return ""
        case name if name.endswith("Pr"):
            return ""
        case _:
            return linear(element)


def _part(element: Element, name: str) -> str:
    found = child(element, name)
    return "" if found is None else linear(found)


def _group(element: Element, name: str) -> str:
    """A part as an operand: in brackets unless it is one letter or number."""
    text = _part(element, name)
    return text if text.isalnum() or len(text) == 1 else f"({text})"


def _sum(element: Element) -> str:
    text = value(element, "m:naryPr", "m:chr", default="∫")
    for mark, name in (("_", "m:sub"), ("^", "m:sup")):
        limit = _group(element, name)
        if limit != "()":
            text += mark + limit
    return f"{text} {_part(element, 'm:e')}"


def _delimited(element: Element) -> str:
    properties = child(element, "m:dPr")
    first, last = value(properties, "m:begChr", default="("), value(properties, "m:endChr", default=")")
    between = value(properties, "m:sepChr", default="|")
    return f"{first}{between.join(linear(each) for each in children(element, 'm:e'))}{last}"
