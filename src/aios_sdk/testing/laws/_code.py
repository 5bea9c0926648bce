"""Laws about the code itself: it loads, costs nothing until it is used, and says of itself what is so."""

from __future__ import annotations

import inspect
import re
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Final

from aios_sdk import __version__
from aios_sdk.errors import AiosError, ManifestError
from aios_sdk.plugins import Plugin, normalised_distribution
from aios_sdk.plugins._discovery import read_bytes, read_manifest
from aios_sdk.plugins._versions import in_range

from .._first_use import HEAVY, FirstUse, first_use
from .._law import LawBroken, NotApplicable, law
from .._manifest import check_manifest
from .._probe import elsewhere, entry_of
from .._subject import Subject

_REQUIREMENT: Final = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^]]*\])?\s*\(?([^;)]*)\)?\s*(?:;.*)?")


@law("contract")
def loads(subject: Subject) -> None:
    """The component is admitted, imported and keeps the contract of its stages.

    Everything else rests on this. The reason says what is wrong: a policy that does not admit it, an import that fails, a method whose
    arguments or annotations differ from the stage's. ``aios plugin doctor`` gives the command that mends it.
    """
    try:
        subject.registry.load(subject.info.id)
        subject.registry.create(subject.info.id, subject.config)
    except AiosError as error:
        raise LawBroken(str(error)) from error


@law("contract", after=("loads",))
def listing_imports_nothing(subject: Subject) -> None:
    """Listing and choosing plugins imports no module of its package.

    ``aios plugin list`` and every pipeline look at all installed plugins; what is only listed must cost nothing and must not run. The
    manifest makes that possible, so what breaks it lies beside the manifest: a ``.pth`` file in the wheel that imports the package
    whenever Python starts, or an entry point of another group that the listing process loads. Take it out.
    """
    _installed(subject)
    found = _first_use(subject)
    if found.own:
        raise LawBroken(f"before anything asked for it, {', '.join(found.own[:3])} had been imported")


@law("contract", after=("loads",))
def importing_is_light(subject: Subject) -> None:
    """Importing its module imports none of the heavy libraries.

    A pipeline is compiled, and its plan shown, without a single document: it imports the components and opens none. PyTorch, pandas,
    OpenCV and their like take seconds and hundreds of megabytes. Import them within ``open``, or in a module of your own that
    ``open`` imports; for annotations, below ``if TYPE_CHECKING:``.
    """
    heavy = sorted(_first_use(subject).importing.modules & HEAVY)
    if heavy:
        module = subject.info.object.partition(":")[0]
        raise LawBroken(f"importing {module} imports {', '.join(heavy)}; import what is heavy in open()")


@law("contract", after=("loads",))
def importing_does_nothing(subject: Subject) -> None:
    """Importing its module defines things and does nothing else.

    It prints nothing, writes no file, starts no thread and no program, asks no host, and changes nothing that the whole process
    shares, such as the handlers of logs and signals, the locale, or Pillow's limits. Whoever imports a plugin may only want to look at it.
    Do in ``open`` what has to be done, and let the host decide about logs.
    """
    done = _first_use(subject).importing.deeds
    # What a library does at its very first import, such as building a cache, it does not do again.
    if done and (again := elsewhere(subject, first_use, again=True).importing.deeds):
        raise LawBroken(f"importing {subject.info.object.partition(':')[0]} {'; '.join(again)}")


@law("contract", after=("loads",))
def manifest_equals_code(subject: Subject) -> None:
    """The manifest says what the code says, of this and of all other components of the package.

    Planner, policy and people go by the manifest, for the code is not imported to ask it. It is written from the code:
    ``aios plugin build PACKAGE``, whenever an argument of ``@component``, a setting or a docstring's first line has changed.
    """
    package = _installed(subject).value.partition(":")[0].strip()
    try:
        check_manifest(package)
    except AssertionError as difference:
        said, _, lines = str(difference).partition("\n")
        raise LawBroken(said, details=lines) from difference
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == package.partition(".")[0]:
            raise LawBroken(f"a module of the package cannot be imported: {error}") from error
        raise NotApplicable(f"not all of the package can be imported: {error}") from error


@law("contract", after=("loads",))
def says_what_it_does(subject: Subject) -> None:
    """The first line of its docstring says in one sentence what it does.

    It is what people see in ``aios plugin list`` and ``inspect``, and all that they have for choosing. It ends where the line ends; go
    on after a blank line.
    """
    code = subject.registry.load(subject.info.id)
    code = code if isinstance(code, type) or inspect.isroutine(code) else type(code)
    summary, _, more = (inspect.getdoc(code) or "").partition("\n") if code.__doc__ else ("", "", "")
    if not summary.strip():
        raise LawBroken(f"{code.__qualname__} has no docstring")
    if more and more.partition("\n")[0].strip():
        raise LawBroken(f"the first line of its docstring is cut off: {summary!r}; say it in one line, and go on after a blank one")


