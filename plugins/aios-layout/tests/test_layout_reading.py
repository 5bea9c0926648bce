"""A scan in a pipeline: read by tesseract, its table found, and rows of it as documents."""

from aios_sdk import Pipeline, Store
from aios_sdk.formats import to_markdown

ROWS = [("Item", "Count", "Price"), ("Window pane", "2", "120.50"), ("Putty", "7", "8.75"), ("Work of two men", "6", "390.00")]


def test_a_scanned_table_is_a_table_of_the_store(sheet, tmp_path):
    page = sheet(200)
    page.write(40, 40, "Statement of costs", size=16)
    page.write(40, 70, "The storm of Friday broke the front window.")
    page.table(ROWS, (40, 200, 280, 380), 100)
    page.turned(1).picture.save(tmp_path / "scan.png", dpi=(200, 200))
    scans = Pipeline("scans").ingest().extract("tesseract", timeout=60).extract("layout")
    with Store(tmp_path / "scans.aios") as store:
        (outcome,) = scans.run(tmp_path / "scan.png", store=store, progress=False)
        assert outcome.status == "completed"
        assert "| Window pane | 2 | 120.50 |" in to_markdown(outcome.document)
        assert store.sql("select row_count from tables").fetchall() == [(3,)]
