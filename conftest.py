"""What `make test` leaves to the long form: the laws that take longest ask one component of each plugin."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

#: Laws of the conformance kit that take most of the time, because they start processes or open or call a component again and again.
_LONG = {
    "calls-let-go",
    "close-lets-go",
    "deadline-far-off",
    "deadline-passed",
    "deterministic-across-processes",
    "importing-is-light",
    "instances-share-nothing",
    "listing-imports-nothing",
    "manifest-equals-code",
    "memory-stays-flat",
    "opens-again",
    "remembers-nothing",
    "replays",
    "runs-in-a-pipeline",
    "same-elsewhere",
    "scratch-may-vanish",
    "two-threads-at-once",
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as soak all but one component of each plugin for each of these laws, not the same component for every law."""
    groups: dict[tuple[Path, str], list[pytest.Item]] = {}
    for item in items:
        law = getattr(item, "callspec", None) and item.callspec.params.get("law")  # type: ignore[attr-defined]  # items of functions have it
        place = item.path.relative_to(config.rootpath).parts if item.path.is_relative_to(config.rootpath) else ()
        if law in _LONG and place[:1] in (("plugins",), ("contrib",)):
            groups.setdefault((Path(*place[:2]), law), []).append(item)
    for (_, law), alike in groups.items():
        kept = alike[crc32(law.encode()) % len(alike)]
        for item in alike:
            if item is not kept:
                item.add_marker(pytest.mark.soak)
