"""Names of companies and lines of addresses, by their form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ._currencies import CURRENCIES
from ._values import Reading
from ._words import label_key

#: What companies are by law, as it follows their names.
_FORMS: Final = (
    r"g?GmbH(?:\s*&\s*Co\.?\s*(?:KGaA|KG|OHG)?)?|UG(?:\s*\(haftungsbeschränkt\))?|AG(?:\s*&\s*Co\.?\s*(?:KGaA|KG))?|KGaA|KG|OHG|GbR|PartG(?:\s*mbB)?|"
    r"e\.\s?K\.|e\.\s?Kfm\.|e\.\s?Kfr\.|e\.\s?V\.|eG|a\.\s?G\.|mbH|SE|"
    r"Ltd\.?|LTD\.?|Limited|LIMITED|LLC|L\.L\.C\.|LLP|Inc\.?|INC\.?|Incorporated|Corp\.?|Corporation|PLC|plc|Pty\.?\s+Ltd\.?|P(?:vt|te)\.?\s+L(?:td\.?|imited)|"
    r"(?:SDN\.?\s*)?BHD\.?|(?:Sdn\.?\s*)?Bhd\.?|BERHAD|Berhad|S/B|"
    r"SARL|S\.A\.R\.L\.?|S\.?à\.?\s?r\.?l\.?|SASU?|S\.A\.S\.?(?:U\.)?|EURL|E\.U\.R\.L\.?|SNC|SCI|SA|S\.A\.?|"
    r"B\.\s?V\.?|BV|N\.\s?V\.?|NV|V\.?O\.?F\.?|"
    r"S\.\s?L\.\s?(?:U\.)?|SLU?|S\.A\.U\.|S\.?\s?Coop\.?|"
    r"S\.\s?r\.\s?l\.(?:s\.)?|S\.R\.L\.|SRLS?|Srl|S\.\s?p\.\s?A\.|S\.P\.A\.|SpA|SPA|S\.n\.c\.|S\.a\.s\.|"
    r"Oyj?|AB|ASA?|ApS|A/S|s\.\s?r\.\s?o\.|a\.\s?s\.|[Ss]p\.\s?z\s?o\.\s?o\.|Kft\.?|Zrt\.?|d\.\s?o\.\s?o\.|Lda\.?"
)
FORM: Final = re.compile(
    rf"(?<=[\w.&)’'\"] )(?:{_FORMS})"
    r"(?=$|\s*[,;|(•·–—\t]|\s+-|\s+\d{4,}-?[A-Z]\b|\s+(?:au capital|à capital|capital|mit Sitz|Sitz|con sede|met zetel))"
    r"|(?<=, )(?:Inc|LLC|Ltd|Corp|S\.L(?:\.U)?|S\.A(?:\.U)?|B\.V|GmbH|AG)\.?(?!\w)"
)
_FORM_ALONE: Final = re.compile(rf"(?:{_FORMS})(?!\w)\W*")
_SEPARATOR: Final = re.compile(r"\s+[-–—|•·*]\s+|\s*[|•·;]\s*|\s{2,}|,\s+(?=.*\d)")
_TITLES: Final = (
    "invoice|tax invoice|bill|receipt|payment receipt|statement|credit note|proforma|pro forma|quote|order|original|copy|duplicate|page|"
    "rechnung|gutschrift|quittung|beleg|lieferschein|angebot|mahnung|rechnungskorrektur|kopie|seite|"
    "facture|avoir|reçu|devis|facture proforma|duplicata|factuur|creditnota|offerte|bon|pagina|factura|recibo|abono|presupuesto|página|"
    "fattura|ricevuta|nota di credito|preventivo|parcella|copia|cash sale|cash bill|simplified tax invoice|factura simplificada"
)
_TITLE_KEYS: Final = frozenset(label_key(title) for title in _TITLES.split("|"))
_TITLE_AT_END: Final = re.compile(rf"\s+(?:{_TITLES})\W*$|^(?:{_TITLES})\s+(?:from|by|von|de|van|di)\s+", re.IGNORECASE)
_SALUTATIONS: Final = "herr|herrn|frau|firma|familie|mr|mrs|ms|messrs|m|mme|monsieur|madame|sr|sra|señor|señora|sig|signora|dhr|mevr"
_NO_NAMES: Final = frozenset((*CURRENCIES, *_SALUTATIONS.split("|")))
_LETTERS: Final = re.compile(r"[^\W\d_]{2}")
_NO_NAME: Final = re.compile(
    r"(?i:https?:|www\.)|@|\d{1,2}[./]\d{1,2}[./]\d{2,4}|[€$£¥₹%=<>{}\[\]_]|:\s|:$|\?$|!$|^[-+–•*(]|"
    r"\b(?:Tel|Fax|Phone|Email|E-Mail|Seite|Page|Pagina|page)\b"
)
_SENTENCE: Final = re.compile(
    r"\b(?:the|your|you|this|for|with|is|are|we|our|please|thank|bitte|wir|Sie|Ihre[rnms]?|für|mit|und die|ist|sind|vielen|nous|vous|votre|"
    r"pour|merci|est|uw|voor|wij|deze|su|por|gracias|para|la presente|vostro|grazie)\b|"
    r"(?i:\b(?:thank you|please|your|are|not|vielen dank)\b)"
)
_LONGEST, _MOST_WORDS, _FEWEST_LETTERS = 70, 9, 0.6

#: A postcode with its town, as a line of an address has it.
POSTCODE: Final = re.compile(
    # 12345 Town, D-12345 Town, 3012 CN Town
    r"(?<![\w/.-])(?:[A-Z]{1,3}[- ]{1,3})?(?:\d{4,5}(?: ?[A-Z]{2})?|\d{3} \d{2}|\d{2}-\d{3})\s+[A-ZÄÖÜÉÈÀ][\w'’.-]{2,}"
    r"|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-Z]{2},? \d{5}(?:-\d{4})?\b|\b\w{3,}[ ,-]+\d{6}\b"  # United Kingdom, United States, India
)
#: A street with a number, in either order.
STREET: Final = re.compile(
    r"[^\W\d_]{3,}[.,]?\s+\d{1,4}\s?[a-zA-Z]?(?:\s?[-/]\s?\d+)?(?:\s*$|,|\s+-|\t|\s+[|•·])|^\s*\d{1,4}(?:bis|ter|[A-Z])?,?\s+[^\W\d_]{2,}|"
    r"(?i:\b(?:street|road|avenue|ave|lane|blvd|drive|suite|floor|rue|place|chemin|boulevard|stra(?:ß|ss|R)e|str\.|weg|platz|allee|laan|straat|"
    r"plein|calle|avda|plaza|paseo|via|viale|piazza|corso|jalan|taman)\b)"
)
#: What a company says about itself, and not about its customers.
CONTACT: Final = re.compile(
    r"(?i)\b(?:tel|fax|telefon|phone|téléphone|telefoon|teléfono|telefono|iban|bic|swift|ust|ustid|steuer|vat|tva|btw|p\.?\s?iva|partita|cif|nif|"
    r"gstin?|abn|siret|siren|rcs|ape|naf|capital|kvk|hrb|hra|registergericht|amtsgericht|handelsregister\w*|geschäftsführ\w*|vorstand|"
    r"registered|registro mercantil|rea|cap\. soc)\b|www\.|@|https?:"
)
BANK: Final = re.compile(r"(?i)\b(?:\w*bank|\w*sparkasse|banque|banco|banca|caisse|crédit|raiffeisen\w*|volksbank)\b")


def without_form(name: str) -> str:
    """Letters and digits of a name without what the company is by law, in lower case."""
    return label_key(FORM.sub("", name)) or label_key(name)


def names(text: str) -> Iterator[Reading]:
    """The name that ``text`` begins with, if it is one: of a person or company, without what follows it on the same line.

    Example::

        next(names("Muster GmbH - Musterstr. 1 - 12345 Stadt")).value == "Muster GmbH"
    """
    lead = len(text) - len(text.lstrip(" \t:.,;#-–|'\"“”„©"))
    part = text[lead:].partition("\t")[0]
    form = next((match for match in FORM.finditer(part) if not _continues(part, match.end())), None)
    parted = _SEPARATOR.search(part)
    end = (
        form.end()
        if form and (parted is None or form.start() <= parted.start() or "," in parted[0])
        else parted.start()
        if parted
        else len(part)
    )
    name = part[:end].rstrip(" ,;|-–'\"“”")
    title = _TITLE_AT_END.search(name)
    offset = 0
    if title:
        offset, name = (title.end(), name[title.end() :]) if title.start() == 0 else (0, name[: title.start()])
    if form is None and name.endswith(":"):
        return
    if is_name(name, formed=form is not None):
        start = lead + offset
        yield Reading(start, start + len(name), " ".join(name.split()), 0.95 if form else 0.8)


def begins_with_form(text: str) -> bool:
    """Whether ``text`` begins with what a company is by law, so that what stands before it is a name."""
    return bool(_FORM_ALONE.match(text.lstrip()))


def is_name(text: str, *, formed: bool = False) -> bool:
    """Whether ``text`` can be a name; ``formed`` is one that says what the company is by law."""
    letters = sum(char.isalpha() for char in text)
    return (
        bool(_LETTERS.search(text))
        and len(text) <= _LONGEST
        and len(text.split()) <= _MOST_WORDS
        and not _FORM_ALONE.fullmatch(text)
        and not _NO_NAME.search(text)
        and label_key(text) not in _TITLE_KEYS
        and text.casefold().rstrip(".") not in _NO_NAMES
        and (formed or (letters >= _FEWEST_LETTERS * len(text.replace(" ", "")) and not _SENTENCE.search(text)))
        and (formed or not (POSTCODE.search(text) or (STREET.search(text) and any(char.isdigit() for char in text))))
    )


def _continues(text: str, end: int) -> bool:
    """Whether another form follows the one that ends at ``end``, as in "GmbH & Co. KG"."""
    return bool(re.match(r"\s*(?:&|und|and)\s", text[end:]))
