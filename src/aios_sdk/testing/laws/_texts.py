"""Laws about odd texts: each of them holds what the component finds in ordinary ones, and one thing more."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from aios_sdk.plugins import ComponentInfo
from aios_sdk.records import Document, Source
from aios_sdk.stages import Stage

from .. import samples
from .._inputs import cases_for, documents_for, file_source, ordinary_texts
from .._judging import gives, sound
from .._law import LawBroken, NotApplicable, law
from .._subject import Subject

#: What makes an ordinary text an odd one.
_Edit: TypeAlias = "Callable[[str], str]"

_READ: Final = frozenset(("text", "words"))
#: Files that can hold any text.
_FILES: Final = ("text/plain", "text/html", "message/rfc822")
_LONG: Final = 100_000
_PAGES: Final = 50
_LONGEST_BASE: Final = 4000

_BEYOND: Final = ("\U0001f600", "\U00020bb7\u91ce\u5bb6", "\U0001d518\U0001d52b\U0001d526", "\U0001f468\u200d\U0001f469\u200d\U0001f467")
_ACCENTS: Final = ("Caf\u00e9 \u00c5ngstr\u00f6m M\u00fcller", "\u1ebf \u01d5", "\ud55c\uae00")
_RIGHT_TO_LEFT: Final = (
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 \u0661\u0662\u0663",
    "\u200f",
    "\u202e",
    "\u2067\u05d0\u2069",
)
_CONTROLS: Final = ("\0", "\0\0\0", "\x07\x08", "\x1b[31m", "\x7f", "\ufeff", "\u200b", "\x01\x02\x1a")
_LINE_ENDS: Final = ("\r\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\n\r", "\r\r\n", "\n\n")


def _reads_none(info: ComponentInfo) -> str:
    if "ingest" in info.stages and any(map(info.accepts, _FILES)):
        return ""
    layers = {*info.requires, *info.uses}
    return _ingests(info) or ("" if not layers or layers & _READ else "it reads no text")


def _reads_no_documents(info: ComponentInfo) -> str:
    return _ingests(info) or _reads_none(info)


def _ingests(info: ComponentInfo) -> str:
    return "it works on files, not on documents" if info.stages == ("ingest",) else ""


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def beyond_the_bmp(subject: Subject) -> None:
    """Emoji and rare ideographs, whose code points lie beyond U+FFFF, are characters like any other.

    They are one code point, two units of UTF-16, and four bytes of UTF-8. Offsets that come out of a library written for Java, JavaScript
    or Windows mostly count UTF-16 units; turn them into code points before you make a span.
    """
    _hold(subject, _put(_BEYOND), "characters beyond U+FFFF")


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def composed_and_decomposed(subject: Subject) -> None:
    """An accented letter may be one code point or two (NFC or NFD), and the text is taken as it is.

    Who normalises a text to find something in it finds it at another offset. Keep a map from the normalised text to the page's, or
    match both forms; offsets always count in the page's own text.
    """
    forms = st.sampled_from(("NFD", "NFC", "NFKD"))
    edits: st.SearchStrategy[_Edit] = st.builds(
        lambda put, form: lambda text: unicodedata.normalize(form, put(text)), _put(_ACCENTS), forms
    )
    _hold(subject, edits, "accented letters of one and of several code points")


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def right_to_left(subject: Subject) -> None:
    """Hebrew and Arabic, and the invisible marks that turn the direction of writing, change no offset.

    A text is in logical order; how it is displayed plays no part. Who takes the marks out (U+200E, U+200F, U+202A to
    U+202E, U+2066 to U+2069) before searching must put every offset right.
    """
    _hold(subject, _put(_RIGHT_TO_LEFT), "right-to-left writing")


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def control_characters(subject: Subject) -> None:
    """NUL, escapes and other characters without a picture neither end a text nor shift it, nor make the document worthless.

    They come with text layers of PDF files, with mails and with terminals' output. Libraries in C take NUL for the end. A document with
    one odd character is still a document: refuse binary files at ingest, not texts.
    """
    _hold(subject, _put(_CONTROLS), "control characters")


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def line_ends(subject: Subject) -> None:
    """Lines end in many ways, and offsets count every one of their characters.

    ``str.splitlines`` also ends lines at U+2028, U+0085, form feeds and others, while a regular expression's ``^`` and ``$`` know ``\\n``
    alone, and ``\\r\\n`` is two characters. So ``len(line) + 1`` is not where the next line begins: use ``splitlines(keepends=True)``, or
    ``re.finditer`` on the whole text.
    """
    edits: st.SearchStrategy[_Edit] = st.sampled_from(_LINE_ENDS).map(lambda end: lambda text: text.replace("\n", end))
    _hold(subject, edits, "other line ends")


@law("behaviour", after=("spans-resolve",), unless=_reads_no_documents)
def blank_pages(subject: Subject) -> None:
    """Pages without a character, or with nothing but blanks, cost nothing.

    The backs of scanned sheets are blank, and so is many a first page. ``page.reading`` may be None, ``page.text`` may be empty, and there
    is neither a first line nor a longest word then.
    """
    blank: st.SearchStrategy[_Edit] = st.sampled_from(("", " ", "\n \t\n", "\u3000\xa0")).map(lambda text: lambda _: text)
    whole: st.SearchStrategy[_Edit] = st.just(lambda text: text)
    _hold(subject, blank | whole, "a blank page among others", pages=(2, 4), odd=_partly_blank)


@law("behaviour", after=("spans-resolve",), unless=_ingests)
def without_pages(subject: Subject) -> None:
    """A document without pages gives a result or a refusal: one of tables only, or a case, which holds other documents.

    Steps after ``.collect()`` get cases: ``document.kind`` is ``"case"``, ``document.pages`` is empty, and what there is stands in
    ``document.members``. Say `Unsupported` where that is nothing to you.
    """
    for stage in _stages(subject):
        inputs = cases_for(subject)
        if not {"pages", *_READ} & set(subject.info.requires):
            inputs |= documents_for(subject, pages=(0, 0))
        subject.forall(inputs, lambda document, stage=stage: _ignore(sound(subject, stage, document)))  # type: ignore[misc]


@law("behaviour", after=("spans-resolve",), unless=_reads_none)
def one_long_line(subject: Subject) -> None:
    """A line of a hundred thousand characters ends in a result or a refusal like any other.

    Texts without line ends come from PDF files, minified files and damaged ones. Regular expressions with repetition inside repetition
    (``(\\w+\\s?)*:``), or that begin with ``.*``, take time that grows with the square of the length or worse, and recursion ends at a
    thousand. Bound what is repeated: ``\\w{1,40}``.
    """
    for stage in _readers(subject):
        for text in _long_lines():
            for given in _some(subject, _inputs(subject, stage, st.just(text), (1, 1)), 1):
                sound(subject, stage, given)


@law("behaviour", after=("spans-resolve",), unless=_reads_no_documents)
def many_pages(subject: Subject) -> None:
    """What is right for three pages is right for fifty.

    Page numbers are numbers: sorted as text, 10 comes before 2. Do not call yourself for the next page, and do not read the whole document
    again for every page.
    """
    inputs = documents_for(subject, st.sampled_from(_bases(subject)), pages=(_PAGES, _PAGES))
    for stage in _stages(subject):
        for document in _some(subject, inputs, 2):
            sound(subject, stage, document)


# -- what is odd, and how it is held ----------------------------------------------------------------------------------


def _put(marks: Sequence[str]) -> st.SearchStrategy[_Edit]:
    """Edits that put a mark before, behind, between or into what is there."""

    def edit(mark: str, where: str, place: int) -> _Edit:
        def into(text: str) -> str:
            at = place % (len(text) + 1)
            return {
                "line before": f"{mark}\n{text}",
                "before": f"{mark} {text}",
                "line behind": f"{text}\n{mark}",
                "behind": f"{text} {mark}",
                "before each line": "\n".join(f"{mark} {line}" for line in text.split("\n")),
                "between words": text.replace(" ", f" {mark} "),
                "anywhere": text[:at] + mark + text[at:],
            }[where]

        return into

    places = ("line before", "before", "line behind", "behind", "before each line", "between words", "anywhere")
    return st.builds(edit, st.sampled_from(marks), st.sampled_from(places), st.integers(0, _LONGEST_BASE))


def _long_lines() -> tuple[str, ...]:
    words = f"{samples.LETTER} ".replace("\n", " ")
    return (
        (words * (_LONG // len(words) + 1))[:_LONG],
        "x" * _LONG,
        "1" * _LONG,
        "a-" * (_LONG // 2),
        "(" * _LONG,
        f"Total:{' ' * _LONG}x",
    )


def _bases(subject: Subject) -> list[str]:
    """Texts that hold something to find: those of the author's documents, of the samples, and a letter."""
    found = [text.content for stage in _stages(subject) for document in subject.own(stage) for text in document.layers.text]  # type: ignore[union-attr]
    return list(dict.fromkeys(text[:_LONGEST_BASE] for text in found if text.strip()))[:10] or [samples.LETTER, samples.TERMS]


