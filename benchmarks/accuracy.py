"""How right values and classes are, on documents of sources that nothing was learnt from."""

from __future__ import annotations

import argparse
import sys

from _table import Row, benchmark, sections

#: Each with a module ``_accuracy_NAME`` and a function of that name in it.
SECTIONS = ("receipts", "invoices", "intents", "tickets", "spam", "pages", "calibration", "embeddings", "together")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    asked = [name for name in SECTIONS if name in (given.only or SECTIONS)]
    return sections("accuracy", asked, lambda section: section(quick, given))


if __name__ == "__main__":
    sys.exit(benchmark("Accuracy", main, arguments))
