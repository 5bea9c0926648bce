"""The reference pages of what authors test with, from the modules' own words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any


def module_page(
    title: str,
    module: ModuleType,
    note: str,
    markdown: Callable[[str | None], str],
    described: Callable[[type], str],
    function: Callable[[Any], str],
) -> str:
    """Every public name of ``module``: functions with their signatures, classes with their members, constants with their comments."""
    parts = [f"# {title}\n\n{note}`from aios_sdk.testing import {module.__name__.rpartition('.')[2]}`\n\n{markdown(module.__doc__)}"]
    for name in module.__all__:
        value = getattr(module, name)
        if isinstance(value, type):
            parts.append(_with_names(module, described(value)))
        elif callable(value):
            parts.append(f"## {name}\n\n{_with_names(module, function(value))}")
        else:
            keys = (
                "\n".join(f"- {key}" for key in value) if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) else ""
            )
            parts.append(f"## {name}\n\n{_comment(module, name)}" + (f"\n\n{keys}" if keys else ""))
    return "\n\n".join(parts) + "\n"


def _with_names(module: ModuleType, text: str) -> str:
    """Defaults by the names of the module's constants, not by all that they hold."""
    for name in module.__all__:
        if name.isupper() and isinstance(value := getattr(module, name), str | tuple):
            text = text.replace(repr(value), name)
    return text


def _comment(module: ModuleType, name: str) -> str:
    """The comment above a constant, which says what it is."""
    for path in sorted(Path(inspect.getfile(module)).parent.glob("*.py")):
        found = re.search(rf"((?:^[ ]*#: .*\n)+)^[ ]*{name}\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        if found:
            return " ".join(re.sub(r"^[ ]*#: ", "", found[1], flags=re.MULTILINE).split())
    raise LookupError(f"{module.__name__}.{name} has no comment that says what it is")