def _stages(subject: Subject) -> list[Stage]:
    return [stage for stage in subject.stages if stage != "ingest"]


def _readers(subject: Subject) -> list[Stage]:
    """The stages that are given texts: ingest in files that can hold any."""
    files = any(map(subject.info.accepts, _FILES))
    return [stage for stage in subject.stages if stage != "ingest" or files]


def _inputs(subject: Subject, stage: Stage, texts: st.SearchStrategy[str], pages: tuple[int, int] = (1, 3)) -> st.SearchStrategy[Any]:
    """Documents, or for ingest files, that hold ``texts``."""
    if stage != "ingest":
        return documents_for(subject, texts, pages=pages)
    kinds = [kind for kind in _FILES if subject.info.accepts(kind)]
    return st.builds(file_source, st.sampled_from(kinds), texts)


def _partly_blank(given: Document | Source) -> bool:
    blank = [not page.text.strip() for page in given.pages] if isinstance(given, Document) else []
    return any(blank) and not all(blank)


def _hold(
    subject: Subject,
    edits: st.SearchStrategy[_Edit],
    what: str,
    *,
    pages: tuple[int, int] = (1, 3),
    odd: Callable[[Document | Source], bool] = lambda _: True,
) -> None:
    """Documents whose text is odd get sound answers, and not all of them get nothing where plain ones get something."""
    plain = ordinary_texts().filter(str.strip) | st.sampled_from(_bases(subject))
    texts = st.builds(lambda text, edit: edit(text), plain, edits)
    found_in = []
    for stage in _readers(subject):
        tried: list[Document | Source] = []
        gave = False

        def body(given: Document | Source, stage: Stage = stage, tried: list[Document | Source] = tried) -> None:
            nonlocal gave
            something = gives(sound(subject, stage, given))
            if odd(given):
                tried.append(given)
                gave |= something

        subject.forall(_inputs(subject, stage, texts, pages), body)
        ordinary = _inputs(subject, stage, plain, pages)
        if gave:
            found_in.append(stage)
        elif tried and any(gives(subject.answer(stage, given)) for given in _some(subject, ordinary, len(tried))):
            said = f"{stage} gave something for ordinary texts, but nothing for any of {len(tried)} with {what}"
            raise LawBroken(said, example=tried[-1])
    if not found_in:
        raise NotApplicable("it finds nothing in the kit's texts; give documents=[...] in which it does")


def _some(subject: Subject, inputs: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Inputs of which no smaller ones are looked for, as their size is what they are about."""
    found: list[Any] = []
    subject.forall(inputs, found.append, examples=count)
    return found[:count]


def _ignore(_: object) -> None:
    """For laws that only look at whether an answer is sound."""
