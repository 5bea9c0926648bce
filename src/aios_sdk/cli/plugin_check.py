"""``aios plugin check`` and ``laws``: hold a component against the laws of the conformance kit, and say what they mean."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from aios_sdk.errors import ConfigurationError, UnknownComponent, UsageError
from aios_sdk.plugins import Registry, normalised_distribution

from ._exit import Exit
from ._printing import printable

_SIGNS = {"passed": ".", "broken": "F", "waived": "w", "not applicable": "-", "not reached": " "}


def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A component's id, or a distribution's name for all of its components.")],
    config: Annotated[str, typer.Option(metavar="JSON", help='Its configuration, such as \'{"language": "deu"}\'.')] = "{}",
    tier: Annotated[str, typer.Option(help="The highest tier to ask for: contract, behaviour or operation.")] = "operation",
    law: Annotated[list[str] | None, typer.Option("--law", metavar="LAW", help="Ask this law only; may be given several times.")] = None,
    waive: Annotated[
        list[str] | None, typer.Option(metavar="LAW=REASON", help="A law that is known to be broken, and why; it must be needed.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option("--file", metavar="FILE", help="A file that it is made for, tried first. May be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the generated inputs.")] = 0,
    examples: Annotated[int, typer.Option(min=1, help="Generated inputs for each law.")] = 25,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON report.")] = False,
) -> None:
    """Hold a component against the laws of the conformance kit, and report the first that it breaks.

    The same laws run in pytest: test_mine = aios_sdk.testing.conformance("acme.mine").

    Examples:

      aios plugin check acme.invoice-ocr

      aios plugin check aios-acme --tier contract --json

      aios plugin check zxing.barcodes --file invoice.png
    """
    from aios_sdk.testing import certify
    from aios_sdk.testing._watch import printed

    settings = _settings(config)
    waivers = dict(_waiver(each) for each in waive or ())
    reports = []
    for id in _components(name):
        with _progress(not as_json) as tell, printed():  # what a component prints is no part of the report
            report = certify(
                id,
                config=settings,
                files=file or (),
                waivers=waivers,
                tier=tier,  # type: ignore[arg-type]  # certify checks the word
                laws=law or (),
                seed=seed,
                examples=examples,
                told=tell,
            )
        reports.append(report)
        if not as_json:
            typer.echo(printable(str(report)))
    if as_json:
        found = [json.loads(report.to_json()) for report in reports]
        typer.echo(json.dumps(found[0] if len(found) == 1 else found, indent=2, ensure_ascii=False))
    if not all(report.ok for report in reports):
        raise typer.Exit(Exit.PLUGIN)


def laws(name: Annotated[str | None, typer.Argument(metavar="[LAW]", help="A law to explain; all are listed without one.")] = None) -> None:
    """List the laws of the conformance kit, or explain one: what it means, why it matters, and what to do."""
    from aios_sdk.plugins._names import near
    from aios_sdk.testing import LAWS

    if name is None:
        width = max(map(len, LAWS))
        for each in LAWS.values():
            typer.echo(f"{each.tier:<9}  {each.id:<{width}}  {each.title}")
        return
    if name not in LAWS:
        raise UsageError(f"There is no law {name!r}", fix=near(name, LAWS) or "See `aios plugin laws`")
    found = LAWS[name]
    typer.echo(f"{found.id} ({found.tier})\n\n{found.title}\n\n{found.text}")


@contextmanager
def _progress(shown: bool) -> Iterator[Callable[[Any], None]]:
    """A sign for each verdict on standard error, when that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield lambda verdict: None
        return
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as terminal:
        yield lambda verdict: print(_SIGNS[verdict.status], end="", flush=True, file=terminal)
        print(file=terminal)


def _components(name: str) -> list[str]:
    registry = Registry.default()
    mine = [plugin for plugin in registry.plugins if normalised_distribution(plugin.name) == normalised_distribution(name)]
    if mine:
        return [entry.info.id for plugin in mine for entry in plugin.entries]
    known = {entry.info.id for entry in registry.entries}
    id = name if name in known else f"aios.{name}"
    if id not in known:
        raise UnknownComponent(f"There is no component and no distribution {name!r}", fix="See `aios plugin list`")
    return [id]


def _settings(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"--config is no JSON: {error}", fix='Write it as \'{"key": "value"}\'') from error
    if not isinstance(found, dict):
        raise ConfigurationError("--config is no JSON object", fix='Write it as \'{"key": "value"}\'')
    return found


def _waiver(text: str) -> tuple[str, str]:
    law, given, reason = text.partition("=")
    if not given:
        raise UsageError(f"--waive {text!r} has no reason", fix="Write --waive LAW=REASON")
    return law.strip(), reason.strip()
