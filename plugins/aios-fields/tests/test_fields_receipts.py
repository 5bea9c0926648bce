"""How well a tagger does on real receipts of companies that it has not seen; a coarse guard, `benchmarks/accuracy.py` measures."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

from aios_fields import Fields
from pydantic import BaseModel

from aios_sdk import Document, Example, PageInfo, PageText
from aios_sdk.testing import fakes

LEARNED, MEASURED = 24, 20


class Receipt(BaseModel):
    company: str
    total: Decimal


def letters(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def receipts(data: Path) -> list[Example]:
    """A receipt of each company, with its lines from top to bottom and without boxes."""
    found: dict[str, Example] = {}
    for key in sorted((data / "key").glob("*.json")):
        told = json.loads(key.read_text(encoding="utf-8"))
        rows = [row.split(",", 8) for row in (data / "box" / f"{key.stem}.csv").read_text(encoding="utf-8", errors="replace").splitlines()]
        lines = [row[8] for row in sorted((row for row in rows if len(row) == 9), key=lambda row: int(row[1]))]
        document = Document.of(pages=(PageInfo(index=0),), text=(PageText(page=0, content="\n".join(lines)),))
        fields = {"company": told["company"], "total": Decimal(re.sub(r"[^\d.-]", "", told["total"]))}
        found.setdefault(letters(told["company"])[:6], Example(document=document, fields=fields, source=told["company"]))
    return list(found.values())


def test_companies_and_totals_are_found_on_receipts_of_other_companies(corpora, tmp_path):
    examples = receipts(corpora / "receipts" / "zzzDavid+ICDAR-2019-SROIE" / "data")
    learned, measured = examples[:LEARNED], examples[LEARNED : LEARNED + MEASURED]
    Fields(Fields.Config(output=Receipt)).train(learned, tmp_path)
    config = Fields.Config.model_validate({"output": Receipt, "model": tmp_path})
    component = Fields(config)
    component.open(fakes.resources(models={config.model: tmp_path}))
    right = {"company": 0, "total": 0}
    for example in measured:
        for field in component.extract(example.document).fields:
            truth = example.fields.get(field.path)
            right[field.path] = right.get(field.path, 0) + (
                letters(field.value) == letters(truth) if isinstance(truth, str) else field.value == truth
            )
    assert right["company"] >= 0.6 * MEASURED
    assert right["total"] >= 0.7 * MEASURED
