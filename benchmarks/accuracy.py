"""How right values and classes are, on documents of sources that nothing was learnt from."""

from __future__ import annotations

import argparse
import importlib
import sys

from _table import Row, benchmark

#: Each with a module ``_accuracy_NAME`` and a function of that name in it.
SECTIONS = ("receipts", "invoices", "intents", "tickets", "spam", "pages", "calibration", "embeddings", "together")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    rows: list[Row] = []
    for section in SECTIONS:
        if section in (given.only or SECTIONS):
            print(f"measuring {section}", file=sys.stderr, flush=True)
            module = importlib.import_module(f"_accuracy_{section}")  # of a section that is not asked for nothing is needed
            try:
                rows += getattr(module, section)(quick, given)
            except SystemExit as error:  # the other sections are worth their rows all the same
                rows.append(Row(case=section, figure=None, unit="", invalid=str(error).removeprefix("benchmark invalid: ")))
    return rows


if __name__ == "__main__":
    sys.exit(benchmark("Accuracy", main, arguments))
