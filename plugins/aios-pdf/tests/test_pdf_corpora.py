"""Real e-invoices against their truth, and every PDF there is to an outcome."""

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from aios_pdf import EInvoice, Pdf

from aios_sdk import Context, Document, Source

#: Paths in the files of CII, in which no two of these elements share a name; read by another parser than ours.
TRUTH = {
    "number": ".//{*}ExchangedDocument/{*}ID", "date": ".//{*}IssueDateTime/{*}DateTimeString", "currency": ".//{*}InvoiceCurrencyCode",
    "net": ".//{*}TaxBasisTotalAmount", "tax": ".//{*}TaxTotalAmount", "total": ".//{*}GrandTotalAmount", "due": ".//{*}DuePayableAmount",
    "seller.name": ".//{*}SellerTradeParty/{*}Name", "buyer.name": ".//{*}BuyerTradeParty/{*}Name",
}  # fmt: skip
#: Ingests files under a limit of memory and prints how each ended; what is neither a result nor a typed error ends with an exit code.
ALL_FILES = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
from aios_sdk import Context, Document, Source, StepError
from aios_pdf import Pdf
for path in sys.argv[1:]:
    try:
        context = Context(run="run", step="ingest", scratch=Path("."))
        document, *children = Pdf(Pdf.Config()).ingest(Source(name=path, path=path), context)
        assert document.layers.pages
        for text, words in zip(document.layers.text, document.layers.words, strict=True):
            assert [word.text for word in words.iterate(text)] == text.content.split()
        print("result")
    except StepError as error:
        print(error.category)
"""


@pytest.fixture(scope="session")
def invoices(corpora: Path) -> Path:
    return corpora / "invoices" / "ZUGFeRD+corpus" / "XML-Rechnung"


def truth_of(path: Path) -> dict[str, Any]:
    root = ElementTree.parse(path).getroot()
    values: dict[str, Any] = {name: (root.findtext(where) or "").strip() for name, where in TRUTH.items()}
    values["date"] = dt.datetime.strptime(values["date"], "%Y%m%d").date()
    return {name: Decimal(value) if name in ("net", "tax", "total", "due") else value for name, value in values.items()}


def read(path: Path, context: Context) -> Document:
    source = Source(name=path.name, path=str(path))
    found = Pdf(Pdf.Config()).ingest(source, context) if path.suffix == ".pdf" else EInvoice(EInvoice.Config()).ingest(source)
    document = next(iter(found))
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize(("folder", "ending"), [("CII", ".cii.xml"), ("UBL", ".ubl.xml"), ("FX", ".pdf")])
def test_every_e_invoice_gives_the_values_of_its_truth(invoices, context, folder, ending):
    names = sorted(path.name.removesuffix(".cii.xml") for path in (invoices / "CII").glob("*.cii.xml"))
    assert len(names) == 20
    for name in names:
        document = read(invoices / folder / f"{name}{ending}", context)
        expected = truth_of(invoices / "CII" / f"{name}.cii.xml")
        assert {path: document.fields[path].value for path in expected} == expected, name


def test_what_invoices_print_is_found_on_their_pages(invoices, context):
    for path in sorted((invoices / "FX").glob("*.pdf")):
        document = read(path, context)
        printed = {field.path for field in document.layers.fields if len(field.spans) == 2 and field.spans[0].box}
        assert printed >= TRUTH.keys(), path.name
        for field in document.layers.fields:
            for span in field.spans[:-1]:
                assert document.pages[span.page].text[span.start : span.end] == span.quote


def test_every_pdf_ends_in_a_result_or_a_typed_error_within_its_limits(corpora, tmp_path):
    files = sorted(str(path.absolute()) for path in corpora.rglob("*.pdf"))
    ran = subprocess.run([sys.executable, "-c", ALL_FILES, *files], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stderr[-2000:]
    outcomes = dict(zip(files, ran.stdout.split(), strict=True))
    assert set(outcomes.values()) <= {"result", "malformed", "encrypted", "limit", "unsupported"}
    assert {outcome for path, outcome in outcomes.items() if "hostile" not in path and "password" not in path} == {"result"}
