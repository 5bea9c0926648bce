"""Who does it, for the record."""

from __future__ import annotations

import getpass
import os


def user() -> str:
    """The user of the system, by name where there is one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a process without a user of a name, as in many containers
        return f"user {os.getuid()}"
