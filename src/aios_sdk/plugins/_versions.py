"""The ranges that manifests give of the SDK's version."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

_CLAUSE: Final = re.compile(r"(>=|<=|==|!=|>|<)\s*(\d+(?:\.\d+)*)")
_COMPARE: Final[Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip


def in_range(version: str, clauses: str) -> bool:
    """Whether ``version`` fulfils all ``clauses``, such as ``>=0.1,<0.2``; suffixes of the version such as ``.dev1`` do not count.

    Raises ``ValueError`` naming the clause that is none. A small part of PEP 440, so that listing plugins imports no parser of it.
    """
    parsed = []
    for clause in filter(None, (part.strip() for part in clauses.split(","))):
        match = _CLAUSE.fullmatch(clause)
        if match is None:
            raise ValueError(f"{clause!r} is no version clause; write for example '>=0.1,<0.2'")
        parsed.append((match[1], _release(match[2])))
    return all(_COMPARE[sign](_release(version), bound) for sign, bound in parsed)


def _release(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
