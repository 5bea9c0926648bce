"""``aios store snapshot``: the copy of the database that readers may hold for as long as they like."""

from __future__ import annotations

import typer

from aios_sdk.store import Store

from ._printing import size
from .store import StorePath


def snapshot(store: StorePath) -> None:
    """Bring the database up to date and copy it to snapshot.duckdb, which is swapped in whole.

    A run does that at its end. Readers who hold the copy before go on reading that one; nobody who folds or records waits for a reader of a
    copy.
    """
    with Store(store, create=False) as opened:
        path = opened.snapshot()
    typer.echo(f"Wrote {path} ({size(path.stat().st_size)})")
