"""The database made anew from the journal, and swapped in: after something was erased, and for a store of an older schema."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ..errors import StoreVersion
from ._connect import DATABASE, SNAPSHOT
from ._fold import NEW, create_database, database_errors, fold_all, install, remove_database, snapshot_locked
from ._layout import Layout, read_layout, write_layout
from ._locks import fold_lock
from ._schema import SCHEMA_VERSION

# Seconds that opening a store of an older schema waits for those who fold it.
_PATIENCE: Final = 60.0


def ready(directory: Path, layout: Layout) -> Layout:
    """The layout of a store that has the present schema: if ``layout`` says an older one, its database is made anew from the journal.

    The journal stays as it is. May be killed at any moment: ``store.json`` says so last. Raises `StoreVersion` where this user may not
    write, `JournalCorrupt` for a damaged journal, `StoreBusy` while others fold; the store is then as it was.
    """
    if layout.schema == SCHEMA_VERSION:
        return layout
    if not os.access(directory, os.W_OK):
        raise StoreVersion(
            f"The store {str(directory)!r} has an older schema, and cannot be brought to version {SCHEMA_VERSION} here",
            cause="This user may not write there, or the medium is read-only",
            fix="Copy the store to where you may write, and open the copy",
        )
    with fold_lock(directory, _PATIENCE):
        layout = read_layout(directory)
        if layout.schema < SCHEMA_VERSION:  # else another process was first
            renew_locked(directory)
            layout = write_layout(directory, replace(layout, schema=SCHEMA_VERSION))
    return layout


def renew_locked(directory: Path, *more: Path) -> None:
    """Make the database, and the snapshot if there is one, from the journals and those below ``more``. The caller holds the fold lock.

    Whoever has the former database open goes on reading that. Raises what `fold` raises; then the former one stays.
    """
    new = directory / NEW
    with database_errors(directory, f"The database of {directory} cannot be made anew"):
        create_database(new)
        try:
            for journal in (directory / "journal", *more):
                fold_all(new, journal, timeout=0.0)
            install(new, directory / DATABASE)
        finally:
            remove_database(new)
        if (directory / SNAPSHOT).exists():
            snapshot_locked(directory, timeout=_PATIENCE)
