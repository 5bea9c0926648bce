"""What the conformance tests look for; in a module of its own, because the kit's other processes import it by its name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel


class Invoice(BaseModel):
    number: str
    date: dt.date
    total: Decimal


class Party(BaseModel):
    name: str | None = None
    iban: str | None = None


class Work(BaseModel):
    Leistung: str
    Anzahl: int
    Betrag: Decimal


class Repair(BaseModel):
    invoice_no: int
    workshop: Party
    customer: str
    kind: Literal["repair", "total loss"] = "repair"
    due: dt.date | None = None
    works: list[Work] = []
