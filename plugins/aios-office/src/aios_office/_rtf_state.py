"""The state of a group of RTF: where its text goes, and what its characters and paragraphs are."""

from __future__ import annotations

import copy
from typing import Final

from ._content import Line
from ._rtf_flow import Flow

#: Control words that stand for a character.
CHARACTERS: Final = {
    "tab": "\t", "line": "\n", "lbr": "\n", "column": "\n", "softline": "\n", "emdash": "—", "endash": "–", "emspace": "\u2003",
    "enspace": "\u2002", "qmspace": "\u2005", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
    "zwj": "\u200d", "zwnj": "\u200c", "ltrmark": "\u200e", "rtlmark": "\u200f",
}  # fmt: skip
#: Destinations whose text is part of a text of the document.
TEXTS: Final = frozenset({"rtf", "header", "footer", "footnote", "annotation", "shptxt", "field", "fldrslt"})
#: Destinations whose text is none of the document's.
DROPPED: Final = frozenset({"", "upr", "fonttbl", "stylesheet", "info"})
#: Control words that begin a destination, and what it is here; those with an empty name are left out.
_DESTINATIONS: Final = {
    "rtf": "rtf", "header": "header", "headerl": "header", "headerr": "header", "headerf": "header", "footer": "footer",
    "footerl": "footer", "footerr": "footer", "footerf": "footer", "footnote": "footnote", "annotation": "annotation", "shptxt": "shptxt",
    "field": "field",
    "fldinst": "fldinst", "fldrslt": "fldrslt", "fonttbl": "fonttbl", "stylesheet": "stylesheet", "info": "info", "title": "title",
    "subject": "subject", "author": "author", "keywords": "keywords", "creatim": "created", "revtim": "modified", "atnauthor": "atnauthor",
    "listtext": "listtext", "pntext": "listtext", "pict": "pict", "objdata": "objdata", "falt": "", "fontemb": "", "panose": "",
    "colortbl": "", "nonshppict": "", "shprslt": "", "filetbl": "", "private": "", "xe": "", "tc": "", "rxe": "", "txe": "", "operator": "",
    "company": "", "comment": "", "doccomm": "", "printim": "", "buptim": "", "bkmkstart": "", "bkmkend": "", "ftnsep": "", "ftnsepc": "",
    "ftncn": "", "aftnsep": "", "aftnsepc": "", "aftncn": "", "nextfile": "", "template": "", "pntxta": "", "pntxtb": "", "listtable": "",
    "listoverridetable": "", "revtbl": "", "datafield": "", "formfield": "", "sp": "", "nonesttables": "", "mmathPict": "",
}  # fmt: skip
#: Optional destinations (``\*``) that only hold more of the text around them.
_TRANSPARENT: Final = frozenset({"shppict", "shp", "shpinst", "do", "nesttableprops", "ud", "mmath", "moMath", "moMathPara", "pnseclvl"})
_TIME: Final = frozenset({"yr", "mo", "dy", "hr", "min", "sec"})


class State:
    """What holds in a group; groups within begin with the same."""

    def __init__(self) -> None:
        self.destination = ""
        self.font = 0
        self.unicode_skip = 1
        self.hidden = self.deleted = False
        self.style: int | None = None
        self.outline = 9
        self.list_level = 0
        self.in_table = False
        self.nesting = 1
        self._fresh()

    def _fresh(self) -> None:
        """What holds for this group alone."""
        self.opened = ""
        self.is_optional = False
        self.text: list[str] = []
        self.captured = bytearray()
        self.is_binary = False
        self.picture = ""
        self.charset = self.code_page = 0
        self.named = False
        self.time: dict[str, int] = {}
        self.outer: Flow | None = None
        self.line: Line | None = None
        self.start = 0
        self.instruction = ""
        self.has_result = False
        self.outside = ""
        self.note = 0

    def within(self) -> State:
        """The state of a group in this one."""
        inner = copy.copy(self)
        inner._fresh()
        inner.outside = self.outside
        if self.destination == "upr":
            inner.destination = ""  # the same in a code page; the group after it has it in Unicode
        elif self.destination == "fonttbl":
            inner.begin("font")
        elif self.destination == "stylesheet":
            inner.begin("style")
            inner.style = 0
        elif self.destination not in TEXTS:
            inner.text, inner.captured = self.text, self.captured  # groups in a name or an instruction hold more of it
            inner.is_binary = self.is_binary
        return inner

    def begin(self, destination: str) -> None:
        """The group turns out to be a destination."""
        self.destination = self.opened = destination
        self.text, self.captured = [], bytearray()
        if destination in ("header", "footer", "footnote", "annotation", "shptxt"):
            self.in_table, self.nesting, self.outline, self.style = False, 1, 9, None
            self.hidden = self.deleted = False

    def destination_of(self, word: str) -> str | None:
        """The destination that ``word`` begins, or None; what is optional and not known is left out with all that is in it."""
        is_optional, self.is_optional = self.is_optional, False
        if word == "upr":
            self.outside, self.destination = self.destination, "upr"
            return None
        if word == "ud":
            self.destination = self.outside
            return None
        if word in _DESTINATIONS:
            if self.destination == "" and self.opened != "rtf" and word != "rtf":
                return None
            found = _DESTINATIONS[word]
            if word in ("title", "subject", "author", "keywords", "comment", "creatim", "revtim") and self.destination != "info":
                return None
            if not found:
                self.destination = ""
            return found or None
        if is_optional and word not in _TRANSPARENT:
            self.destination = ""
        return None

    @property
    def keeps_bytes(self) -> bool:
        """Whether the group holds a picture or an object instead of text."""
        return self.destination in ("pict", "objdata")

    @property
    def level(self) -> int:
        """How deep in tables a paragraph is that ends here."""
        return self.nesting if self.in_table else 0

    def apply(self, word: str, number: int | None) -> bool:
        """Take a property of characters or paragraphs; False for another word."""
        on = number != 0
        match word:
            case "f":
                self.font = number or 0
            case "uc":
                self.unicode_skip = max(0, min(number or 0, 8))
            case "v":
                self.hidden = on
            case "deleted":
                self.deleted = on
            case "plain":
                self.hidden = self.deleted = False
            case "pard":
                self.in_table, self.nesting, self.outline, self.list_level = False, 1, 9, 0
                self.style = 0
            case "s" | "cs" | "ds" | "ts":
                if word == "s" or self.destination == "style":
                    self.style = number or 0 if word == "s" else -1
            case "outlinelevel":
                self.outline = number or 0
            case "ilvl":
                self.list_level = max(0, min(number or 0, 8))
            case "intbl":
                self.in_table = True
            case "itap":
                self.nesting = max(1, min(number or 0, 50))
                self.in_table = self.in_table or (number or 0) > 0
            case "fcharset":
                self.charset = number or 0
            case "cpg":
                self.code_page = number or 0
            case _ if word in _TIME:
                self.time[word] = number or 0
            case _:
                return False
        return True
