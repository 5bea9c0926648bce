"""Settings from outside the code: ``aios.toml``, and over it the environment."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from aios_sdk.errors import ConfigurationError


def configuration_file() -> tuple[Path, dict[str, Any]]:
    """``aios.toml`` of the current folder, or the file that ``AIOS_CONFIG`` names, and what it holds; nothing when there is none.

    Raises `ConfigurationError` when it cannot be read.
    """
    configured = os.environ.get("AIOS_CONFIG")
    path = Path(configured or "aios.toml")
    if not configured and not path.is_file():
        return path, {}
    try:
        return path, tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"Cannot read {str(path)!r}: {error}", fix="Correct the file, or unset AIOS_CONFIG") from error


def settings_of(component: str) -> dict[str, Any]:
    """What a component is to be set to where code says nothing: ``[components."acme.ocr"]`` of ``aios.toml``, and over it the environment.

    The variable for ``language`` of ``acme.ocr`` is ``AIOS_ACME_OCR__LANGUAGE``; its text is read as the setting's type. Example::

        [components."aios.tesseract"]
        language = "deu"
    """
    path, held = configuration_file()
    sections = held.get("components", {})
    found = sections.get(component, {}) if isinstance(sections, dict) else None
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"[components] in {str(path)!r} holds no settings", fix=f'Write [components."{component}"] and a line a setting'
        )
    prefix = f"AIOS_{component.upper().replace('.', '_').replace('-', '_')}__"
    variables = {name.removeprefix(prefix).lower(): value for name, value in os.environ.items() if name.startswith(prefix)}
    return {**found, **variables}
