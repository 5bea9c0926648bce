"""``python -m tests.contract``: what the contract still needs. ``... freeze``: write it down for this version. ``... wheel``: build the
plugin whose wheel is kept with it."""

from __future__ import annotations

import sys

from aios_sdk import __version__

from ._changes import CHANGELOG, CHANGES, FROZEN, Change, baseline, differences, entries, problems, released, unentered
from ._dump import contract, text
from ._wheel import build


def main(arguments: list[str]) -> int:
    """Run one of the commands; 1 when something is to be done first."""
    out = __version__ in released(CHANGELOG.read_text(encoding="utf-8"))
    if arguments == ["freeze"]:
        return _freeze(out)
    if arguments == ["wheel"]:
        if out:
            return _say(f"{__version__} is released: its wheel stays as it is")
        return _say(f"{build(__version__)} is written", 0)
    if arguments:
        return _say(__doc__ or "")
    base = baseline()
    said = problems(base, contract(), _entries())
    return _say("\n\n".join(said) or f"The contract is that of {base.version}, with what changes.toml names", bool(said))


def _freeze(out: bool) -> int:
    path = FROZEN / f"{__version__}.json"
    if out:
        return _say(f"{__version__} is released: {path.name} stays as it is")
    if any(FROZEN.glob("*.json")):
        base = baseline()
        if unentered(differences(base.parts, contract()), _entries(), base.version):
            return _say("\n\n".join(problems(base, contract(), _entries())))
    path.write_text(text(contract()), encoding="utf-8")
    return _say(f"{path} is written", 0)


def _entries() -> tuple[Change, ...]:
    return entries(CHANGES.read_text(encoding="utf-8"))


def _say(what: str, code: int = 1) -> int:
    print(what)  # noqa: T201
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
