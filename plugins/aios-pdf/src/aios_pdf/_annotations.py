"""What is laid over a page: links, and the fields of a form with what was filled in."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import pypdfium2.raw as pdfium
from aios_layout import Link

from aios_sdk import Box

from ._glyphs import Frame, Rect

#: More annotations on a page than this are not looked at.
_MOST: Final = 5_000

FieldKind: TypeAlias = Literal["text", "checkbox", "radio", "choice"]
_KINDS: Final[dict[int, FieldKind]] = {
    pdfium.FPDF_FORMFIELD_TEXTFIELD: "text",
    pdfium.FPDF_FORMFIELD_CHECKBOX: "checkbox",
    pdfium.FPDF_FORMFIELD_RADIOBUTTON: "radio",
    pdfium.FPDF_FORMFIELD_COMBOBOX: "choice",
    pdfium.FPDF_FORMFIELD_LISTBOX: "choice",
}


#: Annotations that show text on the page itself.
_WRITTEN: Final = (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP)


class Widget(NamedTuple):
    """One place of a field of a form: its full name, its kind, the values that were filled in or chosen, and where it lies.

    ``values`` of a box to tick are what it stands for, if it is ticked.
    """

    name: str
    kind: FieldKind
    values: tuple[str, ...]
    box: Box


class Overlay(NamedTuple):
    """The links and the form fields of a page, in the order of the file, and whether text may be ``written`` over it: in form fields,
    as notes typed onto the page, or as stamps."""

    links: tuple[Link, ...] = ()
    widgets: tuple[Widget, ...] = ()
    written: bool = False


def overlay_of(document: Any, page: Any, form: Any, frame: Frame) -> Overlay:
    """The links and form fields of the PDFium page handle ``page``; ``form`` is the form environment of its document, or None."""
    links: list[Link] = []
    widgets: list[Widget] = []
    written = False
    for index in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if not annotation:
            continue
        try:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            written = written or kind in _WRITTEN
            if kind not in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_WIDGET):
                continue
            box = _box(annotation, frame)
            if box is None:
                continue
            if kind == pdfium.FPDF_ANNOT_LINK:
                if target := _target(document, annotation):
                    links.append(Link(box, target))
            elif form is not None and (widget := _widget(form, annotation, box)):
                widgets.append(widget)
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
    return Overlay(tuple(links), tuple(widgets), written)


def utf16(read: Callable[[Any, int], int]) -> str:
    """A string that PDFium writes as UTF-16 with a zero at the end, into a buffer of a given length in bytes."""
    length = read(None, 0)
    buffer = ctypes.create_string_buffer(length + 2)
    # A pointer, because PDFium's prototypes ask for 16-bit units in some places and for any bytes in others.
    read(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    return buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")


def _box(annotation: Any, frame: Frame) -> Box | None:
    rect = pdfium.FS_RECTF()
    if not pdfium.FPDFAnnot_GetRect(annotation, ctypes.byref(rect)):
        return None
    xs, ys = sorted((rect.left, rect.right)), sorted((rect.bottom, rect.top))
    box = frame.box(Rect(xs[0], ys[0], xs[1], ys[1]))
    return None if box is None else Box.of(*box)


def _target(document: Any, annotation: Any) -> str:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if action and pdfium.FPDFAction_GetType(action) == pdfium.PDFACTION_URI:
        length = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
        buffer = ctypes.create_string_buffer(length + 1)
        pdfium.FPDFAction_GetURIPath(document, action, buffer, length)
        return buffer.value.decode("utf-8", "replace").strip()
    place = pdfium.FPDFLink_GetDest(document, link) if link else None
    if not place and action:
        place = pdfium.FPDFAction_GetDest(document, action)
    page = pdfium.FPDFDest_GetDestPageIndex(document, place) if place else -1
    return f"#page={page + 1}" if page >= 0 else ""


def _widget(form: Any, annotation: Any, box: Box) -> Widget | None:
    kind = _KINDS.get(pdfium.FPDFAnnot_GetFormFieldType(form, annotation))
    name = _text(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
    if kind is None or not name:
        return None
    return Widget(name, kind, tuple(value for value in _values(kind, form, annotation) if value.strip()), box)


def _values(kind: FieldKind, form: Any, annotation: Any) -> Iterator[str]:
    if kind in ("checkbox", "radio"):
        if pdfium.FPDFAnnot_IsChecked(form, annotation):
            yield _text(pdfium.FPDFAnnot_GetFormFieldExportValue, form, annotation) or "On"
        return
    chosen = []
    if kind == "choice":
        for index in range(min(pdfium.FPDFAnnot_GetOptionCount(form, annotation), _MOST)):
            if pdfium.FPDFAnnot_IsOptionSelected(form, annotation, index):
                chosen.append(_option(form, annotation, index))
    if chosen:
        yield from chosen
    else:  # text, or what was typed into a box that also offers choices
        yield _text(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation).replace("\r\n", "\n").replace("\r", "\n")


def _option(form: Any, annotation: Any, index: int) -> str:
    return utf16(lambda buffer, length: pdfium.FPDFAnnot_GetOptionLabel(form, annotation, index, buffer, length))


def _text(read: Callable[[Any, Any, Any, int], int], form: Any, annotation: Any) -> str:
    return utf16(lambda buffer, length: read(form, annotation, buffer, length))
