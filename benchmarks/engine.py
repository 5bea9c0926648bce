"""What the engine costs and holds: document-steps, memory, OCR, PDF and files that hang or crash, beside floors and peers."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from _peers import Peers
from _table import Row, benchmark

SECTIONS = ("steps", "memory", "ocr", "pdf", "poison")


def options(parser: argparse.ArgumentParser) -> None:
    """What this benchmark takes beside the options of all."""
    parser.add_argument("--only", choices=SECTIONS, action="append", help="measure this section; may be given several times")
    parser.add_argument("--without-peers", action="store_true", help="measure the engine and its floors only")
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", default=_cache(), help="where the environments of the peers are kept: %(default)s"
    )


def main(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The sections asked for, one after the other."""
    peers = Peers(None if given.without_peers else given.peers)
    rows: list[Row] = []
    for section in SECTIONS:
        if section in (given.only or SECTIONS):
            module = __import__(f"_engine_{section}")  # of a section that is not asked for, nothing is needed
            rows += getattr(module, section)(quick, peers)
    return rows


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or ("~/Library/Caches" if sys.platform == "darwin" else "~/.cache")
    return Path(home).expanduser() / "aios-sdk" / "peers"


if __name__ == "__main__":
    sys.exit(benchmark("The engine", main, options))
