"""Who is asked over the network, whether that was declared, and pulling the plug."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any, Final
from urllib.parse import urlsplit

_LOOKUPS: Final = ("socket.getaddrinfo", "socket.gethostbyname")
_CONTACTS: Final = ("socket.connect", "socket.sendto")
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")


def undeclared(hosts: Iterable[str], declared: Sequence[str]) -> list[str]:
    """Those of ``hosts``, in the order in which they were asked, that lie outside of this machine and are not ``declared``.

    What is declared may begin with ``*.`` for all hosts below a domain, and may name a port. After a declared name was looked up, addresses
    count as declared, since they come of that. Proxies that the environment names are the user's own wish.
    """
    found: list[str] = []
    looked_up = False
    for host in hosts:
        if not _is_host(host) or is_here(host) or _bare(host) in _proxies():
            continue
        if is_declared(host, declared):
            looked_up = looked_up or _address(host) is None
        elif not looked_up or _address(host) is None:
            found.append(host)
    return list(dict.fromkeys(found))


def is_declared(host: str, declared: Iterable[str]) -> bool:
    """Whether ``host`` is one of those declared, or below one that begins with ``*.``."""
    return any(fnmatchcase(_bare(host), _bare(name)) for name in declared)


def is_here(host: str) -> bool:
    """Whether ``host`` is this machine: its loopback addresses by number or name."""
    address = _address(host)
    if address is not None:
        return address.is_loopback or address.is_unspecified
    return _bare(host) == "localhost" or _bare(host).endswith(".localhost")


def _bare(name: str) -> str:
    """A host as it is compared: in small letters, without a port and a dot at its end."""
    name = name.strip().casefold().rstrip(".")
    return name.rpartition(":")[0] if name.count(":") == 1 else name


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(_bare(host).partition("%")[0])
    except ValueError:
        return None


def _is_host(host: str) -> bool:
    # Sockets within one machine have a path or a number for an address.
    return host not in ("", "None") and not host.startswith(("/", "\0")) and not host.isdigit()


def _proxies() -> set[str]:
    named = (value for name, value in os.environ.items() if name.casefold() in _PROXIES)
    return {host for value in named if (host := urlsplit(value if "//" in value else f"//{value}").hostname)}


_unplugged: Final[list[tuple[Sequence[str], list[str]]]] = []
_lock: Final = threading.Lock()
_hooked = False


@contextmanager
def offline(declared: Sequence[str]) -> Iterator[list[str]]:
    """Within the block nobody beyond this machine can be reached, and nobody who is ``declared``; the list holds the hosts that were asked.

    Names are not found and connections fail with the errors that a machine without a network gives, in all of this process, as far as it
    asks through Python.
    """
    global _hooked  # noqa: PLW0603  audit hooks can never be taken away, so there is one
    with _lock:
        if not _hooked:
            sys.addaudithook(_hook)
            _hooked = True
    entry: tuple[Sequence[str], list[str]] = (declared, [])
    _unplugged.append(entry)
    try:
        yield entry[1]
    finally:
        _unplugged.remove(entry)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _unplugged or event not in (*_LOOKUPS, *_CONTACTS):
        return
    given = arguments[1] if event in _CONTACTS else arguments[0]
    given = given[0] if isinstance(given, tuple) and given else given
    host = os.fsdecode(given) if isinstance(given, str | bytes) else ""
    for declared, asked in _unplugged:
        if _is_host(host) and (is_declared(host, declared) or not is_here(host)):
            asked.append(host)
            if event in _LOOKUPS:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
