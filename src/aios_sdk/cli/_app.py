"""The table of commands, and the program that runs the one that was asked for."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from aios_sdk import __version__
from aios_sdk.errors import AiosError

from ._exit import Exit, exit_code

if TYPE_CHECKING:
    import typer


class Command(NamedTuple):
    """Where a command is implemented: ``module`` of this package, ``function`` in it; and its one line of help.

    ``switches`` maps options without a value to the function's arguments. Given nothing else, the function is called without typer, which
    imports pydantic to read even one switch and would double the time of commands that people and shells call often.
    """

    module: str
    function: str
    help: str
    switches: Mapping[str, str] | None = None


class Group(NamedTuple):
    """Commands under a common word."""

    help: str
    commands: Mapping[str, Command]


_PLUGIN: Final = {
    "list": Command(
        "plugin_list", "list_components", "List the components of all installed plugins.", {"--json": "json", "--load": "load"}
    ),
    "new": Command("plugin_new", "new", "Write a plugin that works, with tests and an example."),
    "update": Command("plugin_new", "update", "Bring a plugin's skeleton forward to this aios-sdk."),
    "doctor": Command("plugin_doctor", "doctor", "Say what keeps plugins from working, and the fix.", {"--json": "json"}),
    "lock": Command("plugin_lock", "lock", "Write down exactly which plugins are allowed now.", {"--check": "check"}),
    "inspect": Command("plugin", "inspect", "Print what a component or distribution declares."),
    "build": Command("plugin", "build", "Write the manifest of a package from its code."),
    "check": Command("plugin_check", "check", "Hold a component against the laws of the conformance kit."),
    "laws": Command("plugin_check", "laws", "List the laws of the conformance kit, or explain one."),
}
_STORE: Final = {
    "apply": Command("store", "apply", "Put what is journaled into the database."),
    "export": Command("store_export", "export", "Write the store as Parquet files or as PROV-O."),
    "forget": Command("store_forget", "forget", "Erase what was read of documents."),
    "gc": Command("store_gc", "gc", "Remove blobs that no row refers to."),
    "info": Command("store", "info", "Say what a store holds."),
    "lag": Command("store", "lag", "Say how far the database is behind the journal."),
    "rebuild": Command("store_rebuild", "rebuild", "Make the database again from the journal."),
    "verify": Command("store_verify", "verify", "Read every stored byte again, and name what does not fit."),
    "snapshot": Command("store_snapshot", "snapshot", "Copy the database for readers who take long."),
}
_MODEL: Final = {
    "list": Command("model", "list_models", "List the trained models of a store."),
    "show": Command("model", "show", "Show one version of a model."),
    "train": Command("model_train", "train", "Train a component on examples; the store keeps the model."),
    "evaluate": Command("model_evaluate", "evaluate", "Measure how well a model does on examples."),
    "compare": Command("model_evaluate", "compare", "Compare two models on the same examples."),
    "promote": Command("model", "promote", "Make a version the champion."),
    "rollback": Command("model", "rollback", "Let an alias stand again for what it stood for before."),
}

#: Every command. A name stands here once; its function's parameters are its arguments and options.
COMMANDS: Final[Mapping[str, Command | Group]] = {
    "demo": Command("demo", "demo", "Run the claims example, from files to decisions."),
    "run": Command("run", "run", "Run a pipeline on files and folders, into a store."),
    "replay": Command("replay", "replay", "Compute a recorded run again and report what differs."),
    "show": Command("show", "show", "Show what is read in a file: pages, parts, tables, fields."),
    "convert": Command("convert", "convert", "Write files as Markdown, HTML, JSON or text."),
    "explain": Command("explain", "explain", "Tell where a document's values come from."),
    "calibrate": Command("calibrate", "calibrate", "Learn how often confidences are right, and find thresholds."),
    "sql": Command("sql", "sql", "Ask a store in SQL."),
    "model": Group("Train models from examples, compare them, and choose which one runs work with.", _MODEL),
    "plugin": Group("See, check and build plugins.", _PLUGIN),
    "store": Group("See how a store is doing, and look after it.", _STORE),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments`` (default ``sys.argv``) and return its exit code.

    An `AiosError`, and what the system refuses, is printed as text on standard error; with ``AIOS_DEBUG=1`` it is raised.
    """
    _open_streams()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _run(given)
    except AiosError as error:
        if os.environ.get("AIOS_DEBUG") == "1":
            raise
        sys.stderr.write(f"{error}\n")
        return exit_code(error)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader, such as head, has what it wanted; nothing more may be written, not even at exit.
        _discard(sys.stdout)
        return Exit.FAILED
    except OSError as error:
        if os.environ.get("AIOS_DEBUG") == "1":
            raise
        _discard(sys.stdout)  # which may be what cannot be written
        sys.stderr.write(
            f"[{AiosError.code}] The system refused what aios asked of it: {error}. A disk, the output or a limit of the system "
            "is at its end, or a file is gone. Mend it and run the same command again; AIOS_DEBUG=1 shows where it was.\n"
        )
        return Exit.FAILED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Exit.OK if end.code is None else Exit.FAILED
    return Exit.OK


def _open_streams() -> None:
    """Open those that were closed when the program began, to nowhere: else a file of a store could get the number of standard error."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - as long as the program


def _discard(stream: TextIO) -> None:
    """Let what a stream still holds, and all that comes, go nowhere, so that it cannot fail again at exit."""
    with contextlib.suppress(io.UnsupportedOperation):  # it is no file, where a program calls `main`
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run(given: list[str]) -> None:
    command, rest = _asked_for(given)
    if command is not None and command.switches is not None and set(rest) <= set(command.switches):
        _function(command)(**{command.switches[switch]: True for switch in rest})
        sys.stdout.flush()
        return
    _application(command)(given, prog_name="aios")


def _asked_for(given: Sequence[str]) -> tuple[Command | None, Sequence[str]]:
    entry = COMMANDS.get(given[0]) if given else None
    if isinstance(entry, Group):
        return entry.commands.get(given[1]) if len(given) > 1 else None, given[2:]
    return entry, given[1:]


def _function(command: Command) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(importlib.import_module(f"{__package__}.{command.module}"), command.function)
    return found


def _application(wanted: Command | None) -> typer.Typer:
    import typer

    application = _typer("Automate work on documents with typed plugins, and keep where every value came from.")

    def show_version(asked: bool) -> None:
        if asked:
            typer.echo(f"aios-sdk {__version__}")
            raise typer.Exit

    @application.callback()
    def options(version: bool = typer.Option(False, "--version", help="Print the version.", is_eager=True, callback=show_version)) -> None:
        pass

    for name, entry in COMMANDS.items():
        group = application if isinstance(entry, Command) else _typer(entry.help)
        for word, command in {name: entry}.items() if isinstance(entry, Command) else entry.commands.items():
            # The one line of help stands in lists; a command that is asked for tells more in its docstring.
            if command is wanted:
                group.command(word, short_help=command.help)(_function(command))
            else:
                group.command(word, help=command.help)(_not_asked_for)
        if group is not application:
            application.add_typer(group, name=name)
    return application


def _typer(help: str) -> typer.Typer:
    import typer

    # Rich's panels cost more than the rest of `aios --help` together.
    return typer.Typer(
        help=help,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _not_asked_for() -> None:
    raise AssertionError("a command that was not asked for was called")
