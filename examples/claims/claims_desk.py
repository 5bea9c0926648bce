"""The claims desk in Python: what is looked for in the documents, and the pipeline that decides each claim.

Run it: ``python examples/claims/claims_desk.py`` prints a line a claim and leaves everything in ``claims.aios``.
"""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, Field

from aios_sdk import Pipeline, Store, attribute, field, label

HERE = Path(__file__).resolve().parent


class Notice(BaseModel):
    """What the claimant tells the desk, in the mail itself."""

    claim_number: str = Field(pattern=r"CLM-\d+")
    policy_number: str
    loss_date: dt.date = Field(title="Date of loss")
    amount_claimed: Decimal = Field(ge=0)


class Invoice(BaseModel):
    """What is read off an invoice that says nothing in XML."""

    number: str = Field(title="Invoice number")
    date: dt.date = Field(title="Invoice date")
    total: Decimal


claims = (
    Pipeline("claims", resolve=["ingest", "extract.notice", "extract.invoice"], base=HERE)
    .ingest()
    .extract("tesseract")
    .classify(
        "lexical", when=attribute("media_type") != "application/xml", config={"taxonomy": "document-kind", "examples": "document-kinds.csv"}
    )
    .extract(
        "fields", name="extract.notice", when=attribute("media_type").isin(["message/rfc822", "text/plain"]), config={"output": Notice}
    )
    .extract(
        "fields",
        name="extract.invoice",
        config={"output": Invoice},
        when=(label("document-kind") == "invoice") & field("total").is_missing() & (attribute("media_type") == "application/pdf"),
    )
    .collect(by="parent")
    .check("rules", config={"rules": "claims.rules.yaml"})
    .summarize("extractive", config={"sentences": 2}, required=False)
    .route("rules", config={"rules": "claims.rules.yaml"})
)


def main() -> None:
    """Decide every claim in the inbox."""
    with Store("claims.aios") as store:
        for outcome in claims.run(HERE / "inbox", store=store):
            route = outcome.route
            print(f"{outcome.name:<26} {route.destination if route else '':<13} {route.reasons[0].text if route else ''}")


if __name__ == "__main__":
    sys.modules.setdefault("claims_desk", sys.modules["__main__"])
    main()
