"""The exit codes of ``aios``, all in one place."""

from __future__ import annotations

from enum import IntEnum

from aios_sdk.errors import AiosError, PipelineError, PluginError, StoreError, UsageError


class Exit(IntEnum):
    """What the exit code of a command says."""

    #: All is well.
    OK = 0
    #: The command ended, but documents failed, or a bar was missed.
    FAILED = 1
    #: The command, its configuration or the pipeline cannot be carried out as given.
    USAGE = 2
    #: The store cannot do what was asked.
    STORE = 3
    #: A plugin cannot be used.
    PLUGIN = 4
    #: The user interrupted it; what was acknowledged is safe.
    INTERRUPTED = 130


def exit_code(error: AiosError) -> Exit:
    """The exit code of a command that ended with ``error``."""
    if isinstance(error, PluginError):
        return Exit.PLUGIN
    if isinstance(error, StoreError):
        return Exit.STORE
    return Exit.USAGE if isinstance(error, UsageError | PipelineError) else Exit.FAILED
