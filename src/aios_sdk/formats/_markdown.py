"""Markdown: CommonMark (https://spec.commonmark.org/0.31.2/) with the tables of GitHub Flavored Markdown (section 4.10)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..records import Document
from ._blocks import Block, blocks, grid

#: What means something wherever it stands; an underscore within a word and an ampersand that begins no entity do not.
_ANYWHERE: Final = re.compile(r"[\\`*\[\]<>~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
#: What means something where a line begins: headings, lists, rules, fences; and a number that would begin a list.
_AT_START: Final = re.compile(r"(?m)^([#+=:|-]|\d{1,9}(?=[.)](?:\s|$)))")
_SPACES: Final = re.compile(r"\s+")
#: What a target of a link cannot have unless it stands in pointed brackets.
_BARE: Final = re.compile(r"[^\s()<>\\\x00-\x1f]+")


def to_markdown(document: Document, *, furniture: bool = False) -> str:
    """A document as Markdown: headings, lists, tables, links and code; everything else is text, with what has a meaning escaped.

    With ``furniture`` page headers and footers are in it too. Cells that are merged over several are given once. Raises `StoreError`
    when the rows of a table are not at hand. Example::

        Path("report.md").write_text(to_markdown(outcome.document))
    """
    written: list[str] = []
    before = ""
    for block in blocks(document, furniture=furniture):
        text = _written(block)
        if text.strip():
            tight = before == block.kind == "list_item"
            written.append(("" if not written else "\n" if tight else "\n\n") + text)
            before = block.kind
    return "".join(written) + "\n" if written else ""


def _written(block: Block) -> str:
    kind = block.kind
    if block.table is not None:
        return "\n".join(_rows(block))
    if kind == "title" or kind == "heading":
        return f"{'#' * (1 if kind == 'title' else min(max(block.level, 1), 6))} {_line(block)}"
    if kind == "list_item":
        number, item = block.marked()
        lead = "    " * (max(block.level, 1) - 1) + (f"{number}. " if number.isdecimal() else "- ")
        return lead + _line(item)
    if kind == "code":
        return _fenced(block.text)
    if kind == "comment":
        return "> " + _paragraph(block).replace("\n", "\n> ")
    if kind == "picture":
        picture = f"![{_escaped(_SPACES.sub(' ', block.text.strip()))}]({_target(block.target)})" if block.target else ""
        return picture or _paragraph(block)
    return _paragraph(block)


def _paragraph(block: Block) -> str:
    lines = "".join(_linked(text, target) for text, target in block.pieces).split("\n")
    return "\n".join(_AT_START.sub(_guarded, line.strip()) for line in lines if line.strip())


def _line(block: Block) -> str:
    """The block in one line, as headings and items of lists are."""
    return _AT_START.sub(_guarded, _SPACES.sub(" ", "".join(_linked(text, target) for text, target in block.pieces)).strip())


def _guarded(found: re.Match[str]) -> str:
    return f"{found[1]}\\" if found[1].isdecimal() else f"\\{found[1]}"


def _linked(text: str, target: str) -> str:
    shown = _escaped(text)
    if not target or not text.strip():
        return shown
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{lead}[{_escaped(_SPACES.sub(' ', text.strip()))}]({_target(target)}){trail}"


def _target(target: str) -> str:
    """The target of a link, in pointed brackets where it holds what would end it."""
    if _BARE.fullmatch(target):
        return target
    return "<" + re.sub(r"[<>\\]", lambda found: f"\\{found[0]}", re.sub(r"[\x00-\x1f]", "", target)) + ">"


def _escaped(text: str) -> str:
    return _ANYWHERE.sub(lambda found: f"\\{found[0]}", text)


def _fenced(text: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    content = text.strip("\n")
    return f"{fence}\n{content}\n{fence}"


def _rows(block: Block) -> Iterator[str]:
    for number, row in enumerate(grid(block)):
        yield "| " + " | ".join("" if cell is None else _cell(cell.text) for cell in row) + " |"
        if number == 0:
            yield "|" + " --- |" * len(row)


def _cell(text: str) -> str:
    return _SPACES.sub(" ", _escaped(text)).strip().replace("|", "\\|")
