"""The public names of the packages, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import aios_sdk.plugins
import aios_sdk.testing


def test_every_public_name_is_there() -> None:
    for package in (aios_sdk.plugins, aios_sdk.testing):
        for name in package.__all__:
            assert getattr(package, name) is not None
    assert dir(aios_sdk.plugins) == sorted(aios_sdk.plugins.__all__)
    assert not hasattr(aios_sdk.plugins, "no_such_name")


def test_the_registry_and_manifests_are_imported_without_pydantic_and_duckdb() -> None:
    program = (
        "import sys; from aios_sdk.plugins import Registry, Policy, component, parse_manifest;"
        "print(*{'pydantic', 'duckdb', 'typer', 'aios_sdk.plugins._registry'} & set(sys.modules))"
    )
    source = Path(__file__).parents[2] / "src"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONPATH": str(source)}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["aios_sdk.plugins._registry"]
