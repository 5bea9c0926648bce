"""The components keep the laws of the conformance kit."""

from __future__ import annotations

from aios_sdk import Source
from aios_sdk.testing import conformance, samples

PAGE = """<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Angebot \U0001f4b6</title></head><body>
<nav><a href="/">Start</a></nav><h1>Rechnung</h1><p>Über <b>471,30 €</b>, <a href="/agb">AGB</a></p>
<ol><li>Tür<li>Fenster</ol><table><tr><th>Teil<th>Preis<tr><td>Tür<td>200.00<tr><td>Fenster<td>271.30</table>
<img src="data:image/png;base64,iVBORw0KGgo=" alt="Skizze"><footer>Impressum</footer></body></html>"""
NOTE = "---\ntitle: Note\n---\n# Schäden\n\n- Tür\n- Fenster\n\n| Teil | Preis |\n|---|---|\n| Tür | 200.00 |\n\n```\ncode\n```\n"


def source(name: str, media_type: str, text: str) -> Source:
    return samples.Sample(name=name, media_type=media_type, data=text.encode()).source()


test_html = conformance("aios.html", sources=[source("offer.html", "text/html", PAGE)], examples=3)
test_html_main_only = conformance(
    "aios.html", config={"main_only": True}, sources=[source("offer.html", "text/html", PAGE)], tier="contract", examples=5
)
test_markdown = conformance("aios.markdown", sources=[source("note.md", "text/markdown", NOTE)], examples=3)
