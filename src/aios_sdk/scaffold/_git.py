"""The git commands that an update needs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, final

from aios_sdk.errors import UsageError

#: Where git says within a hook that it is; they would lead to another repository than the folder's own.
_PLACES: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
#: Commits that nobody keeps need an author too.
_AUTHOR: Final = {f"GIT_{who}_{what}": "aios-sdk" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@final
class Repository:
    """The git repository that holds ``folder``. Raises `UsageError` when there is no git, no repository or no commit.

    Attributes:
        top: its working tree; prefix: the path of ``folder`` within it, empty or ending in a slash.
    """

    def __init__(self, folder: Path) -> None:
        if shutil.which("git") is None:
            raise UsageError("git is not installed", cause="An update merges the new skeleton with your edits, by git", fix="Install git")
        self.top: Path = folder
        commit = "git init && git add -A && git commit -m 'The skeleton'"
        found = self._run("rev-parse", "--show-toplevel", "--show-prefix")
        if found.returncode:
            raise UsageError(
                f"{str(folder)!r} is in no git repository",
                cause=f"An update merges the new skeleton with your edits, and git says: {found.stderr.strip()}",
                fix=f"Commit it first: {commit}",
            )
        top, _, self.prefix = found.stdout.rstrip("\n").partition("\n")
        self.top = Path(top)
        head = self._run("rev-parse", "--verify", "--quiet", "HEAD")
        if head.returncode:
            raise UsageError(f"{top!r} has no commit yet", fix=f"Commit it first: {commit}")
        self._no_blob: Final = "0" * len(head.stdout.strip())

    def changes(self) -> list[str]:
        """Tracked files that differ from the last commit, or are staged."""
        return [line[3:] for line in self("status", "--porcelain", "--untracked-files=no").splitlines()]

    def commit(self, files: Mapping[str, bytes], message: str, *, scratch: Path, parent: str = "") -> str:
        """A commit of no branch: the last one with ``files`` in place of all that is below ``prefix``; its id."""
        index = {"GIT_INDEX_FILE": str(scratch / "index")}
        self("read-tree", "HEAD", environment=index)
        gone = [f"0 {self._no_blob}\t{path}" for path in self._tracked(index)]
        there = [f"100644 {blob}\t{self.prefix}{path}" for path, blob in self._blobs(files, scratch)]
        self("update-index", "-z", "--index-info", given="".join(f"{line}\0" for line in [*gone, *there]), environment=index)
        tree = self("write-tree", environment=index).strip()
        return self("commit-tree", tree, "-m", message, "-p", parent or "HEAD").strip()

    def _tracked(self, index: Mapping[str, str]) -> list[str]:
        listed = self("ls-files", "-z", "--", f":(top,literal){self.prefix}", environment=index)
        return [path for path in listed.split("\0") if path]

    def _blobs(self, files: Mapping[str, bytes], scratch: Path) -> Iterable[tuple[str, str]]:
        places = []
        for number, content in enumerate(files.values()):
            places.append(scratch / str(number))
            places[-1].write_bytes(content)
        given = "".join(f"{place}\n" for place in places)
        return zip(files, self("hash-object", "-w", "--no-filters", "--stdin-paths", given=given).split(), strict=True)

    def pick(self, commit: str) -> None:
        """Merge what ``commit`` changed into the working tree and the index. Raises `UsageError` when git does not even begin."""
        picked = self._run("cherry-pick", "--no-commit", commit)
        if picked.returncode and not self.conflicts():
            raise UsageError(f"git does not merge the skeleton: {picked.stderr.strip()}", fix="Do as git says, then run this again")

    def conflicts(self) -> list[str]:
        """Files in which both sides changed the same lines."""
        return [path for path in self("diff", "--name-only", "--diff-filter=U", "-z").split("\0") if path]

    def staged(self) -> list[str]:
        """Files that differ from the last commit, without conflicts."""
        return [path for path in self("diff", "--cached", "--name-only", "--diff-filter=u", "-z").split("\0") if path]

    def __call__(self, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None) -> str:
        done = self._run(*arguments, given=given, environment=environment)
        if done.returncode:
            raise UsageError(f"git {arguments[0]} failed: {done.stderr.strip()}", fix="See whether `git status` works here")
        return done.stdout

    def _run(self, *arguments: str, given: str = "", environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if name not in _PLACES}
        return subprocess.run(
            ["git", *arguments],
            cwd=self.top,
            env={**kept, **_AUTHOR, "LC_ALL": "C.UTF-8", **(environment or {})},
            input=given,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
