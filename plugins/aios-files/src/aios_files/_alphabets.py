"""Which legacy encoding a text is in: the one whose letters make the words of a language.

Frequent letters and characters are those that count most in running text of each language; they were put together for this module. The idea
of telling encodings by the distribution of their characters is that of S. Li and K. Momoi, "A composite approach to language/encoding
detection" (19th International Unicode Conference, 2001).
"""

from __future__ import annotations

import codecs
from typing import Final, NamedTuple

#: Characters that make up a good part of any text, for encodings of several bytes a character. Two-byte encodings accept nearly any bytes,
#: so being decodable tells nothing; wrongly decoded text is made of rare characters.
_FREQUENT: Final = {
    "ja": (
        "のにたいしとではをがれるてなかまっりすあもらくきこよさそけんうおせどアイウエオカキクコサシスタチツテトナニノハフプマ"
        "ミムメラリルレロンーャュョッ。、年日月人一大本中国出会社上行生者見電話番号金合計円様株式東京都道府県市区町村田山川野"
        "御請求書領収納品積部長名高新分時前後事業"
    ),
    "zh-Hans": (
        "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
        "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此"
        "已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代"
        "内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数安"
        "少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼书非则听白却界达光"
        "放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运，。、"
        "：您谢附票"
    ),
    "zh-Hant": (
        "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事"
        "成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把機十民第公此"
        "已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果加西斯月話合回特代"
        "內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾更別打女變四神總何電數安"
        "少報才結反受目太量再感建務做接必場件計管期市直德資命山金指克許統區保至隊形社便空決治展馬科司五基眼書非則聽白卻界達光"
        "放強即像難且權思王，。、：您謝附票"
    ),
    "ko": (
        "이다는을의에가고하지기리도사어자로인한시서그라대나를아정것들해수보일습니했주과부전여은장상구거있면진만없우제적게년으"
        "오스미위원마공안신조동용경치합성문세소때말후중모무관내국던두개물려재방회또및저계금번호월확견첨청"
    ),
}
#: The letters of languages beyond ASCII, in lower case, the most frequent first. They tell alphabets and code pages apart.
_ALPHABETS: Final = {
    "ru": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё", "uk": "оаинвіертсклудмпзяьбгйчхцжшїєщюфґ",
    "bg": "аиоентрсвлкдпмъузябгчжщшцйхфюь", "sr": "аиоенрстјувкдмпљзгбцчшжхњћђџф",
    "el": "αοιετσνηυρπκμλςόίάέήωύγδώχθφβξζψϊϋΐΰ", "he": "יוהלאתרבשמםנחקדפגעצכטזסןךףץ",
    "ar": "اليمنوتربعدسفكهقجحةشطصخضزذثغءئىؤظأإآ", "fa": "ایرندمهتوسبلکشزفگقخعجپحصطچضثذغءئژظ",
    "th": "านรอกเงมยลวดทสตะปบคหแจพชขใไโผธถศซณฟษญภฐฎฏฝฮฆ่้ีัิืึุูำ์็", "de": "äüößé", "fr": "éàèêçôùûîâëïœæÿ",
    "es": "óíáéñúü¿¡", "pt": "ãçáéíóâêõúàô", "it": "àèòùìé", "nl": "ëéïöü", "da": "æøåéä", "sv": "äåöé", "fi": "äöå",
    "is": "íáðéóúöýþæ", "ca": "àèéíòóúçïü·", "pl": "łęąóżśćńź", "cs": "íáéřěýžčšůúťňďó", "sk": "áíéúýčžšľťňôóďäĺŕ",
    "hu": "áéíóöőüűú", "hr": "šćčžđ", "ro": "ăîâșțşţ", "tr": "ıişüğçöâî", "lt": "ėųįšžąčūę", "lv": "āīēšūņķļģžč",
    "et": "äõüöšž",
}  # fmt: skip


class _Candidate(NamedTuple):
    """An encoding, the languages it is written in, and the name by which people know it."""

    codec: str
    name: str
    languages: tuple[str, ...]


