"""Writes the reference pages that follow from the code and the list of decisions: ``python -m tests.docs.generate``. A test compares."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import os
import re
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

import aios_sdk
import aios_sdk.plugins
import aios_sdk.records
import aios_sdk.testing
from aios_sdk import AiosDeprecation, protocols
from aios_sdk.cli import Exit, main
from aios_sdk.cli._app import COMMANDS, Group
from aios_sdk.deprecations import DEPRECATIONS
from aios_sdk.plugins._adapters import ADAPTERS
from aios_sdk.stages import STAGE_VERSIONS, STAGES, Context, Resources, Stages
from tests.conftest import REPOSITORY
from tests.contract._changes import CHANGES, baseline, entries

from ._testing import module_page

REFERENCE = REPOSITORY / "docs" / "reference"
DECISIONS = REPOSITORY / "docs" / "decisions"
_NOTE = "<!-- Written by `python -m tests.docs.generate` from the code; change the code. -->\n\n"


# -- docstrings and signatures as Markdown ------------------------------------------------------------------------------


def markdown(docstring: str | None) -> str:
    """A docstring as Markdown: literals, examples as indented code, attributes as a list."""
    text = re.sub(r"``(.+?)``", r"`\1`", inspect.cleandoc(docstring or ""))
    text = re.sub(r"(\w)::(\s*)$", r"\1:\2", text, flags=re.MULTILINE)
    before, mark, attributes = text.partition("Attributes:\n")
    if mark:
        listed, _, after = attributes.partition("\n\n")
        items = re.sub(r"\n {8,}", " ", listed).splitlines()
        text = before + "\n".join(f"- {item.strip()}" for item in items) + (f"\n\n{after}" if after else "")
    return text.strip()


def sentence(docstring: str | None) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join(markdown(docstring).partition("\n\n")[0].split())


def signature(function: Callable[..., Any], name: str, *, bound: bool = True) -> str:
    """``name(argument: Type = default) -> Type`` as it is written in the code."""
    found = inspect.signature(function)
    parameters = list(found.parameters.values())[1 if bound else 0 :]
    shown, keyword_only = [], False
    for parameter in parameters:
        if parameter.kind is parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            shown.append("*")
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        keyword_only = keyword_only or star == "*"
        text = f"{star}{parameter.name}" + (f": {_type(parameter.annotation)}" if parameter.annotation is not parameter.empty else "")
        shown.append(text + (f" = {parameter.default!r}" if parameter.default is not parameter.empty else ""))
    returned = "" if found.return_annotation is found.empty else f" -> {_type(found.return_annotation)}"
    return f"{name}({', '.join(shown)}){returned}"


def _function(function: Callable[..., Any]) -> str:
    return f"`{signature(function, function.__name__, bound=False)}`\n\n{markdown(function.__doc__)}"


def _type(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def members(kind: type) -> Iterator[str]:
    """A line for each public property and method that ``kind`` documents itself."""
    for name, value in vars(kind).items():
        if name.startswith("_") or not getattr(value, "__doc__", None) or type(value).__name__ == "member_descriptor":
            continue
        if isinstance(value, property | functools.cached_property):
            yield f"- `{name}`: {sentence(value.__doc__)}"
        elif isinstance(value, classmethod):
            yield f"- `{kind.__name__}.{signature(value.__func__, name)}`: {sentence(value.__doc__)}"
        elif inspect.isfunction(value):
            yield f"- `{signature(value, name)}`: {sentence(value.__doc__)}"


def described(kind: type, heading: str = "##") -> str:
    """A class with its fields, properties and methods."""
    parts = [f"{heading} {kind.__name__}", markdown(kind.__doc__)]
    defaults: dict[str, str] = {}
    if issubclass(kind, msgspec.Struct):
        defaults = {field.name: _default(field) for field in msgspec.structs.fields(kind)}
    elif hasattr(kind, "_fields"):
        named: Any = kind
        defaults = {name: _literal(named._field_defaults[name]) if name in named._field_defaults else "" for name in named._fields}
    if defaults:
        rows = "\n".join(f"| `{name}` | {_cell(_annotation(kind, name))} | {default} |" for name, default in defaults.items())
        parts.append(f"| field | type | default |\n|---|---|---|\n{rows}")
    listed = "\n".join(members(kind))
    return "\n\n".join([*parts, listed] if listed else parts)


def _annotation(kind: type, name: str) -> str:
    found = next(annotations[name] for each in kind.__mro__ if name in (annotations := inspect.get_annotations(each)))
    return str(getattr(found, "__forward_arg__", None) or _type(found))


def _cell(annotation: str) -> str:
    return "`" + annotation.replace("|", "\\|") + "`"


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.default is not msgspec.NODEFAULT:
        return _literal(field.default)
    return "" if field.default_factory is msgspec.NODEFAULT else _literal(field.default_factory())


def _literal(value: Any) -> str:
    return f"`{type(value).__name__}()`" if isinstance(value, msgspec.Struct) else f"`{value!r}`"


# -- pages ----------------------------------------------------------------------------------------------------------------


def stages_page() -> str:
    """Every hook with its signature and docstring, and what hooks are given."""
    parts = [
        "# Stages\n\n"
        + _NOTE
        + "What a component may implement. Each method is marked with `implements`, and may take fewer arguments than its "
        "specification. What to declare besides is in [components](components.md); how to write one, step by step, in "
        "[write a component](../how-to/write-a-component.md).\n\n"
        f"The stages (`STAGES`, of type `Stage`) are, in this order: {', '.join(f'`{stage}`' for stage in STAGES)}. "
        "`Stages` holds their specifications."
    ]
    for name, hook in vars(Stages).items():
        if name.startswith("_"):
            continue
        version = f"\n\nContract version {STAGE_VERSIONS[name]}." if name in STAGE_VERSIONS else ""
        parts.append(f"## {name}\n\n`{signature(hook, name)}`\n\n{markdown(hook.__doc__)}{version}")
    parts.append("## Batch companions\n\n" + markdown(Stages.__doc__).partition("\n\n")[2])
    parts += [described(Context), described(Resources)]
    rows = "\n".join(f"| `{name}` | {sentence(getattr(protocols, name).__doc__)} |" for name in protocols.__all__)
    parts.append(f"## For type checkers\n\n{markdown(protocols.__doc__)}\n\n| protocol | |\n|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


def versions_page() -> str:
    """The page as it is, with its tables written anew between their marks."""
    changes = entries(CHANGES.read_text(encoding="utf-8"))
    adapted = {stage: [str(version) for each, version in sorted(ADAPTERS) if each == stage] for stage in STAGES}
    tables = {
        "versions": _table("stage | version | older versions that are adapted", [
            (stage, STAGE_VERSIONS[stage], ", ".join(adapted[stage]) or "none") for stage in STAGES
        ]),
        "changes": _table("aios-sdk | date | kind | what | parts", [
            (each.sdk, each.date, each.kind, each.what, ", ".join(f"`{where}`" for where in each.where)) for each in changes
        ]) if changes else f"None since {baseline().version}.",
        "deprecations": _table("code | what | since | removed in | next step", [
            (f"`{each.code}`", each.what, each.since, each.removed_in, each.fix) for each in DEPRECATIONS.values()
        ]) if DEPRECATIONS else "None now.",
        "AiosDeprecation": described(AiosDeprecation, "###"),
    }  # fmt: skip
    page = (REFERENCE / "contract-versions.md").read_text(encoding="utf-8")
    for name, text in tables.items():
        before, mark, rest = page.partition(f"<!-- {name}:")
        comment, _, rest = rest.partition("\n\n")
        page = f"{before}{mark}{comment}\n\n{text}\n\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return page


def _table(head: str, rows: list[tuple[Any, ...]]) -> str:
    lines = [f"| {head} |", "|" + "---|" * len(head.split("|")), *(f"| {' | '.join(map(str, row))} |" for row in rows)]
    return "\n".join(lines)


def records_page() -> str:
    """Every public record with its fields."""
    public = [getattr(aios_sdk.records, name) for name in aios_sdk.records.__all__ if name in aios_sdk.__all__ or name == "Candidates"]
    kinds = [each for each in public if isinstance(each, type)]
    order = ["Source", "Document", "Layers", "Page", "PageInfo", "PageText", "Words", "Word", "Region", "Table", "Column", "Span", "Box"]
    kinds.sort(key=lambda kind: (order.index(kind.__name__) if kind.__name__ in order else len(order), kind.__name__))
    aliases = ["Layer", "Kind", "Status", "StepStatus", "Severity", "Value", "ValueType", "TextMethod", "RegionKind"]
    parts = [
        "# Records\n\n"
        + _NOTE
        + "What flows through a pipeline. Records are immutable, and built with keyword arguments but for the short ones. "
        "Pages, rows and columns count from 0, ends are exclusive, text is counted in Unicode code points, boxes are 0..1 from the top "
        "left, money is `Decimal`, time is UTC.",
        *(described(kind) for kind in kinds),
        "## Names of values\n\n| name | values |\n|---|---|\n"
        + "\n".join(f"| `{name}` | {_values(getattr(aios_sdk.records, name))} |" for name in aliases),
        "## JSON",
        _function(aios_sdk.records.to_json),
        _function(aios_sdk.records.from_json),
    ]
    return "\n\n".join(parts) + "\n"


def _values(alias: Any) -> str:
    found = typing.get_args(alias)
    return ", ".join(f"`{value}`" if isinstance(value, str) else f"`{_type(value)}`" for value in found)


_OUTPUT_MODEL = """\
A setting that holds a pydantic model, as of the values to be found: its class, or its import path `package.module:Model`,
which it is in JSON and YAML. The policy is asked before a path is imported ([import_admitted](#import_admitted)); the model's
schema enters the digest of the configuration.

```python
from aios_sdk import ComponentConfig, OutputModel

class Config(ComponentConfig):
    output: OutputModel
```"""


def components_page() -> str:
    """What is declared about a component, and who keeps the books."""
    plugins = aios_sdk.plugins
    parts = [
        "# Components\n\n" + _NOTE + "Declaring a component, its configuration, its manifest, and the registry that finds and chooses "
        "components. How to use all this is told in [write a component](../how-to/write-a-component.md).",
        f"## component\n\n{_function(plugins.component)}",
        described(plugins.ComponentInfo),
        described(plugins.Provided),
        f"## ComponentConfig\n\n{markdown(plugins.ComponentConfig.__doc__)}",
        described(plugins.InputFile),
        described(plugins.ModelReference),
        "## OutputModel\n\n" + _OUTPUT_MODEL,
        "## Manifest\n\n`aios_plugin.toml` lies in the package and is named by its entry point in the group `aios.plugins`, such as "
        '`acme = "acme_ocr:aios_plugin.toml"`. `aios plugin build PACKAGE` writes it.\n\n'
        + described(plugins.Manifest).partition("\n")[2].strip(),
        f"## check_manifest\n\n`from aios_sdk.testing import check_manifest`\n\n{_function(aios_sdk.testing.check_manifest)}",
        described(plugins.Registry),
        described(plugins.Choice),
        described(plugins.Policy),
        described(plugins.Lock),
        f"## import_admitted\n\n{_function(plugins.import_admitted)}",
    ]
    return "\n\n".join(parts) + "\n"


def laws_page() -> str:
    """Every law with what it means, by tier, in the order in which they are asked."""
    tiers = {
        "contract": "the code, the configuration and each single call: what every component owes to the engine",
        "behaviour": "the same work done differently gives the same: again, in a batch, page by page, in another process",
        "operation": "life in a run: deadlines, threads, memory, hosts, secrets, and inputs that were changed in a known way",
    }
    laws = aios_sdk.testing.LAWS.values()
    parts = [
        "# Laws\n\n"
        + _NOTE
        + "What the conformance kit holds a component against. How to run it, and what to do about a law that a component cannot keep, is "
        "told in [test a plugin](../how-to/test-a-plugin.md); `aios plugin laws LAW` prints the same as this page.\n\n"
        "Laws are asked in this order, a law only when those that it rests on hold, so that the first broken law names the fault. One that "
        "says nothing about what a component declares is not applicable, and the report says why."
    ]
    for tier in aios_sdk.testing.TIERS:
        mine = [law for law in laws if law.tier == tier]
        rows = "\n".join(f"| [`{law.id}`](#{law.id}) | {markdown(law.title)} |" for law in mine)
        parts.append(f"## {tier.capitalize()}\n\nAbout {tiers[tier]}.\n\n| law | |\n|---|---|\n{rows}")
        for law in mine:
            rests = ", ".join(f"[`{other}`](#{other})" for other in law.after)
            parts.append(f"### {law.id}\n\n**{markdown(law.title)}**\n\n{markdown(law.text)}" + (f"\n\nRests on {rests}." if rests else ""))
    return "\n\n".join(parts) + "\n"


def _testing_page(title: str, name: str) -> str:
    """One of the modules that authors of plugins test with."""
    return module_page(title, getattr(aios_sdk.testing, name), _NOTE, markdown, described, _function)


def cli_page() -> str:
    """Every command with its help and the exit codes."""
    parts = [
        "# Command line\n\n"
        + _NOTE
        + "What a document holds is printed with control characters escaped. Errors go to standard error without a "
        "traceback; `AIOS_DEBUG=1` shows it.",
        f"## Exit codes\n\n| code | name | |\n|---|---|---|\n{_exit_codes()}",
        f"## aios\n\n```text\n{_help()}```",
    ]
    for name, entry in COMMANDS.items():
        if isinstance(entry, Group):
            parts.append(f"## aios {name}\n\n```text\n{_help(name)}```")
            parts += [f"### aios {name} {word}\n\n```text\n{_help(name, word)}```" for word in entry.commands]
        else:
            parts.append(f"## aios {name}\n\n```text\n{_help(name)}```")
    return "\n\n".join(parts) + "\n"


def _exit_codes() -> str:
    source = inspect.getsource(Exit)
    return "\n".join(f"| {code} | `{name}` | {about} |" for about, name, code in re.findall(r"#: (.+)\n\s+(\w+) = (\d+)", source))


def _help(*words: str) -> str:
    out, before = io.StringIO(), os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with contextlib.redirect_stdout(out):
            main([*words, "--help"])
    finally:
        os.environ.pop("COLUMNS") if before is None else os.environ.update(COLUMNS=before)
    return re.sub(r"[ \t]+$", "", out.getvalue(), flags=re.MULTILINE)


def decisions_page() -> str:
    """The decisions, each by its heading."""
    heads = [(page.name, page.read_text(encoding="utf-8").partition("\n")[0]) for page in sorted(DECISIONS.glob("0*.md"))]
    about = "What was decided that somebody may later want to undo: what, why, what else was tried, what would change our minds."
    listed = "\n".join(f"- [{head.removeprefix('# ')}]({name})" for name, head in heads)
    return f"{_NOTE.replace('code; change the code', 'headings of the pages')}# Decisions\n\n{about}\n\n{listed}\n"


PAGES: dict[Path, Callable[[], str]] = {
    REFERENCE / "stages.md": stages_page,
    REFERENCE / "contract-versions.md": versions_page,
    REFERENCE / "records.md": records_page,
    REFERENCE / "components.md": components_page,
    REFERENCE / "laws.md": laws_page,
    REFERENCE / "testing-strategies.md": functools.partial(_testing_page, "Strategies", "strategies"),
    REFERENCE / "testing-samples.md": functools.partial(_testing_page, "Samples", "samples"),
    REFERENCE / "testing-fakes.md": functools.partial(_testing_page, "Fakes", "fakes"),
    REFERENCE / "cli.md": cli_page,
    DECISIONS / "README.md": decisions_page,
}


if __name__ == "__main__":
    for page, write in PAGES.items():
        page.write_text(write(), encoding="utf-8")
