"""The section `invoices` of `reading.py`: e-invoices from their XML, alone and in PDFs, and from pictures of their pages alone."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.etree import ElementTree

from _corpora import folder
from _programs import ours
from _table import Row

#: Where the values stand in the files of CII, in which no two of these elements share a name; read by another parser than ours.
TRUTH = {
    "number": ".//{*}ExchangedDocument/{*}ID",
    "date": ".//{*}IssueDateTime/{*}DateTimeString",
    "currency": ".//{*}InvoiceCurrencyCode",
    "net": ".//{*}TaxBasisTotalAmount",
    "tax": ".//{*}TaxTotalAmount",
    "total": ".//{*}GrandTotalAmount",
    "seller": ".//{*}SellerTradeParty/{*}Name",
}
_IN_XML = {"seller": "seller.name"}


def invoices(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    place = folder("invoices") / "ZUGFeRD+corpus" / "XML-Rechnung"
    names = sorted(path.name.removesuffix(".cii.xml") for path in (place / "CII").glob("*.cii.xml"))[: 3 if quick else None]
    truth = {name: truth_of(place / "CII" / f"{name}.cii.xml") for name in names}
    forms = {"CII alone": "CII/{}.cii.xml", "UBL alone": "UBL/{}.ubl.xml", "CII in a PDF": "FX/{}.pdf"}
    files = {form: {str(place / where.format(name)): name for name in names} for form, where in forms.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump([file for of_form in files.values() for file in of_form], listed)
        listed.flush()
        found = ours("invoices", listed.name)
    rows = []
    for form, of_form in files.items():
        read = {name: found["xml"].get(file, {}) for file, name in of_form.items()}
        right, wrong = compared(read, truth, lambda path: _IN_XML.get(path, path))
        case = f"e-invoices, {form}: values of {len(truth)} files that are right, of {right + len(wrong)}"
        rows.append(Row(case=case, figure=right, unit="values", bar=right + len(wrong), at_least=True, beside="; ".join(wrong[:5])))
    pages = {name: found["pages"].get(file, {}) for file, name in files["CII in a PDF"].items()}
    right, wrong = compared(pages, truth, lambda path: path)
    by_path = {path: sum(item.endswith(f": {path}") for item in wrong) for path in TRUTH}
    beside = ", ".join(f"{path} {len(truth) - missed}/{len(truth)}" for path, missed in by_path.items())
    case = f"e-invoices, pictures of their pages: values that are right, of {right + len(wrong)}"
    rows.append(Row(case=case, figure=right, unit="values", beside=beside))
    return rows


def truth_of(path: Path) -> dict[str, str]:
    """The values of one file."""
    root = ElementTree.parse(path).getroot()
    return {name: (root.findtext(where) or "").strip() for name, where in TRUTH.items()}


def compared(
    found: Mapping[str, Mapping[str, str]], truth: Mapping[str, Mapping[str, str]], called: Callable[[str], str]
) -> tuple[int, list[str]]:
    """How many values are right, and which are not: dates as dates, amounts as numbers, texts in letters and digits alone."""
    wrong = [
        f"{name}: {path}"
        for name, values in truth.items()
        for path, value in values.items()
        if plain(found[name].get(called(path), "")) != plain(value)
    ]
    return sum(map(len, truth.values())) - len(wrong), wrong


def plain(value: str) -> str:
    """A value as it is compared."""
    for form in ("%Y%m%d", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(value, form).date().isoformat()
        except ValueError:
            continue
    try:
        return str(Decimal(value).normalize())
    except InvalidOperation:
        return re.sub(r"[\W_]", "", value).upper()
