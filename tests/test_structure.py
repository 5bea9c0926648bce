"""The house: imports run one way, modules are small, and what is public is complete and light."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import aios_sdk
from aios_sdk import errors

SOURCE = Path(aios_sdk.__file__).resolve().parent
REPOSITORY = SOURCE.parent.parent

#: The rooms, from the top of the house to the bottom: a room imports only rooms on floors below its own.
FLOORS = [
    ["cli"],
    ["testing", "scaffold"],
    ["learning"],
    ["pipelines"],
    ["engine"],
    ["plugins", "store"],
    ["expressions", "stages", "protocols", "formats", "calibration"],
    ["records"],
    ["errors", "deprecations"],
    ["_lazy"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: Rooms of one floor that know each other, and why.
NEIGHBOURS = {
    ("stages", "protocols"),  # the type of `implements`, for type checkers only
    ("protocols", "stages"),  # the context of a call
}
#: Modules of more than 400 lines, and why.
LONG = {
    "store/_tables.py": "one table after the other, and what each of its columns means",
    "store/_views.py": "one view after the other: SQL, and what each of its columns means",
}

MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.parent != SOURCE or path.name != "__init__.py")


def _room(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.removesuffix(".py")


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    """The rooms that a module imports, with whether only for annotations: anywhere in it, also within functions."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for statement in block.body
        for node in ast.walk(statement)
    }
    package = ["aios_sdk", *path.relative_to(SOURCE).parts[:-1]]
    for node in ast.walk(tree):
        names: list[list[str]] = []
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = base + (node.module.split(".") if node.module else [])
            names = [module] if len(module) > 1 else [[*module, alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
        for name in names:
            if name[0] == "aios_sdk" and len(name) > 1:
                yield name[1], id(node) in typing_only


def _steps_up(path: Path, typing_only: bool) -> list[str]:
    own = _room(path)
    return [
        f"{own} imports {room}"
        for room, for_types in _imports(path)
        if for_types == typing_only and room in FLOOR and room != own and FLOOR[room] <= FLOOR[own] and (own, room) not in NEIGHBOURS
    ]


def test_every_room_has_its_floor() -> None:
    rooms = {_room(path) for path in MODULES}
    assert rooms <= set(FLOOR), "a new room: say on which floor it stands"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_one_way(path: Path) -> None:
    assert _steps_up(path, typing_only=False) == []
    assert _steps_up(path, typing_only=True) == []


def test_the_walls_are_seen_also_within_functions_and_in_relative_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "SOURCE", tmp_path)
    (tmp_path / "records").mkdir()
    module = tmp_path / "records" / "_x.py"
    for text in (
        "def f():\n    from ..engine import run",
        "import aios_sdk.engine",
        "from aios_sdk import engine",
        "from .. import engine",
        "from aios_sdk.engine._run import Engine",
    ):
        module.write_text(text)
        assert _steps_up(module, typing_only=False) == ["records imports engine"], text
    module.write_text("if TYPE_CHECKING:\n    from ..engine import Plan")
    assert (_steps_up(module, typing_only=False), _steps_up(module, typing_only=True)) == ([], ["records imports engine"])


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_module_says_its_job_in_one_sentence_and_is_not_long(path: Path) -> None:
    text = path.read_text()
    name = path.relative_to(SOURCE).as_posix()
    said = ast.get_docstring(ast.parse(text))
    assert said, f"{name} does not say what it is for"
    assert said.splitlines()[0].rstrip().endswith((".", ":")) or "\n\n" not in said, f"{name}: the first line is no sentence"
    assert len(text.splitlines()) <= 400 or name in LONG


def _order(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then functions, each by the alphabet: as ruff sorts ``__all__``."""
    return (not name.isupper(), not name[:1].isupper(), name)


PACKAGES = sorted(path.parent for path in SOURCE.rglob("__init__.py") if path.parent != SOURCE)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_what_a_package_exports_is_sorted_there_and_all_there_is(package: Path) -> None:
    module = importlib.import_module(".".join(("aios_sdk", *package.relative_to(SOURCE).parts)))
    names = list(module.__all__)
    assert names == sorted(names, key=_order)
    assert len(set(names)) == len(names)
    assert all(getattr(module, name) is not None for name in names)
    assert not [name for name in names if name.startswith("_")]


def test_the_public_names_are_those_that_the_packages_export() -> None:
    assert list(aios_sdk.__all__) == sorted(aios_sdk.__all__, key=_order)
    assert set(aios_sdk.__all__) == {*aios_sdk._HOME, "__version__"}
    for name in aios_sdk.__all__:
        value = getattr(aios_sdk, name)
        home = aios_sdk._HOME.get(name)
        if home in ("errors", "stages", None):
            continue
        module = importlib.import_module(f"aios_sdk.{home}")
        assert name in module.__all__
        assert getattr(module, name) is value
    raised = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.AiosError)}
    assert raised <= set(aios_sdk.__all__)


LAZY = sorted(path.parent for path in SOURCE.rglob("__init__.py") if "lazy(" in path.read_text())


@pytest.mark.parametrize("package", LAZY, ids=lambda path: path.name)
def test_what_a_type_checker_sees_is_what_there_is(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen: dict[str, str] = {}
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        seen.update((alias.name, node.module or alias.name) for alias in node.names)
    module = importlib.import_module(".".join(("aios_sdk", *package.relative_to(SOURCE).parts)))
    submodules = {name: name for name in module.__all__ if name not in (*module._HOME, "__version__")}
    assert seen == {**module._HOME, **submodules}
    assert dir(module) == sorted(module.__all__)
    with pytest.raises(AttributeError, match=f"{module.__name__!r} has no attribute 'nothing'"):
        module.nothing  # noqa: B018


def _modules_after(code: str) -> set[str]:
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        env={"PYTHONPATH": str(SOURCE.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stdout.split())


@pytest.mark.parametrize("code", ["import aios_sdk", "import aios_sdk\ndir(aios_sdk)", "from aios_sdk import __version__"])
def test_importing_the_sdk_costs_next_to_nothing(code: str) -> None:
    loaded = _modules_after(code)
    assert not loaded & {"pydantic", "duckdb", "msgspec", "pluggy", "PIL", "yaml", "typer", "rich", "asyncio"}


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("from aios_sdk import Pipeline", {"pydantic", "duckdb", "typer", "rich"}),
        ("from aios_sdk import Registry", {"pydantic", "duckdb", "typer", "rich"}),
        ("from aios_sdk import Document, Field, Unsupported", {"pydantic", "duckdb", "typer", "rich", "pluggy"}),
    ],
)
def test_a_name_brings_only_what_it_needs(code: str, heavy: set[str]) -> None:
    assert not _modules_after(code) & heavy


#: What plugins may import from; those that work with conditions also need the language's own package.
PUBLIC = {"aios_sdk", "aios_sdk.calibration", "aios_sdk.expressions", "aios_sdk.testing"}
PLUGINS = sorted(
    path for path in (REPOSITORY / "plugins").rglob("*.py") if "src" in path.parts and not {"tests", ".venv", "build"} & set(path.parts)
)


@pytest.mark.skipif(not PLUGINS, reason="the first-party plugins are not beside this installation")
def test_first_party_plugins_import_only_public_names() -> None:
    wrong: list[str] = []
    for path in PLUGINS:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "aios_sdk":
                public = importlib.import_module(str(node.module)).__all__ if node.module in PUBLIC else []
                wrong += [f"{path.name}: {node.module}.{alias.name}" for alias in node.names if alias.name not in public]
            elif isinstance(node, ast.Import):
                wrong += [f"{path.name}: {alias.name}" for alias in node.names if alias.name.startswith("aios_sdk.")]
    assert wrong == []
