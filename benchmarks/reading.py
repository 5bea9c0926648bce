"""How well and how fast documents are read, beside other readers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _peers import Peers, cache
from _table import Row, benchmark, sections

SECTIONS = ("files", "places", "invoices", "ocr", "tables", "scans", "splitting")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")
    parser.add_argument("--without-peers", action="store_true", help="measure ourselves only")
    where = "where the environments of the peers are kept; default: %(default)s"
    parser.add_argument("--peers", type=Path, metavar="DIR", default=cache(), help=where)
    parser.add_argument("--pages", type=int, metavar="N", help="how many receipts to read; default: 60")
    parser.add_argument("--half", choices=("tune", "test"), default="test", help="of the receipts' companies; default: %(default)s")


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    given.peers = Peers(None if given.without_peers else given.peers.absolute())
    asked = [name for name in SECTIONS if name in (given.only or SECTIONS)]
    return sections("reading", asked, lambda section: section(quick, given))


if __name__ == "__main__":
    sys.exit(benchmark("Reading", main, arguments))
