"""What a page is drawn of, by kind: every part of the reader that looks at paths or pictures takes them from one walk over the page."""

from __future__ import annotations

from itertools import repeat
from typing import Any, Final, NamedTuple

import pypdfium2.raw as pdfium

#: More objects than this are a drawing, and not looked at.
_MOST: Final = 20_000


class Objects(NamedTuple):
    """Handles of page objects of PDFium: paths, images, and forms, which hold objects of their own."""

    paths: list[Any]
    images: list[Any]
    forms: list[Any]


def objects_on(page: Any) -> Objects:
    """The objects of the PDFium page handle ``page``."""
    return _by_kind(pdfium.FPDFPage_GetObject, page, pdfium.FPDFPage_CountObjects(page), _MOST)


def objects_in(form: Any, most: int) -> Objects:
    """The objects of a form, none of one that has more than ``most``."""
    return _by_kind(pdfium.FPDFFormObj_GetObject, form, pdfium.FPDFFormObj_CountObjects(form), most)


def _by_kind(item: Any, holder: Any, count: int, most: int) -> Objects:
    found = Objects([], [], [])
    if not 0 < count <= most:
        return found
    kinds = {pdfium.FPDF_PAGEOBJ_PATH: found.paths, pdfium.FPDF_PAGEOBJ_IMAGE: found.images, pdfium.FPDF_PAGEOBJ_FORM: found.forms}
    for each in map(item, repeat(holder), range(count)):
        kind = kinds.get(pdfium.FPDFPageObj_GetType(each))
        if kind is not None:
            kind.append(each)
    return found
