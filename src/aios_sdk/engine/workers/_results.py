"""What components return: the right kind, as many as asked for, with their tables in the blobs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from ...errors import ContractError
from ...records import Checks, Classification, Extraction, Redactions, Result, Route, Summary, Table
from ...stages import Stage
from ...store import Blobs

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


def results_of(found: Any, count: int, hook: str, component: str) -> list[object]:
    """What a batch companion gave, as many as asked for. Raises `ContractError` otherwise, and whatever its generator raises."""
    try:
        iterator = iter(found)
    except TypeError as error:
        raise ContractError(
            f"{hook} returned {type(found).__name__}, which cannot be iterated", fix="Return a list", component=component
        ) from error
    results = list(islice(iterator, count + 1))
    if len(results) != count:
        many = "more" if len(results) > count else str(len(results))
        raise ContractError(
            f"{hook} gave {many} results for {count} documents",
            fix="Give one for each document, in their order, or in its place the StepError",
            component=component,
        )
    return results


def settled_tables(tables: Sequence[Table], blobs: Blobs, component: str) -> tuple[Table, ...]:
    """The same tables with their Parquet files moved from scratch space into the blobs. Raises `ContractError` for other files."""
    settled = []
    for table in tables:
        if not blobs.exists(table.artifact) and blobs.put_file(Path(table.location)) != table.artifact:
            raise ContractError(
                f"the file of table {table.name!r} is not the one that its artifact names",
                fix="Make tables with Table.from_rows or Table.from_parquet, and leave the file alone afterwards",
                component=component,
            )
        settled.append(msgspec.structs.replace(table, location=str(blobs.path(table.artifact))))
    return tuple(settled)


def settled(found: object, stage: Stage, blobs: Blobs, component: str) -> Result:
    """``found`` as it can be handed on: what ``stage`` returns, with its tables in the blobs. Raises `ContractError` otherwise."""
    result = result_of(found, stage, component)
    if isinstance(result, Extraction) and result.tables:
        return msgspec.structs.replace(result, tables=settled_tables(result.tables, blobs, component))
    return result


def read_result(data: bytes, stage: Stage, component: str) -> Result:
    """The result in ``data``, with every type in it checked. Raises `ContractError` naming what is wrong."""
    try:
        result: Result = _DECODERS[stage].decode(data)
    except Exception as error:  # whatever a record's own checks raise
        raise ContractError(f"{stage} gave what cannot be: {error}", component=component, stage=stage) from error
    return result
