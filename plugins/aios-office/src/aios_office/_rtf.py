"""Rich Text Format (specification 1.9.1): a reader of its own, for no library keeps tables, notes and encodings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from aios_sdk import LimitExceeded, Malformed, RegionKind

from ._content import Block, Content, Leaf, Part, picture, with_kind
from ._fields import address, shown_symbol
from ._ole import of_rtf
from ._properties import properties
from ._rtf_charsets import DEFAULT, SYMBOLS, of_font, of_page
from ._rtf_flow import MOST_COLUMNS, Edge, Flow
from ._rtf_state import CHARACTERS, DROPPED, TEXTS, State
from ._symbols import symbol

_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n\x00]+)|[\\\r\n\x00]", re.DOTALL
)
_DEEPEST: Final = 2000
_HEADING: Final = re.compile(r"heading ([1-9])")
_PICTURES: Final = {"pngblip": "png", "jpegblip": "jpg", "emfblip": "emf", "wmetafile": "wmf", "dibitmap": "bmp", "macpict": "pict"}
_NO_HEX: Final = re.compile(rb"[^0-9a-fA-F]+")
_KINDS: Final[dict[str, RegionKind]] = {"title": "title", "caption": "caption", "html preformatted": "code", "macro": "code"}


def read_rtf(data: bytes, name: str, *, pictures: bool) -> Content:
    """The text in ``data`` as one page, as it reads when all tracked changes are accepted.

    Raises `Malformed` for what is no RTF, `LimitExceeded` for groups that nest too deeply.
    """
    start = data[:64].find(b"{\\rtf")
    if start < 0:
        raise Malformed(f"{name!r} does not begin as RTF does", cause="It is damaged, or another kind of file")
    reader = _Rtf(name)
    reader.read(data, start)
    damage = [] if reader.is_whole else [f"{name!r} ends in the middle of a group: it was cut off"]
    parts = [part for part in reader.parts if pictures or not part.name.startswith("picture-")]
    return Content([Leaf(list(reader.blocks()))], properties(reader.properties), parts, damage)


class _Rtf:
    """One pass over the tokens; a stack of states, one for each open group."""

    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._page = DEFAULT
        self._fonts: Final[dict[int, tuple[str, int, str]]] = {}  # number -> (encoding, character set, name)
        self._styles: Final[dict[int, str]] = {}
        self._state = State()
        self._stack: Final[list[State]] = []
        self._flow = Flow()
        self._bytes: Final = bytearray()
        self._skip = 0
        self._high = 0
        self._pictures = 0
        self._shown: Final[set[tuple[str, tuple[str, ...]]]] = set()
        self._edges: list[Edge] = []
        self._cell = Edge(0)
        self._header_row = False
        self._headers: Final[list[Block]] = []
        self._footers: Final[list[Block]] = []
        self._notes: Final[list[list[Block]]] = []
        self._comments: Final[list[Block]] = []
        self._author = ""
        self.parts: Final[list[Part]] = []
        self.properties: Final[list[tuple[str, str]]] = []
        self.is_whole = False
        self._body: list[Block] = []

    def blocks(self) -> Iterator[Block]:
        """Headers, body, footers, notes, comments."""
        yield from self._headers
        yield from self._body
        yield from self._footers
        for number, note in enumerate(self._notes, start=1):
            yield from with_kind(note, "footnote", f"[{number}] ")
        yield from self._comments

    def read(self, data: bytes, position: int) -> None:
        """Read ``data`` from ``position`` to the end of its outermost group."""
        while position < len(data):
            token = _TOKEN.match(data, position)
            assert token is not None  # the last alternatives take any byte
            position = token.end()
            word, parameter, code, mark, brace, text = token.groups()
            if text is not None:
                self._literal(text)
            elif code is not None:
                self._literal(bytes([int(code, 16)]))
            elif brace is not None:
                if brace == b"{":
                    self._open()
                elif self._close():
                    break
            elif word is not None:
                number = int(parameter) if parameter else None
                if word == b"bin":
                    length = max(0, min(number or 0, len(data) - position))
                    self._state.captured += data[position : position + length]
                    self._state.is_binary = True
                    position += length
                else:
                    self._word(word.decode("ascii"), number)
            elif mark is not None:
                self._symbol(mark)
        while self._stack and not self.is_whole:
            self._close(cut_off=True)
        self._flush()
        self._body = self._flow.finish()

    # -- text ---------------------------------------------------------------------------------------------------------

    def _literal(self, text: bytes) -> None:
        if self._skip:  # what stands for the last \u in readers without Unicode
            skipped = min(self._skip, len(text))
            self._skip -= skipped
            text = text[skipped:]
        if text:
            if self._state.keeps_bytes:
                self._state.captured += text
            else:
                self._bytes.extend(text)

    def _flush(self) -> None:
        """Decode the bytes so far; a character may have been written by several tokens."""
        if self._bytes:
            raw = bytes(self._bytes)
            self._bytes.clear()
            encoding, charset, font = self._fonts.get(self._state.font, ("", 0, ""))
            if charset == SYMBOLS and self._state.destination in TEXTS:
                self._write("".join(symbol(byte, font) if byte > 32 else chr(byte) for byte in raw))
            else:
                known = encoding if self._state.destination in TEXTS else ""
                self._write(raw.decode(known or self._page, "replace"))

    def _write(self, text: str) -> None:
        state = self._state
        if state.destination in TEXTS:
            if not (state.hidden or state.deleted):
                self._flow.line.write(text)
        elif state.destination not in DROPPED:
            state.text.append(text)

    def _unicode(self, code: int) -> None:
        code &= 0xFFFF
        self._skip = self._state.unicode_skip
        if 0xD800 <= code < 0xDC00:
            self._high = code
            return
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00 if self._high else 0xFFFD
        self._high = 0
        font = self._fonts.get(self._state.font, ("", 0, ""))
        self._write(symbol(code, font[2]) if 0xF000 <= code <= 0xF0FF else chr(code))

    def _symbol(self, mark: bytes) -> None:
        self._flush()
        if self._skip:
            self._skip -= 1
            return
        match mark:
            case b"*":
                self._state.is_optional = True
            case b"\n" | b"\r":
                self._word("par", None)
            case b"~":
                self._write("\u00a0")
            case b"_":
                self._write("\u2011")
            case b"\\" | b"{" | b"}":
                self._literal(mark)
            case b"\t":
                self._write("\t")

    # -- groups -------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        self._flush()
        self._skip = 0
        if len(self._stack) >= _DEEPEST:
            raise LimitExceeded(f"{self._name!r} nests groups deeper than {_DEEPEST}")
        self._stack.append(self._state)
        self._state = self._state.within()

    def _close(self, *, cut_off: bool = False) -> bool:
        """A group ends; True for the outermost one."""
        self._flush()
        self._skip = 0
        if not self._stack:
            return True
        ended, self._state = self._state, self._stack.pop()
        if ended.opened:
            self._ended(ended)
        if not self._stack and not cut_off:
            self.is_whole = True
        return not self._stack

    def _begin(self, destination: str) -> None:
        self._state.begin(destination)
        if destination in ("header", "footer", "footnote", "annotation", "shptxt"):
            self._state.outer, self._flow = self._flow, Flow()
            if destination == "footnote":
                self._state.note = len(self._notes)
                self._notes.append([])
                self._state.outer.line.write(f"[{len(self._notes)}]")
        elif destination == "fldrslt":
            self._state.start = self._flow.line.length
            self._state.line = self._flow.line

    def _ended(self, ended: State) -> None:
        """What a destination held goes where it belongs."""
        match ended.opened:
            case "header" | "footer" | "footnote" | "annotation" | "shptxt" if ended.outer is not None:
                blocks, self._flow = self._flow.finish(), ended.outer
                self._aside(ended.opened, blocks, ended.note)
            case "fonttbl" | "font":
                self._font(ended)
            case "stylesheet" | "style":
                self._styles.setdefault(ended.style or 0, "".join(ended.text).strip().rstrip(";").lower())
            case "title" | "subject" | "author" | "keywords":
                if not any(name == ended.opened for name, _ in self.properties):  # LibreOffice names who saved it as a second author
                    self.properties.append((ended.opened, "".join(ended.text)))
            case "created" | "modified":
                self.properties.append((ended.opened, _moment(ended.time)))
            case "atnauthor":
                self._author = "".join(ended.text).strip()
            case "listtext":
                marker = "".join(ended.text).strip()
                self._flow.is_item = bool(marker)
                self._flow.marker = f"{marker} " if any(character.isalnum() for character in marker) and len(marker) > 1 else ""
            case "fldinst":
                self._state.instruction = "".join(ended.text)
            case "fldrslt":
                if ended.line is self._flow.line:
                    self._flow.line.link(ended.start, address(self._state.instruction))
                self._state.has_result = True
            case "field":
                shown = None if ended.has_result else shown_symbol(ended.instruction)
                if shown:
                    self._write(symbol(*shown))
            case "pict":
                self._picture(ended)
            case "objdata":
                self.parts.extend(of_rtf(_binary(ended)))

    def _edge(self, into: list[Block], blocks: list[Block], kind: RegionKind) -> None:
        """A header or footer, which each section repeats."""
        said = tuple(block.text for block in blocks)
        if (kind, said) not in self._shown:
            self._shown.add((kind, said))
            into.extend(with_kind(blocks, kind))

    def _aside(self, destination: str, blocks: list[Block], number: int) -> None:
        match destination:
            case "header":
                self._edge(self._headers, blocks, "header")
            case "footer":
                self._edge(self._footers, blocks, "footer")
            case "footnote":
                self._notes[number] += blocks
            case "annotation":
                self._comments.extend(with_kind(blocks, "comment", f"{self._author}: " if self._author else ""))
                self._author = ""
            case _:
                self._flow.asides.extend(blocks)

    def _font(self, ended: State) -> None:
        encoding = of_page(ended.code_page) if ended.code_page else of_font(ended.charset)
        name = "".join(ended.text).strip().rstrip(";")
        self._fonts.setdefault(ended.font, (encoding, ended.charset, name))

    def _picture(self, ended: State) -> None:
        data = _binary(ended)
        if data and ended.picture:
            self._pictures += 1
            self.parts.append(Part(f"picture-{self._pictures}.{ended.picture}", data))
            self._flow.asides.append(picture("", self.parts[-1].name))

    # -- control words ------------------------------------------------------------------------------------------------

    def _word(self, word: str, number: int | None) -> None:
        self._flush()
        if self._skip and word != "u":
            self._skip -= 1
            return
        state = self._state
        if word == "u":
            self._skip = 0
            self._unicode(number or 0)
        elif word in CHARACTERS:
            self._write(CHARACTERS[word])
        elif destination := state.destination_of(word):
            self._begin(destination)
        elif word in _PICTURES:
            state.picture = _PICTURES[word]
        elif word == "ansicpg" and number:
            self._page = of_page(number)
        elif word in ("mac", "pc", "pca"):
            self._page = {"mac": "mac-roman", "pc": "cp437", "pca": "cp850"}[word]
        elif word == "f" and state.destination == "font" and number is not None:
            if state.text or state.named:  # old writers put all fonts into one group
                self._font(state)
                state.text, state.charset, state.code_page = [], 0, 0
            state.font, state.named = number, True
        elif not state.apply(word, number):
            self._layout(word, number)

    def _layout(self, word: str, number: int | None) -> None:
        """Paragraphs, cells and rows end; cells are defined."""
        state = self._state
        match word:
            case "par" | "sect" | "page" if state.destination in TEXTS:
                self._flow.paragraph(state.level, *self._kind())
            case "cell" | "nestcell" if state.destination in TEXTS:
                level = 1 if word == "cell" else max(state.level, 2)
                self._flow.paragraph(level, *self._kind())
                self._flow.cell(level)
            case "row" | "nestrow":
                self._flow.row(1 if word == "row" else max(state.level, 2), self._edges, self._header_row)
            case "trowd":
                self._edges, self._cell, self._header_row = [], Edge(0), False
            case "trhdr":
                self._header_row = True
            case "clmgf":
                self._cell = self._cell._replace(first_across=True)
            case "clmrg":
                self._cell = self._cell._replace(across=True)
            case "clvmgf":
                self._cell = self._cell._replace(first_down=True)
            case "clvmrg":
                self._cell = self._cell._replace(down=True)
            case "cellx":
                if len(self._edges) < MOST_COLUMNS:
                    self._edges.append(self._cell._replace(right=number or 0))
                self._cell = Edge(0)

    def _kind(self) -> tuple[RegionKind, int]:
        """What the paragraph that ends is, by its style or its level in the outline."""
        state = self._state
        name = self._styles.get(state.style or 0, "")
        if found := _HEADING.fullmatch(name):
            return "heading", int(found[1])
        if name in _KINDS:
            return _KINDS[name], 0
        if 0 <= state.outline < 9:
            return "heading", state.outline + 1
        return "paragraph", state.list_level + 1 if self._flow.is_item else 0


def _binary(ended: State) -> bytes:
    """What a picture or object holds: raw bytes, or hexadecimal digits."""
    if ended.is_binary:
        return bytes(ended.captured)
    digits = _NO_HEX.sub(b"", bytes(ended.captured))
    return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii"))


def _moment(time: Mapping[str, int]) -> str:
    year, month, day, hour, minute = (time.get(name, 0) for name in ("yr", "mo", "dy", "hr", "min"))
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z"
