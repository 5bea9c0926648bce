"""Receipts of shops that do not exist, for the tests of the tagger; in a module of its own, because other processes import it."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from aios_sdk import Box, Document, Example, PageInfo, PageText, Words

NAMES = (
    "Mira Foods Ltd;Oak Tools Sdn Bhd;Lumen Books GmbH;Corner Cafe;Delta Hardware Ltd;"
    "Nori Kitchen;Tulip Flowers BV;Gamma Motors Ltd;Pine Bakery;Sol Market"
)
STREETS = (
    "12 Mill Lane;NO.7, JALAN SETIA 4;Hauptstrasse 9;41 High Street;Lot 3, Taman Maju;"
    "88 Park Avenue;5 Dam Square;17 Station Road;2 Elm Street;9 Quay"
)
PLACES = (
    "40300 Shah Alam;10115 Berlin;52100 Kuala Lumpur;80331 Munich;43200 Cheras;"
    "10400 Penang;1012 Amsterdam;47400 Petaling Jaya;81750 Masai;20095 Hamburg"
)


class Receipt(BaseModel):
    """What is sought; no label names the shop or its address."""

    shop: str
    address: str
    paid: Decimal
    policy_number: str | None = None


def page(*lines: str) -> Document:
    """A page with these lines; two blanks part its cells."""
    text = PageText(page=0, content="\n".join(lines))
    places, position = [], 0
    for number, line in enumerate(lines):
        start = 0
        for word in line.split(" "):
            if word:
                left, top = 0.1 + 0.012 * start, 0.05 + 0.03 * number
                places.append(
                    (position + start, position + start + len(word), Box.of(left, top, left + 0.012 * len(word), top + 0.018), None)
                )
            start += len(word) + 1
        position += len(line) + 1
    return Document.of(pages=(PageInfo(index=0, width=600, height=800),), text=(text,), words=(Words.build(text, places),))


def receipt(number: int) -> Example:
    """Receipt ``number``; each tenth is of the same shop."""
    shop, street, place = (listed.split(";")[(number + 3 * shift) % 10] for shift, listed in enumerate((NAMES, STREETS, PLACES)))
    prices = [Decimal(150 + 37 * number + 11 * item) / 100 for item in range(2 + number % 3)]
    paid, given = sum(prices, Decimal(0)), Decimal(50)
    lines = [
        *(["Welcome"] if number % 3 == 0 else []),
        f"{shop.upper()} ({4000 + number}-X)",
        f"{street},",
        place,
        f"Tel: 03-{5000 + number} 1234",
        f"Date: {1 + number % 28:02}/03/2024",
        *(f"Item {item}  {price}" for item, price in enumerate(prices)),
        f"{'Total' if number % 2 else 'To pay'}  {paid}",
        f"Cash  {given}.00",
        f"Change  {given - paid}",
        "Thank you",
    ]
    return Example(document=page(*lines), fields={"shop": shop, "address": f"{street}, {place}", "paid": paid}, source=shop)
