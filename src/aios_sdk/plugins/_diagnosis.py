"""What keeps a plugin from working, as far as it can be known without importing it, and the command that puts it right."""

from __future__ import annotations

import os
import platform
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from aios_sdk.errors import AiosError, ManifestError, PluginDenied

from ._admission import Plugin
from ._lock import reinstall
from ._names import normalised_distribution
from ._needs import secret_name
from ._versions import in_range

#: The packages of programs that documents are often worked on with, by package manager.
_PACKAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "tesseract": {"apt-get": "tesseract-ocr", "dnf": "tesseract", "brew": "tesseract"},
    "soffice": {"apt-get": "libreoffice", "dnf": "libreoffice", "brew": "--cask libreoffice"},
    "pdftoppm": {"apt-get": "poppler-utils", "dnf": "poppler-utils", "brew": "poppler"},
    "pdftotext": {"apt-get": "poppler-utils", "dnf": "poppler-utils", "brew": "poppler"},
    "gs": {"apt-get": "ghostscript", "dnf": "ghostscript", "brew": "ghostscript"},
    "ffmpeg": {"apt-get": "ffmpeg", "dnf": "ffmpeg", "brew": "ffmpeg"},
}
#: A requirement of a distribution without a marker, which would take a parser of its own.
_REQUIREMENT: Final = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*\(?(?P<range>[^;@()]*)\)?", re.ASCII)


class Finding(NamedTuple):
    """Something about a plugin, in a clause, and what to do about it; ``is_problem`` is false where it is as somebody wants it."""

    reason: str
    fix: str
    is_problem: bool = True


def findings(plugin: Plugin, installed: Mapping[str, str]) -> Iterator[Finding]:
    """What is to be said of a plugin; ``installed`` are the versions of all distributions by their normalised names."""
    failures = dict.fromkeys(failure for failure in (plugin.failure, *(entry.failure for entry in plugin.entries)) if failure)
    for failure in failures:
        deliberate = isinstance(failure, PluginDenied) and not plugin.differs
        yield Finding(failure.what.partition("\n")[0], _fix(plugin, failure), not deliberate)
    if plugin.is_usable:
        yield from _requirements(plugin, installed)
        used = [entry.info.programs for entry in plugin.entries if entry.failure is None]
        for name in plugin.needs.programs:
            if not _is_there(name):  # no problem of the plugin while it has components that do without
                yield _missing_program(name, is_problem=all(name in programs for programs in used))
        for name, needed in map(secret_name, plugin.needs.secrets):
            if needed and name not in os.environ:
                yield Finding(f"the secret {name} is not set", f"Run `export {name}=...`")


def _fix(plugin: Plugin, failure: AiosError) -> str:
    if not isinstance(failure, ManifestError):
        return failure.fix
    name, package = shlex.quote(plugin.name), plugin.package
    if plugin.manifest_file is None:
        return f"Run `{reinstall(plugin.pin)}`, or `pip uninstall {name}`"
    if plugin.distribution.holds(package.partition(".")[0]):
        return f"Run `pip install --upgrade {name}`, or `pip uninstall {name}` until its author has corrected it"
    return f"Run `aios plugin build {package}`. {failure.fix}"


def _requirements(plugin: Plugin, installed: Mapping[str, str]) -> Iterator[Finding]:
    for text in plugin.distribution.header("requires-python"):
        if _fits(platform.python_version(), text) is False:
            yield Finding(f"it needs Python {text}; this is {platform.python_version()}", f"Run `pip install --upgrade {plugin.name}`")
    for text in plugin.distribution.header("requires-dist"):
        match = _REQUIREMENT.fullmatch(text.strip())
        if match is None:
            continue
        name, wanted = match["name"], match["range"].strip().replace(" ", "")
        version = installed.get(normalised_distribution(name))
        if version is None or _fits(version, wanted) is False:
            found = "is not installed" if version is None else f"is there as {version}"
            yield Finding(f"it requires {name}{wanted}, which {found}", f"Run `pip install {shlex.quote(name + wanted)}`")


def _fits(version: str, wanted: str) -> bool | None:
    try:
        return in_range(version, wanted)
    except ValueError:
        return None  # a form that is not read here says nothing


def _missing_program(name: str, *, is_problem: bool) -> Finding:
    managers = _PACKAGES.get(name, {})
    manager = next((each for each in managers if _is_there(each)), None)
    if manager is None:
        return Finding(f"the program {name} is not on PATH", f"Install the program {name} and put its folder on PATH", is_problem)
    sudo = "sudo " if manager != "brew" and os.geteuid() != 0 else ""
    return Finding(f"the program {name} is not on PATH", f"Run `{sudo}{manager} install {managers[manager]}`", is_problem)


def _is_there(program: str) -> bool:
    from shutil import which

    return which(program) is not None
