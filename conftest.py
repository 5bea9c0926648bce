"""What `make test` leaves to the long form: of laws that start other processes, one component of a plugin is asked each."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import pytest

#: Laws of the conformance kit that take half a second and more for a component, because they start processes or call it hundreds of times.
_LONG = {
    "close-lets-go",
    "deterministic-across-processes",
    "instances-share-nothing",
    "listing-imports-nothing",
    "manifest-equals-code",
    "memory-stays-flat",
    "replays",
    "runs-in-a-pipeline",
    "same-elsewhere",
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
