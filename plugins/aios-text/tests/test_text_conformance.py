"""The components keep the laws of the conformance kit."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from aios_sdk import Alternative, Classification, Document, Label, PageInfo, PageText
from aios_sdk.testing import conformance, samples

KINDS = {
    "invoice": [
        "Invoice, total amount due, please pay by bank transfer",
        "Rechnung, Gesamtbetrag in EUR, zahlbar bis",
        "Tax invoice, VAT, net",
    ],
    "claim": ["I want to report a claim, our car was hit", "Schadenmeldung: Wasser lief in den Keller", "policy, damage, accident, loss"],
    "letter": ["Dear Sirs, thank you for your kind letter", "Mit freundlichen Grüßen an Ihre Familie", "yours faithfully, happy new year"],
}
NOTICE = """\
Dear Sirs,

on 3 March my car was hit from the left at the crossing of Mill Lane. Nobody was hurt \U0001f697. The other driver, Mr. J. Groß of
Königsallee 7, has admitted it. The police have been there (file no. 4711/26).

The bumper and the left door have to be replaced. I enclose the invoice of the garage, which comes to 471.30 EUR. Please transfer the
amount to my account. The policy number is P-2026-0042.

Yours faithfully,
Maria Lindqvist
"""


def packet(text: str) -> Document:
    """A PDF whose pages form feeds part."""
    pages = tuple(PageInfo(index=index, width=595, height=842) for index in range(text.count("\f") + 1))
    texts = tuple(PageText(page=index, content=content) for index, content in enumerate(text.split("\f")))
    return replace(Document.of(pages=pages, text=texts), id="packet", media_type="application/pdf", name="packet.pdf")


DOCUMENTS = [samples.text(NOTICE).document(), samples.mail().document(), samples.pdf().document()]

test_lexical = conformance("aios.lexical", config={"examples": KINDS}, documents=DOCUMENTS, examples=3)
test_lexical_from_a_file = conformance(
    "aios.lexical",
    config={"taxonomy": "mail-kind", "examples": str(Path(__file__).parent / "kinds.csv"), "threshold": 0.0, "top": 1},
    documents=DOCUMENTS,
    tier="contract",
    examples=5,
)
test_language = conformance("aios.language", documents=DOCUMENTS, examples=3)
test_language_of_few = conformance(
    "aios.language", config={"languages": ["en", "de"], "threshold": 0.0}, documents=DOCUMENTS, tier="contract", examples=5
)
PACKET = "\f".join([NOTICE, "Invoice 4711\n3 March 2026\nPage 1 of 2\n", "Total 471.30 EUR\nPage 2 of 2\n", "PATCH T", NOTICE])
test_page_roles = conformance("aios.page-roles", documents=[samples.pdf().document(), packet(PACKET)], examples=3)
test_page_roles_of_ones_own = conformance(
    "aios.page-roles",
    config={"taxonomy": "part", "separators": ["^-+$"], "first": ["invoice"], "next": ["page 2"]},
    documents=[packet(PACKET)],
    tier="contract",
    examples=5,
)
test_extractive = conformance("aios.extractive", documents=DOCUMENTS, examples=10)
test_extractive_in_few_words = conformance(
    "aios.extractive", config={"sentences": 5, "max_words": 20}, documents=DOCUMENTS, tier="behaviour", examples=5
)


def labelled() -> list[Document]:
    first = Label(taxonomy="document-kind", value="letter", confidence=0.7, alternatives=(Alternative("claim", 0.3),))
    second = Label(taxonomy="document-kind", abstained=True, alternatives=(Alternative("claim", 0.4), Alternative("letter", 0.35)))
    return [document.add("one", Classification(labels=(first,))).add("two", Classification(labels=(second,))) for document in DOCUMENTS]


test_vote = conformance("aios.vote", documents=labelled, tier="behaviour", examples=5)
