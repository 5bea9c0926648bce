"""Samples that hold their text as text: plain, HTML, XML, JSON and PDF."""

from __future__ import annotations

import html as markup
import json as notation
from functools import lru_cache
from typing import Final

from ._paper import Paper
from ._pdf import write_pdf
from ._sample import Sample

#: A letter as it comes to a claims desk; plain ASCII, so that every sample can show it.
LETTER: Final = """\
Hagen Auto Repair Ltd
12 Mill Lane, Norwich

Invoice 471102
Date: 2026-03-14
Customer: Maria Lindqvist

Dear Ms Lindqvist,
your car was repaired after the accident of 3 March.

Front bumper 310.00 EUR
Paint and labour 161.30 EUR
Total: 471.30 EUR

Please pay to DE89 3704 0044 0532 0130 00 by 28 March 2026.
Questions: office@hagen-repair.example, +44 1603 555 010
"""

#: What stands on the second page of samples that have one.
TERMS: Final = """\
Terms of payment

Invoices are due within 14 days.
Claims number: C-2026-0042
"""

#: Writing beyond ASCII: umlauts, both forms of one letter (NFC, NFD), right to left, beyond the BMP, and a ligature.
WORLD: Final = """\
Rechnung für Jürgen Groß, Königsallee 7
Caf\u00e9 and Cafe\u0301 are one word in two forms.
\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd, \u0645\u0631\u062d\u0628\u0627
Paid \U0001f4b6 471,30 € by \U00020bb7\U00028b40, \ufb01nally.
"""


@lru_cache(maxsize=16)
def text(content: str = LETTER, *, encoding: str = "utf-8", name: str = "letter.txt") -> Sample:
    """A plain text of one page.

    Raises ``UnicodeEncodeError`` for what ``encoding`` lacks. Example::

        samples.text().text.startswith("Hagen Auto Repair")
    """
    return Sample(name=name, media_type="text/plain", data=content.encode(encoding), papers=(_unsized(content),))


@lru_cache(maxsize=16)
def html(content: str = LETTER) -> Sample:
    """A web page: a paragraph for each line of ``content``, with a script and a style whose text is not the page's."""
    lines = "\n".join(f"<p>{markup.escape(line)}</p>" for line in content.splitlines() if line.strip())
    page = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Letter</title>\n'
        f"<style>p {{ margin: 0 }}</style></head>\n<body>\n{lines}\n<script>var hidden = 1;</script>\n</body></html>\n"
    )
    shown = "\n".join(line for line in content.splitlines() if line.strip())
    return Sample(name="letter.html", media_type="text/html", data=page.encode(), papers=(_unsized(shown),))


@lru_cache(maxsize=16)
def xml() -> Sample:
    """A small XML document; its text is the file itself."""
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<claim number="C-2026-0042">\n  <holder>Maria Lindqvist</holder>\n'
        '  <amount currency="EUR">471.30</amount>\n</claim>\n'
    )
    return Sample(name="claim.xml", media_type="application/xml", data=content.encode(), papers=(_unsized(content),))


@lru_cache(maxsize=16)
def json() -> Sample:
    """A small JSON object; its text is the file itself."""
    content = notation.dumps({"claim": "C-2026-0042", "holder": "Maria Lindqvist", "amount": 471.3}, indent=2) + "\n"
    return Sample(name="claim.json", media_type="application/json", data=content.encode(), papers=(_unsized(content),))


@lru_cache(maxsize=16)
def pdf(*contents: str) -> Sample:
    """A PDF with a text layer, a page for each of ``contents`` (ASCII; by default a letter and its terms).

    Lines that are too long for the page are broken in the file, and not in the truth. Example::

        samples.pdf().words[0][0].box       # where 'Hagen' is printed on the first page
    """
    papers = tuple(Paper.of(content, index=index) for index, content in enumerate(contents or (LETTER, TERMS)))
    return Sample(name="letter.pdf", media_type="application/pdf", data=write_pdf(papers), papers=papers)


def _unsized(content: str) -> Paper:
    return Paper.of(content, size=(0.0, 0.0))
