"""What the tests ask for; in a module of its own, because other processes import it by its name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class Line(BaseModel):
    what: str
    quantity: int
    total: Decimal


class Party(BaseModel):
    name: str
    city: str | None = None


class Invoice(BaseModel):
    """An invoice."""

    number: Annotated[str, Field(pattern=r"^RE-\d+$", description="as printed")]
    date: dt.date
    total: Decimal | None = None
    paid: bool | None = None
    kind: Literal["invoice", "credit note"] | None = None
    seller: Party | None = None
    lines: list[Line] = []


#: A document, and a model's answer about it.
TEXT = """\
Glas & Rahmen
GmbH, Wien \U0001fa9f

Rechnung RE-7 vom 14.03.2026
Fenster 5 mm   2   1.000,00
Glas           2     190,00
Summe:         1.190,00 EUR
"""
WHOLE: dict[str, Any] = {
    "number": {"value": "RE-7", "quote": "Rechnung RE-7"},
    "date": {"value": "2026-03-14", "quote": "vom 14.03.2026"},
    "total": {"value": "1190.00", "quote": "Summe: 1.190,00 EUR"},
    "paid": None,
    "kind": {"value": "invoice", "quote": "Rechnung"},
    "seller": {"name": {"value": "Glas & Rahmen GmbH", "quote": "Glas & Rahmen GmbH"}, "city": {"value": "Wien", "quote": "Wien"}},
    "lines": [
        {
            "what": {"value": "Fenster 5 mm", "quote": "Fenster 5 mm"},
            "quantity": {"value": 2, "quote": "2"},
            "total": {"value": "1000.00", "quote": "1.000,00"},
        },
        {
            "what": {"value": "Glas", "quote": "Glas"},
            "quantity": {"value": 2, "quote": "2"},
            "total": {"value": "190.00", "quote": "190,00"},
        },
    ],
}
