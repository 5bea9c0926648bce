"""The section `poison` of `engine.py`: files that hang, crash or eat memory cost the good ones among them next to nothing."""

from __future__ import annotations

import _poison
from _peers import Options
from _programs import cores, ours
from _table import Row, fail

GOOD = 1_000


def poison(options: Options) -> list[Row]:
    """Good texts alone, then the same with ten poisoned ones among them."""
    good = GOOD // 5 if options.quick else GOOD
    workers = cores()
    alone = ours("poison", "--good", good, "--workers", workers)
    among = ours("poison", "--good", good, "--workers", workers, "--bad", *_poison.KINDS)
    bad = sum(_poison.KINDS.values())
    for run, failed in ((alone, 0), (among, bad)):
        if run["right"] != good or run["statuses"] != {key: count for key, count in (("completed", good), ("failed", failed)) if count}:
            fail(f"{good} good and {failed} poisoned files were to end each on its own, and ended: {run}")
    deadlines = _poison.KINDS["hang"] * _poison.DEADLINE / workers
    kinds = ", ".join(f"{count} {kind}" for kind, count in _poison.KINDS.items())
    return [
        Row(
            case=f"{good:,} good files with {bad} that harm ({kinds}), {workers} workers",
            figure=among["seconds"],
            unit="s",
            bar=1.25 * alone["seconds"] + deadlines,
            beside=f"1.25 x {alone['seconds']:.2f} s of the good files alone + {deadlines:.1f} s of deadlines; {_told(among['failures'])}",
        )
    ]


def _told(failures: dict[str, int]) -> str:
    return ", ".join(f"{what} ({count})" for what, count in sorted(failures.items()))
