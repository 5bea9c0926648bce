"""Bringing a skeleton forward: what changed between two templates is merged into a project, beside its author's edits."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path
from typing import final

import msgspec

from aios_sdk.errors import UsageError
from aios_sdk.plugins._build import until_next_major

from ._git import Repository
from ._skeleton import SKELETON_FILE, Skeleton, check_names
from ._template import latest, render


@final
class Updated(msgspec.Struct, frozen=True, kw_only=True):
    """What an update did: the skeletons before and after, the files that changed, and those with a conflict to be settled by hand.

    Paths are relative to the repository. ``after`` equals ``before`` when there was nothing to do.
    """

    before: Skeleton
    after: Skeleton
    changed: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def update(folder: Path) -> Updated:
    """Merge the newest template into the project in ``folder``, made by `create`; the author looks at it and commits.

    The merge is git's, with three sides: the skeleton as it was made, as it is made now, and the project. So edits stay, files that
    were renamed or deleted stay so, and where both sides changed the same lines the file holds both, between git's marks.

    Raises `UsageError` when there is no skeleton or git repository, or when changes are not committed.
    """
    before = read(folder)
    after = msgspec.structs.replace(before, template=latest(), sdk=until_next_major())
    files = render(before)
    if after == before:
        return Updated(before=before, after=after)
    repository = Repository(folder)
    if changes := repository.changes():
        raise UsageError(
            f"{len(changes)} file{'s are' if len(changes) > 1 else ' is'} not committed, such as {changes[0]!r}",
            cause="What an update changes could not be told from your own changes",
            fix="Commit or stash them, then run this again",
        )
    with tempfile.TemporaryDirectory(prefix="aios-update-") as scratch:
        place = Path(scratch)
        base = repository.commit(files, f"The skeleton of aios-sdk {before.template}", scratch=place)
        new = repository.commit(render(after), f"The skeleton of aios-sdk {after.template}", scratch=place, parent=base)
        repository.pick(new)
    return Updated(before=before, after=after, changed=tuple(repository.staged()), conflicts=tuple(repository.conflicts()))


def read(folder: Path) -> Skeleton:
    """What the skeleton in ``folder`` was made from. Raises `UsageError` when that is not to be found or not to be read."""
    path = folder / SKELETON_FILE
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Skeleton)
    except FileNotFoundError:
        raise UsageError(
            f"There is no {SKELETON_FILE} in {str(folder)!r}",
            cause="`aios plugin new` writes it; this folder was made otherwise, or is not the project's own",
            fix="Run this in the folder that holds pyproject.toml",
        ) from None
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error}", fix="Take it back from git; nobody needs to edit it") from error
    check_names(found)
    return found
