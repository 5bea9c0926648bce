"""Laws about what people read before they use a component."""

from __future__ import annotations

from aios_sdk.plugins._discovery import read_bytes

from .._law import LawBroken, NotApplicable, law
from .._probe import entry_of
from .._subject import Subject


@law("operation", after=("metadata-is-complete",))
def readme_names_it(subject: Subject) -> None:
    """The README of the distribution, which package indexes show, names the component.

    Who looks for a plugin reads this page first, and often only this page: what the component does, its id to write into a pipeline, its
    settings and what it needs. In ``pyproject.toml``: ``readme = "README.md"``. The text that is judged is the one that was installed;
    after a change install the distribution again.
    """
    plugin = entry_of(subject).plugin
    if plugin is None:
        raise NotApplicable("it is not installed; give its id instead of the class")
    folder = plugin.distribution.metadata
    data = read_bytes(folder / "METADATA") or read_bytes(folder / "PKG-INFO") or b""
    head, _, text = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    if not text.strip() and "\nDescription: " in head:
        text = head.partition("\nDescription: ")[2]  # as it was written before 2018
    if not text.strip():
        raise LawBroken(f"{plugin.name} was installed without a README")
    if subject.info.id not in text:
        raise LawBroken(f"the README of {plugin.name} does not name {subject.info.id}")
