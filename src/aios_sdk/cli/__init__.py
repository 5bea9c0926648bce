"""The command ``aios``: one module a command, imported only when it is called."""

from ._app import main
from ._exit import Exit

__all__ = ["Exit", "main"]
