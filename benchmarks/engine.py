"""What the engine costs and holds: document-steps, memory, OCR, PDF and files that hang or crash, beside floors and peers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _peers import Options, Peers, cache
from _table import Row, benchmark, sections

SECTIONS = ("steps", "memory", "ocr", "pdf", "poison")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")
    parser.add_argument("--attempts", type=int, metavar="N", help="attempts in the store of the last rerun of steps; default: 10 million")
    parser.add_argument("--without-peers", action="store_true", help="measure the engine and its floors only")
    where = "where the environments of the peers are kept; default: %(default)s"
    parser.add_argument("--peers", type=Path, metavar="DIR", default=cache(), help=where)


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    attempts = given.attempts or (100_000 if quick else 10_000_000)
    options = Options(quick, Peers(None if given.without_peers else given.peers.absolute()), attempts)
    asked = [name for name in SECTIONS if name in (given.only or SECTIONS)]
    return sections("engine", asked, lambda section: section(options))


if __name__ == "__main__":
    sys.exit(benchmark("The engine", main, arguments))
