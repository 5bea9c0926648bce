"""What the store costs: durable records, folding beside readers, and questions to ten million lineage rows; beside floors."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _store_rows import Options
from _table import Row, benchmark, sections

SECTIONS = ("journal", "fold", "large")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")
    parser.add_argument("--rows", type=int, metavar="N", help="rows of the large store; default: 10 million")
    parser.add_argument("--store", type=Path, metavar="DIR", help="keep the large store here, and use it when it is there")


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    options = Options(quick, given.rows or (100_000 if quick else 10_000_000), given.store)
    asked = [name for name in SECTIONS if name in (given.only or SECTIONS)]
    return sections("store", asked, lambda section: section(options))


if __name__ == "__main__":
    sys.exit(benchmark("The store", main, arguments))
