"""Samples of tables: a CSV and a workbook with the same rows."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from decimal import Decimal
from functools import lru_cache
from typing import Final
from xml.sax.saxutils import escape

from ._sample import Sample, SampleTable

_WHEN: Final = (2026, 3, 14, 9, 26, 53)

#: Repairs as a garage lists them, with a cell that is empty and one that holds a comma and quotes.
REPAIRS: Final = SampleTable(
    "repairs",
    (("number", "BIGINT"), ("customer", "VARCHAR"), ("date", "DATE"), ("total", "DECIMAL(18,2)")),
    (
        (471101, "Groß, Jürgen", dt.date(2026, 3, 2), Decimal("89.90")),
        (471102, "Lindqvist, Maria", dt.date(2026, 3, 14), Decimal("471.30")),
        (471103, 'The "Blue" Garage', dt.date(2026, 2, 28), Decimal("1250.00")),
        (471104, None, dt.date(2025, 12, 31), Decimal("0.05")),
    ),
)


@lru_cache(maxsize=16)
def table(truth: SampleTable = REPAIRS) -> Sample:
    """A CSV in UTF-8 with a header line.

    Example::

        samples.table().tables[0].rows[1][3] == Decimal("471.30")
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([name for name, _ in truth.columns])
    writer.writerows([["" if value is None else str(value) for value in row] for row in truth.rows])
    return Sample(name=f"{truth.name}.csv", media_type="text/csv", data=file.getvalue().encode(), tables=(truth,))


@lru_cache(maxsize=16)
def workbook(truth: SampleTable = REPAIRS) -> Sample:
    """An Excel workbook of one sheet (Office Open XML, ECMA-376) with the numbers as numbers and the dates as dates."""
    rows = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in ([name for name, _ in truth.columns], *truth.rows))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    packaged = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{packaged}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(
            f'<Override PartName="/xl/{part}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'
            for part, kind in (("workbook", "sheet.main"), ("sheet1", "worksheet"), ("styles", "styles"))
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{packaged}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        f'<sheet name="{escape(truth.name)}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{packaged}/relationships">'
        f'<Relationship Id="r1" Type="{relations}/worksheet" Target="sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{relations}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _WHEN), '<?xml version="1.0" encoding="UTF-8"?>\n' + content)
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Sample(name=f"{truth.name}.xlsx", media_type=media_type, data=file.getvalue(), tables=(truth,))


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, dt.date):
        return f'<c s="1"><v>{(value - dt.date(1899, 12, 30)).days}</v></c>'  # days since the beginning of Excel's calendar
    if isinstance(value, int | Decimal):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
