"""Languages of documents and pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from aios_text import Language

from aios_sdk import Document, PageInfo, PageText, Region, Resources, Unsupported

ENGLISH = "Dear Sirs, please find the invoice for the repair of our van attached to this mail. We are happy to help."
GERMAN = "Sehr geehrte Damen und Herren, anbei finden Sie die Rechnung für die Reparatur. Wir freuen uns auf Ihre Antwort."


@pytest.fixture(scope="module")
def language():
    code = Language(Language.Config())
    code.open(Resources(scratch=Path("unused")))
    yield code
    code.close()


def document(*pages, regions=()):
    texts = tuple(PageText(page=index, content=page) for index, page in enumerate(pages))
    found = tuple(Region.of(texts[0], kind, start, end) for kind, start, end in regions)
    return Document.of(pages=tuple(PageInfo(index=index) for index in range(len(pages))), text=texts, regions=found)


def labels(code, *pages, **options):
    return [(label.page, label.value) for label in code.classify(document(*pages, **options)).labels]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Veuillez trouver ci-joint la facture de la réparation de notre voiture.", "fr"),
        ("Adjunto encontrará la factura de la reparación de nuestro coche. Muchas gracias.", "es"),
        ("W załączeniu przesyłamy fakturę za naprawę naszego samochodu.", "pl"),
        ("お見積りを送付します。よろしくお願いします。", "ja"),
        ("您好，请查收附件中的发票，谢谢。", "zh"),
        ("Уважаемые господа, направляем вам счёт на оплату ремонта автомобиля.", "ru"),
        ("See https://example.org/rechnung/und/angebot or write to info@example.org: we are happy to help you with the repair.", "en"),
    ],
)
def test_the_language_of_a_text_is_told(language, text, value):
    (whole, page) = language.classify(document(text)).labels
    assert (whole.taxonomy, whole.value, whole.page, page.value, page.page) == ("language", value, None, value, 0)
    assert whole.confidence is not None
    assert 0.7 <= whole.confidence <= 1


@pytest.mark.parametrize("text", ["Hello", "12 34", "471102 EUR 50.00", "x", "(" * 99, f"{ENGLISH} {GERMAN}"])
def test_what_is_short_or_mixed_gets_no_label(language, text):
    whole, _ = language.classify(document(text)).labels
    assert whole.abstained
    assert text != f"{ENGLISH} {GERMAN}" or {other.value for other in whole.alternatives[:2]} == {"en", "de"}


def test_each_page_has_its_own_and_a_blank_one_none(language):
    assert labels(language, ENGLISH, " ", GERMAN, GERMAN * 3) == [(None, "de"), (0, "en"), (2, "de"), (3, "de")]


def test_code_headers_and_footers_do_not_count(language):
    assert labels(language, f"{GERMAN}\n{ENGLISH}", regions=[("footer", 0, len(GERMAN))])[0] == (None, "en")
    assert labels(language, GERMAN, regions=[("footer", 0, len(GERMAN))])[0] == (None, "de")  # there is nothing else


def test_few_languages_make_short_texts_tell():
    code = Language(Language.Config(languages=("en", "de")))
    code.open(Resources(scratch=Path("unused")))
    assert labels(code, "Rechnung und Gutschrift")[0] == (None, "de")
    assert Language.provides(code.config).labels == {"language": ("en", "de")}


def test_the_same_text_gives_the_same_labels(language):
    assert language.classify(document(ENGLISH)) == language.classify(document(ENGLISH))


def test_a_document_without_text_is_not_its_own(language):
    with pytest.raises(Unsupported):
        language.classify(document(" "))
