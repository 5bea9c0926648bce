"""A component in a process of its own, for laws that cannot look at this one: what importing does, memory, hash seeds.

A function that is to run there is called as ``function(summons, **arguments)`` and returns something that can be pickled.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import pickle
import shutil
import signal
import site
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import reduce
from pathlib import Path
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from aios_sdk.plugins import Entry, Policy, Registry

from ._law import LawBroken, NotApplicable
from ._subject import Subject

#: Seconds that such a process may take; importing the heaviest libraries on a slow disk takes a minute.
_LIMIT: Final = 300.0

_found: Final[WeakKeyDictionary[Subject, dict[Any, Any]]] = WeakKeyDictionary()


class Summons(NamedTuple):
    """What the other process knows of the component: its ``id`` and where its code is (``module:Name``).

    ``place`` is the folder of its distribution's metadata, empty for a class or function; ``prepared`` are the arguments of `Subject`,
    not yet unpickled, for that may import the component.
    """

    id: str
    object: str
    place: str
    prepared: bytes

    @property
    def module(self) -> str:
        """The module that holds its code."""
        return self.object.partition(":")[0]

    def registry(self) -> Registry:
        """A registry that finds it, if it is installed; imports nothing of it."""
        return Registry.discover(Policy(), [self.place, *sys.path] if self.place else None)

    def subject(self, **changes: Any) -> Subject:
        """The component on trial as in the process that asked, with ``changes``. Imports it if it is a class or function."""
        arguments = {**pickle.loads(self.prepared), **changes}  # written by the process that asked
        if self.place:
            return Subject(self.id, registry=self.registry(), **arguments)
        return Subject(resolved(self.object), **arguments)


def elsewhere(
    subject: Subject, function: Callable[..., Any], *, environ: Mapping[str, str] | None = None, again: bool = False, **arguments: Any
) -> Any:
    """The result of ``function(summons, **arguments)`` in a fresh process with ``environ`` added to its environment; asked once for a
    subject unless ``again``.

    Raises `NotApplicable` for a component that another process cannot find, and `LawBroken` when the process does not come to an end.
    """
    known = _found.setdefault(subject, {})
    key = (function, tuple(sorted((environ or {}).items())), pickle.dumps(arguments))
    if again or key not in known:
        known[key] = _run(subject, summons_for(subject), function, environ or {}, arguments)
    return known[key]


def summons_for(subject: Subject) -> Summons:
    """How another process finds the component. Raises `NotApplicable` when it cannot."""
    entry = entry_of(subject)
    arguments = {
        name: getattr(subject, name) for name in ("config", "given", "documents", "sources", "secrets", "seed", "examples", "limit")
    }
    try:
        # Documents that open their bytes hold on to what lends them; they are the author's own examples, and not needed there.
        prepared = pickle.dumps({**arguments, "documents": (), "sources": ()})
    except Exception as error:
        raise NotApplicable(f"its configuration cannot be handed to another process: {error}") from error
    if entry.plugin is not None:
        return Summons(subject.info.id, subject.info.object, str(entry.plugin.distribution.metadata.parent.absolute()), prepared)
    module, _, name = subject.info.object.partition(":")
    code = subject.target if isinstance(subject.target, type) or hasattr(subject.target, "__qualname__") else None
    try:
        importable = module != "__main__" and importlib.util.find_spec(module) is not None and resolved(subject.info.object) is code
    except (ImportError, AttributeError, ValueError):
        importable = False
    if not importable:
        raise NotApplicable(f"another process cannot import {name} from {module}")
    return Summons(subject.info.id, subject.info.object, "", prepared)


def entry_of(subject: Subject) -> Entry:
    """The component's entry in its registry."""
    return next(entry for entry in subject.registry.entries if entry.info.id == subject.info.id)


def resolved(path: str) -> Any:
    """The object that ``module:Name`` names; its module is imported."""
    module, _, name = path.partition(":")
    return reduce(getattr, name.split("."), importlib.import_module(module))


def _run(subject: Subject, summons: Summons, function: Callable[..., Any], environ: Mapping[str, str], arguments: Mapping[str, Any]) -> Any:
    folder = subject.new_folder("probe")
    asked, answered, said = folder / "asked", folder / "answered", folder / "said"
    asked.write_bytes(pickle.dumps((f"{function.__module__}:{function.__qualname__}", tuple(summons), arguments)))
    path = os.pathsep.join(os.path.abspath(place) for place in [*sys.path, *_roots(summons.module)])  # noqa: PTH100  "" is the current folder
    # It may be killed, and ends without tidying up; what it leaves in its folder of temporary files goes with it.
    temporary = folder / "tmp"
    temporary.mkdir()
    with said.open("wb") as output:
        # Its own group, so that what it starts ends with it; no byte code, so that importing writes nothing.
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-c", f"from {__name__} import main; main()", str(asked), str(answered)],
            env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(temporary), **environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    limit = max(_LIMIT, subject.limit)
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        raise LawBroken(f"in a process of its own it did not end within {limit:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(temporary, ignore_errors=True)
    if not answered.is_file():
        ended = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        raise LawBroken(f"a process of its own {ended}", details="\n".join(said.read_text("utf-8", "replace").splitlines()[-8:]))
    return pickle.loads(answered.read_bytes())  # written by the process that was started


def _roots(module: str) -> list[str]:
    """The folder that ``module`` is imported from: pytest can import tests from folders that are not on the path."""
    try:
        file = getattr(importlib.util.find_spec(module.partition(".")[0]), "origin", None)
    except ValueError:  # a module that has no specification
        file = None
    if not file or not Path(file).is_file():
        return []
    return [str(Path(file).parents[1 if Path(file).name == "__init__.py" else 0])]


def main() -> None:
    """Answer what the other process asks; the command line has the paths of the question and of the answer."""
    asked, answered = sys.argv[1:]
    name, summons, given = pickle.loads(Path(asked).read_bytes())  # written by the process that asked
    summons = Summons(*summons)
    if summons.place and summons.place not in site.getsitepackages():
        # Where a distribution is installed, Python runs the .pth files at its start; so it does for this one.
        site.addsitedir(summons.place)
    found = resolved(name)(summons, **given)
    part = Path(answered).with_suffix(".part")
    part.write_bytes(pickle.dumps(found))
    part.rename(answered)
    sys.stdout.flush()
    # Threads that the component left behind keep nobody waiting.
    os._exit(0)