@law("contract", after=("loads",))
def is_typed(subject: Subject) -> None:
    """The package says that it is typed: it holds a file ``py.typed``.

    Without it, type checkers take all that is imported from the package for untyped, and whoever configures the component in Python
    gets no help from the editor. Add an empty file ``py.typed`` beside the package's ``__init__.py``, and see that the wheel holds it.
    """
    value = _installed(subject).value
    place: Path = read_manifest(value)[1]
    parts = value.partition(":")[0].strip().split(".")
    if not any(read_bytes(folder / "py.typed") is not None for folder in [place, *place.parents][: len(parts)]):
        raise LawBroken(f"there is no py.typed in the package {'.'.join(parts)!r}")


@law("contract", after=("loads",))
def metadata_is_complete(subject: Subject) -> None:
    """The distribution names its licence, the versions of Python it runs on, and the versions of the SDK it was made for.

    pip reads the metadata and the SDK the manifest. If the metadata allow a version of ``aios-sdk`` that the manifest does not, an
    upgrade succeeds and the plugin is gone. In ``pyproject.toml``: ``license``, ``requires-python``, and
    ``dependencies = ["aios-sdk>=0.1,<1"]`` with the range that the manifest has as ``sdk``.
    """
    plugin = _installed(subject)
    metadata = _metadata(plugin)
    missing = [
        what
        for what, there in (
            ("a licence", metadata.get("License-Expression") or metadata.get("License") or _has_classifier(metadata, "License ::")),
            ("the versions of Python", metadata.get("Requires-Python")),
        )
        if not there
    ]
    if missing:
        raise LawBroken(f"the metadata of {plugin.name} do not name {' and '.join(missing)}")
    found = [_REQUIREMENT.fullmatch(line) for line in metadata.get_all("Requires-Dist", [])]
    wanted = [match[2].strip() for match in found if match and normalised_distribution(match[1]) == "aios-sdk"]
    if not wanted:
        raise LawBroken(f"{plugin.name} does not depend on aios-sdk")
    assert plugin.manifest is not None  # it loads
    said = plugin.manifest.sdk
    try:
        beyond = [version for version in _versions(wanted[0], said) if in_range(version, wanted[0]) and not in_range(version, said)]
    except ValueError as error:
        raise NotApplicable(f"the range of aios-sdk cannot be compared: {error}") from error
    if beyond:
        raise LawBroken(
            f"pip may install aios-sdk {beyond[0]} beside it ({wanted[0] or 'any version'}), but its manifest says sdk = {said!r}"
        )


@law("contract", after=("loads",))
def is_keyed(subject: Subject) -> None:
    """Its results can be remembered: code and configuration have a digest.

    The engine computes nothing twice that it can look up, and looks it up by the digest of the code, of the configuration and of the
    document. What has none is computed again in every run. Settings must be plain values: text for a pattern and not the compiled
    one, an ``InputFile`` for a file, the name of a function and not the function. A class or function outside of a package needs
    ``@component(id, version=...)``.
    """
    instance = subject.registry.create(subject.info.id, subject.config)
    if instance.code_digest is None and entry_of(subject).plugin is None:
        raise NotApplicable("its source code cannot be read here")
    if instance.unkeyed:
        raise LawBroken(f"its results cannot be remembered: {instance.unkeyed}")


def _installed(subject: Subject) -> Plugin:
    plugin = entry_of(subject).plugin
    if plugin is None:
        raise NotApplicable("it is not installed; give its id instead of the class")
    return plugin


def _first_use(subject: Subject) -> FirstUse:
    found: FirstUse = elsewhere(subject, first_use)
    return found


def _metadata(plugin: Plugin) -> Message:
    folder = plugin.distribution.metadata
    data = read_bytes(folder / "METADATA") or read_bytes(folder / "PKG-INFO")
    if data is None:
        raise ManifestError(f"There are no metadata in {folder}", fix="Install the distribution again")
    return Parser().parsestr(data.decode("utf-8", "replace"), headersonly=True)


def _has_classifier(metadata: Message, beginning: str) -> bool:
    return any(line.startswith(beginning) for line in metadata.get_all("Classifier", []))


def _versions(*ranges: str) -> list[str]:
    """The versions that the ranges name, their neighbours, and this one: where two ranges differ, they differ at one of these."""
    named = re.findall(r"\d+(?:\.\d+)*", " ".join(ranges))
    near = []
    for text in named:
        numbers = [int(part) for part in text.split(".")]
        for place, number in enumerate(numbers):
            near += [".".join(map(str, [*numbers[:place], each])) for each in (number - 1, number + 1) if each >= 0]
        near += [f"{text}.1", f"{text}.99999"]
    return [*named, *near, __version__, "0", "99999"]
