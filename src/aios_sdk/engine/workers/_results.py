"""The kinds of results: which stage returns which."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ...errors import ContractError
from ...records import Checks, Classification, Extraction, Redactions, Result, Route, Summary
from ...stages import Stage

RESULT_OF: Final[dict[str, type[Any]]] = {
    "extract": Extraction,
    "classify": Classification,
    "summarize": Summary,
    "check": Checks,
    "redact": Redactions,
    "route": Route,
}

_DECODERS: Final = {stage: msgspec.msgpack.Decoder(kind) for stage, kind in RESULT_OF.items()}


def result_of(found: object, stage: Stage, component: str) -> Result:
    """``found``, if it is what ``stage`` returns. Raises `ContractError` otherwise."""
    wanted = RESULT_OF[stage]
    if not isinstance(found, wanted):
        raise ContractError(
            f"{stage} returned {type(found).__name__}, not {wanted.__name__}",
            fix=f"Return {wanted.__name__}(...)",
            component=component,
            stage=stage,
        )
    result: Result = found
    return result


def read_result(data: bytes, stage: Stage, component: str) -> Result:
    """The result in ``data``, with every type in it checked. Raises `ContractError` naming what is wrong."""
    try:
        result: Result = _DECODERS[stage].decode(data)
    except Exception as error:  # whatever a record's own checks raise
        raise ContractError(f"{stage} gave what cannot be: {error}", component=component, stage=stage) from error
    return result