_WIDE: Final = (
    _Candidate("cp932", "Shift-JIS", ("ja",)),
    _Candidate("euc_jp", "EUC-JP", ("ja",)),
    _Candidate("gb18030", "GB18030", ("zh-Hans", "zh-Hant")),
    _Candidate("big5hkscs", "Big5", ("zh-Hant",)),
    _Candidate("cp949", "EUC-KR", ("ko",)),
)
_NARROW: Final = (  # of equal ones the first is taken: Windows' code pages before those of Unix, Macintosh and DOS
    _Candidate("cp1252", "Windows-1252", ("de", "fr", "es", "pt", "it", "nl", "da", "sv", "fi", "is", "ca")),
    _Candidate("cp1251", "Windows-1251", ("ru", "uk", "bg", "sr")),
    _Candidate("cp1250", "Windows-1250", ("pl", "cs", "sk", "hu", "hr", "ro")),
    _Candidate("cp1253", "Windows-1253", ("el",)),
    _Candidate("cp1254", "Windows-1254", ("tr",)),
    _Candidate("cp1255", "Windows-1255", ("he",)),
    _Candidate("cp1256", "Windows-1256", ("ar", "fa")),
    _Candidate("cp1257", "Windows-1257", ("lt", "lv", "et")),
    _Candidate("cp874", "Windows-874", ("th",)),
    _Candidate("iso8859_2", "ISO-8859-2", ("pl", "cs", "sk", "hu", "hr", "ro")),
    _Candidate("iso8859_5", "ISO-8859-5", ("ru", "uk", "bg", "sr")),
    _Candidate("koi8_r", "KOI8-R", ("ru",)),
    _Candidate("koi8_u", "KOI8-U", ("uk",)),
    _Candidate("cp866", "IBM866", ("ru",)),
    _Candidate("mac_cyrillic", "Mac Cyrillic", ("ru", "uk")),
    _Candidate("mac_roman", "Mac Roman", ("de", "fr", "es", "it", "sv", "da")),
    _Candidate("cp850", "IBM850", ("de", "fr", "es", "pt", "it", "sv", "da")),
)
#: Signs that may stand in text of any language, and say nothing of it.
_SIGNS: Final = frozenset("€£§°©®™«»„“”‘’‚‹›–—…•·´¨\xa0\xad½¼¾×µ²³±№÷†‡‰ªº¢¥¬")
_ENOUGH: Final = 0.25
_ENOUGH_NARROW: Final = 0.4
_SAMPLE: Final = 4_000


class Guess(NamedTuple):
    """An encoding that was guessed: Python's name of it, the one that people use, and how well its letters fit (0..1)."""

    codec: str
    name: str
    score: float


def guess(data: bytes) -> Guess | None:
    """The legacy encoding of ``data``, judged by 4,000 bytes from where it leaves ASCII; None where no language fits.

    Example::

        guess("Уважаемые господа, счёт на оплату".encode("koi8_r")).name == "KOI8-R"
    """
    sample = _sample(data)
    best: Guess | None = None
    for candidate in _WIDE:
        text = _decoded(sample, candidate.codec, final=False)
        score = max((_frequent(text, _FREQUENT[language]) for language in candidate.languages), default=0.0) if text else 0.0
        if score >= _ENOUGH and (best is None or score > best.score):
            best = Guess(candidate.codec, candidate.name, score)
    if best is not None:
        return best
    for candidate in _NARROW:
        text = _decoded(sample, candidate.codec)
        score = max(_in_words(text, _ALPHABETS[language]) for language in candidate.languages) if text else 0.0
        if score >= _ENOUGH_NARROW and (best is None or score > best.score + 1e-9):
            best = Guess(candidate.codec, candidate.name, score)
    return best


def legacy_encoding(data: bytes) -> str:
    """Python's name of the legacy encoding whose letters make words in ``data``, for those that read a file bit by bit; empty where no
    language fits. `decode` does this by itself.

    Example::

        legacy_encoding("Świątek, Łódź".encode("cp1250")) == "cp1250"
    """
    found = guess(data)
    return found.codec if found else ""


def _sample(data: bytes) -> bytes:
    """Some thousand bytes around the first ones beyond ASCII, between spaces or line ends, so that no character is cut in two."""
    beyond = next((place for place, byte in enumerate(data) if byte > 127), 0)
    start = max(data.rfind(b" ", 0, beyond), data.rfind(b"\n", 0, beyond)) + 1
    sample = data[start : start + _SAMPLE]
    if start + _SAMPLE >= len(data):
        return sample
    end = max(sample.rfind(b" "), sample.rfind(b"\n"))
    return sample[:end] if end > _SAMPLE // 2 else sample


def _decoded(data: bytes, codec: str, final: bool = True) -> str:
    """``data`` as text; empty where it does not decode, or gives characters that no text holds."""
    try:
        text = codecs.getincrementaldecoder(codec)().decode(data, final)
    except UnicodeDecodeError:
        return ""
    return "" if any("\x80" <= character <= "\x9f" or "\ue000" <= character <= "\uf8ff" for character in text) else text


def _frequent(text: str, frequent: str) -> float:
    """The share of frequent characters among those beyond ASCII."""
    wide = [character for character in text if character > "\x7f"]
    known = frozenset(frequent)
    return sum(character in known for character in wide) / len(wide) if wide else 0.0


def _in_words(text: str, alphabet: str) -> float:
    """How well what is beyond ASCII fits a language: frequent letters of its alphabet, words of one script, capitals at their start."""
    score = count = 0.0
    half = len(alphabet) / 2
    is_latin = alphabet[0] < "\u0250"
    for place, character in enumerate(text):
        if character <= "\x7f":
            continue
        count += 1
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if character == "’" or (character in _SIGNS and not (before.isalpha() and after.isalpha())):
            score += 0.5
            continue
        lower = character.lower()
        found = alphabet.find(lower) if len(lower) == 1 else -1
        if found < 0 or (not is_latin and (_is_ascii_letter(before) or _is_ascii_letter(after))):
            score -= 1
        elif not (before.isalpha() or after.isalpha()):
            score += 0.4 if is_latin else 0.2
        else:
            capital = character != lower and before.islower()
            score += (1.0 if found < half else 0.9) - (0.8 if capital else 0.1 if character != lower else 0)
    return score / count if count else 0.0


def _is_ascii_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
