"""A program that runs the pipeline of `_components` and tells each outcome: ``python -m tests.faults._run INBOX STORE``."""

from __future__ import annotations

import sys
from pathlib import Path

from aios_sdk import Store
from tests.faults._components import pipeline, registry


def _main(inbox: str, path: str) -> None:
    with Store(path) as store:
        for outcome in pipeline().run(sorted(Path(inbox).iterdir()), store=store, registry=registry(), workers=2, progress=False):
            sys.stdout.write(f"{outcome.name} {outcome.status}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
