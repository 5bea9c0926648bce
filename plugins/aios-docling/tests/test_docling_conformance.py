"""The component keeps the laws of the conformance kit."""

from __future__ import annotations

from pathlib import Path

from aios_sdk.testing import conformance, samples

REPORT = (Path(__file__).parent / "claim.docling.json").read_bytes()

test_docling = conformance(
    "aios.docling", sources=[samples.Sample(name="report.json", media_type="application/json", data=REPORT).source()], examples=10
)
