"""Characters of the fonts Symbol and Wingdings, which stand in a private area of their own, as Unicode."""

from __future__ import annotations

from typing import Final

#: The encoding of Adobe's font Symbol from 0x20 on (Unicode, Public MAPPINGS/VENDORS/ADOBE/symbol.txt); a blank for what is not in it.
_SYMBOL: Final = (
    " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧ∆ΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼"
    + " " * 33
    + "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭"
)
#: Of Wingdings what documents use: pens, mail, ticks and boxes, digits, arrows (Unicode, L2/11-052).
_WINGDINGS: Final = {
    0x21: "✏", 0x22: "✂", 0x23: "✁", 0x28: "☎", 0x29: "✆", 0x2A: "✉", 0x36: "⌛", 0x37: "⌨", 0x3A: "🖥", 0x3F: "✍", 0x41: "✌", 0x43: "👍",
    0x44: "👎", 0x45: "☜", 0x46: "☞", 0x47: "☝", 0x48: "☟", 0x4A: "☺", 0x4C: "☹", 0x4E: "☠", 0x4F: "⚐", 0x52: "☼", 0x54: "❄",
    0x6C: "●", 0x6D: "❍", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x72: "❒", 0x73: "⬧", 0x74: "⧫", 0x75: "◆", 0x76: "❖", 0x77: "⬥", 0x78: "⌧",
    0x9E: "·", 0x9F: "•", 0xA1: "○", 0xA4: "◉", 0xA7: "▪", 0xA8: "◻", 0xAA: "✦", 0xAB: "★", 0xD8: "➢", 0xDB: "➲", 0xDF: "←", 0xE0: "→",
    0xE1: "↑", 0xE2: "↓", 0xE8: "➔", 0xEF: "⇦", 0xF0: "⇨", 0xF1: "⇧", 0xF2: "⇩", 0xF3: "⬄", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
    **{0x80 + digit: character for digit, character in enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩")},
    **{0x8B + digit: character for digit, character in enumerate("⓿❶❷❸❹❺❻❼❽❾❿")},
}  # fmt: skip


def symbol(code: int, font: str) -> str:
    """The character that ``code`` is in ``font`` (0xF020 .. 0xF0FF stand for 0x20 .. 0xFF).

    What is in neither table is U+FFFD, so that it shows that something stood there; of other fonts the code is the character.
    """
    font = font.lower()
    low = code & 0xFF if 0xF000 <= code <= 0xF0FF else code
    if font.startswith("symbol"):
        return _SYMBOL[low - 0x20] if 0 <= low - 0x20 < len(_SYMBOL) else "�"
    if font.startswith("wingdings"):
        return _WINGDINGS.get(low, "�") if font == "wingdings" else "�"
    if 0xF000 <= code <= 0xF0FF:
        return "�" if font.startswith(("webdings", "zapf", "mt extra")) else chr(low)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "�"
