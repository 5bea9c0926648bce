"""The media types that more than one look needs, by the name of the format."""

from __future__ import annotations

from typing import Final

PDF: Final = "application/pdf"
ZIP: Final = "application/zip"
GZIP: Final = "application/gzip"
TAR: Final = "application/x-tar"
RTF: Final = "application/rtf"
XML: Final = "application/xml"
HTML: Final = "text/html"
SVG: Final = "image/svg+xml"
JSON: Final = "application/json"
JSON_LINES: Final = "application/jsonl"
CSV: Final = "text/csv"
TEXT: Final = "text/plain"
MAIL: Final = "message/rfc822"
MBOX: Final = "application/mbox"
OUTLOOK: Final = "application/vnd.ms-outlook"
DOC: Final = "application/msword"
XLS: Final = "application/vnd.ms-excel"
PPT: Final = "application/vnd.ms-powerpoint"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
#: Workbooks as XML of Excel 2002 and 2003, by the name that Apache Tika has for them.
SPREADSHEETML: Final = "application/vnd.ms-spreadsheetml"
OLE: Final = "application/x-ole-storage"
UNKNOWN: Final = "application/octet-stream"
FOLDER: Final = "inode/directory"

#: Formats that are a ZIP, or an OLE file, with something in it; a damaged one is told by its name.
IN_ZIP: Final = frozenset(
    (
        DOCX, PPTX, XLSX, XLSB, "application/epub+zip", "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet", "application/vnd.oasis.opendocument.presentation",
    )
)  # fmt: skip
IN_OLE: Final = frozenset((DOC, XLS, PPT, OUTLOOK))
