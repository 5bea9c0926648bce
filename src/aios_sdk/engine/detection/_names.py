"""What names promise, and where the bytes are something else."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from . import _types as types

#: Kinds of text, which have no signature: text bytes under such a name are of this kind.
_TEXTS: Final = {
    types.TEXT: ".txt .text .log .asc",
    types.CSV: ".csv",
    "text/tab-separated-values": ".tsv .tab",
    "text/markdown": ".md .markdown .mdown",
    types.JSON: ".json",
    types.JSON_LINES: ".jsonl .ndjson",
    "application/yaml": ".yaml .yml",
    types.XML: ".xml .xsd .xsl .xslt",
    types.HTML: ".html .htm .xhtml .xht .shtml",
    types.SVG: ".svg",
    types.SPREADSHEETML: "",  # it has the names of other formats: .xml and .xls
    types.MAIL: ".eml .mht .mhtml",
    types.MBOX: ".mbox .mbx",
    "application/x-tex": ".tex .latex",
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
    "text/asciidoc": ".asciidoc .adoc",
    "text/x-rst": ".rst",
    "text/org": ".org",
    "text/x-python": ".py",
    "text/css": ".css",
    "text/javascript": ".js .mjs",
    "text/calendar": ".ics .vcs",
    "text/vcard": ".vcf",
}
#: Kinds of bytes that are no text.
_BINARIES: Final = {
    types.PDF: ".pdf",
    types.DOC: ".doc .dot",
    types.XLS: ".xls .xlt .xla",
    types.PPT: ".ppt .pps .pot",
    types.DOCX: ".docx .docm .dotx .dotm",
    types.XLSX: ".xlsx .xlsm .xltx .xltm .xlam",
    types.PPTX: ".pptx .pptm .ppsx .ppsm .potx .potm",
    types.XLSB: ".xlsb",
    types.RTF: ".rtf",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.text-template": ".ott",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.spreadsheet-template": ".ots",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.presentation-template": ".otp",
    "application/vnd.oasis.opendocument.graphics": ".odg",
    "application/epub+zip": ".epub",
    types.OUTLOOK: ".msg .oft",
    "application/vnd.ms-tnef": ".tnef",
    "application/pkcs7-signature": ".p7s",
    "application/pkcs7-mime": ".p7m",
    "application/vnd.apache.parquet": ".parquet",
    "image/png": ".png .apng",
    "image/jpeg": ".jpg .jpeg .jpe .jfif",
    "image/tiff": ".tif .tiff",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/bmp": ".bmp .dib",
    "image/heic": ".heic .heif",
    "image/avif": ".avif",
    "image/jp2": ".jp2 .j2k .jpx .jpf .j2c",
    types.ZIP: ".zip",
    types.GZIP: ".gz .tgz .gzip",
    types.TAR: ".tar",
    "application/x-bzip2": ".bz2 .tbz .tbz2",
    "application/x-xz": ".xz .txz",
    "application/zstd": ".zst",
    "application/x-7z-compressed": ".7z",
    "application/vnd.rar": ".rar",
}
_BY_NAME: Final = {suffix: kind for table in (_TEXTS, _BINARIES) for kind, suffixes in table.items() for suffix in suffixes.split()}
#: What senders call them besides.
_ALIASES: Final = {
    "text/xml": types.XML,
    "application/xhtml+xml": types.HTML,
    "application/csv": types.CSV,
    "text/json": types.JSON,
    "application/x-pdf": types.PDF,
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/tif": "image/tiff",
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "text/rtf": types.RTF,
    "application/x-rtf": types.RTF,
    "application/x-zip-compressed": types.ZIP,
    "application/x-zip": types.ZIP,
    "application/x-gzip": types.GZIP,
    "application/x-bzip": "application/x-bzip2",
    "application/ms-tnef": "application/vnd.ms-tnef",
    "application/x-msg": types.OUTLOOK,
    "application/x-pkcs7-signature": "application/pkcs7-signature",
    "application/x-pkcs7-mime": "application/pkcs7-mime",
}
_SAYS_NOTHING: Final = frozenset(("", types.UNKNOWN, "binary/octet-stream", "application/force-download", "application/x-download"))
#: A kind of which others are kinds too: whoever promises the first kept the promise with any of the second.
_WIDER: Final = {
    types.XML: frozenset((types.HTML, types.SVG, types.SPREADSHEETML)),
    types.HTML: frozenset((types.XML,)),
    types.MAIL: frozenset((types.MBOX,)),
    types.MBOX: frozenset((types.MAIL,)),
}


def promised(name: str) -> str:
    """The media type that a file name ends in; empty when it says none."""
    suffix = name[name.rfind(".") :].lower()
    return _BY_NAME.get(suffix, "") if name.rpartition("/")[2][: -len(suffix)].strip(".") else ""  # a name of dots is none


@lru_cache(256)
def declared(media_type: str) -> str:
    """The media type that a sender gave, under its usual name; empty when it says nothing."""
    media_type = media_type.partition(";")[0].strip().lower()
    return "" if media_type in _SAYS_NOTHING else _ALIASES.get(media_type, media_type)


def is_text(media_type: str) -> bool:
    """Whether a type is written as text, so that bytes that are no text cannot be of it."""
    return media_type in _TEXTS or media_type.startswith(("text/", "message/")) or media_type.endswith(("+xml", "+json"))


def is_binary(media_type: str) -> bool:
    """Whether a type is known not to be text, so that a text cannot be of it."""
    return media_type in _BINARIES


def disagreement(name: str, sender: str, media_type: str) -> str:
    """The media type that ``name`` promises, or else the ``sender`` declared, where the bytes are of another; empty where they agree.

    A name that says text is right about every kind of text. Example::

        disagreement("invoice.pdf", "application/pdf", "image/png") == "application/pdf"
    """
    said, sent = promised(name), declared(sender)
    if is_text(said) and sent == media_type:
        return ""  # text bytes leave it open which kind they are, and the sender said
    said = said or sent
    if not said or said in (types.FOLDER, media_type) or media_type in _WIDER.get(said, ()):
        return ""
    if said == types.TEXT and is_text(media_type):
        return ""
    return said
