"""Documents put together again from their artifacts, exactly as the engine had them."""

from __future__ import annotations

import difflib
import io
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from aios_sdk.errors import StoreError, UsageError
from aios_sdk.records import Document, Layers, Outcome, StepOutcome, decode_layer

from ._blobs import Blobs

if TYPE_CHECKING:
    import duckdb
    from PIL.Image import Image

_STEPS: Final = msgspec.json.Decoder(tuple[StepOutcome, ...])

# Shorter beginnings of an id say too little.
_SHORTEST_PREFIX: Final = 4


class Found(NamedTuple):
    """A document in a run."""

    run_id: str
    document_id: str


class StoreHost:
    """What a document from a store reaches its bytes through."""

    def __init__(self, blobs: Blobs, content: bytes | None = None) -> None:
        self._blobs = blobs
        self._content = content

    def open(self, document: Document) -> BinaryIO:
        """The document's bytes."""
        if not document.content_id:
            raise StoreError(
                f"{document.name or document.kind!r} has no bytes of its own",
                cause="A case is made of other documents",
                fix="Open one of its members",
                document=document.id,
            )
        return io.BytesIO(self._content) if self._content is not None else self._blobs.open(document.content_id)

    def render(self, document: Document, page: int, dpi: int) -> Image:
        """Raises `StoreError`: a store holds bytes and no components."""
        raise StoreError(
            f"Page {page + 1} of {document.name!r} cannot be drawn here",
            cause="The store itself runs no components",
            fix="Use aios explain --png, or bind the document to a host that has the component which ingested it",
            document=document.id,
        )


def find(connection: duckdb.DuckDBPyConnection, which: str, run: str | None, *, all_kinds: bool = False) -> Found:
    """The document that ``which`` (id, key, name or beginning of an id) means, in ``run`` (or its beginning) or the latest.

    With ``all_kinds`` also one that is a mere container, or was forgotten.
    """
    rows: list[tuple[str, str, str]] = connection.execute(
        "SELECT DISTINCT document_id, key, name FROM documents WHERE ($3 OR kind <> 'container') AND "
        "(document_id = $1 OR key = $1 OR name = $1 OR starts_with(document_id, $1)) AND ($2 IS NULL OR starts_with(run_id, $2))",
        [which, run, all_kinds],
    ).fetchall()
    ids = _best_match(rows, which)
    if len(ids) > 1:
        current = {
            row[0]
            for row in connection.execute(
                "SELECT document_id FROM current_documents WHERE list_contains($1, document_id)", [sorted(ids)]
            ).fetchall()
        }
        ids = current if len(current) == 1 else ids
    if len(ids) != 1:
        raise _not_one(connection, which, run, [row for row in rows if row[0] in ids])
    document = ids.pop()
    found = connection.execute(
        "SELECT max(run_id) FROM outcomes WHERE document_id = $1 AND ($2 IS NULL OR starts_with(run_id, $2)) UNION ALL "
        "SELECT max(run_id) FROM documents WHERE document_id = $1 AND ($2 IS NULL OR starts_with(run_id, $2))",
        [document, run],
    ).fetchall()
    latest = Found(found[0][0] or found[1][0], document)
    if not all_kinds:
        _refuse_forgotten(connection, latest)
    return latest


def _refuse_forgotten(connection: duckdb.DuckDBPyConnection, found: Found) -> None:
    rows = connection.execute(
        "SELECT f.forgotten_at, f.forgotten_by FROM forgotten f JOIN documents d ON d.document_id = f.document_id "
        "WHERE d.run_id = $1 AND d.document_id = $2 AND f.forgotten_at >= d.found_at ORDER BY 1 DESC LIMIT 1",
        list(found),
    ).fetchall()
    if rows:
        when, who = rows[0]
        raise UsageError(
            f"Document {found.document_id} was forgotten on {when:%Y-%m-%d} by {who}",
            cause="What was read of it was erased; only that it was processed is still recorded",
            fix=f"See: from attempts where document_id = '{found.document_id}'",
        )


def _best_match(rows: list[tuple[str, str, str]], which: str) -> set[str]:
    for column in range(3):
        matches = {row[0] for row in rows if row[column] == which}
        if matches:
            return matches
    return {row[0] for row in rows if row[0].startswith(which)} if len(which) >= _SHORTEST_PREFIX else set()


def _not_one(connection: duckdb.DuckDBPyConnection, which: str, run: str | None, rows: list[tuple[str, str, str]]) -> UsageError:
    where = f" in run {run}" if run else ""
    if rows:
        listed = "; ".join(sorted(f"{row[0]} {row[1] or row[2]}" for row in rows)[:10])
        return UsageError(
            f"{len(rows)} documents{where} are called {which!r}: {listed}", fix="Give the id of one, or enough of its beginning"
        )
    names = [row[0] for row in connection.execute("SELECT DISTINCT name FROM documents WHERE name <> '' LIMIT 10000").fetchall()]
    near = difflib.get_close_matches(which, names, 3, 0.5)
    return UsageError(
        f"The store holds no document {which!r}{where}",
        cause=f"Near names: {', '.join(near)}" if near else "It was never found by a run, or the name is spelt otherwise",
        fix="Give an id, a name or a key from: from current_documents select document_id, name, key",
    )


def document_of(connection: duckdb.DuckDBPyConnection, blobs: Blobs, found: Found) -> Document:
    """The document as it was at the end of that run, able to open its bytes."""
    rows = connection.execute(
        "SELECT name, kind, media_type, media_declared, content_id, bytes, key, parent_id, position, root_id, "
        "coalesce((SELECT any_value(o.thread) FROM outcomes o WHERE o.run_id = $1 AND o.document_id = $2), thread), supersedes, "
        "page_start, page_end, content "
        "FROM documents WHERE run_id = $1 AND document_id = $2",
        list(found),
    ).fetchall()
    if not rows:
        raise StoreError(
            f"Run {found.run_id} did not find document {found.document_id}",
            cause="Its row is not in the database",
            fix="Fold the store and try again",
            document=found.document_id,
        )
    name, kind, media_type, media_declared, content_id, size, key, parent, position, root, thread, supersedes, start, end, content = rows[0]
    resolve = connection.execute("SELECT any_value(resolve) FROM pipelines WHERE run_id = $1", [found.run_id]).fetchall()[0][0]
    return Document(
        id=found.document_id,
        name=name,
        kind=kind,
        media_type=media_type,
        media_declared=media_declared,
        content_id=content_id,
        size=size,
        key=key,
        parent=parent,
        position=position,
        root=root,
        thread=thread,
        supersedes=supersedes,
        page_range=None if start is None else (start, end),
        resolve=tuple(resolve or ()),
        layers=_layers(connection, blobs, found),
        members=_members(connection, blobs, found),
    ).bind(StoreHost(blobs, content))


def _layers(connection: duckdb.DuckDBPyConnection, blobs: Blobs, found: Found) -> Layers:
    layers: dict[str, list[Any]] = {}
    for layer, content, artifact in connection.execute(
        "SELECT layer, content, artifact_id FROM artifacts WHERE run_id = $1 AND document_id = $2 ORDER BY layer, ordinal", list(found)
    ).fetchall():
        layers.setdefault(layer, []).extend(decode_layer(layer, blobs.read(artifact) if content is None else content))
    if "tables" in layers:
        layers["tables"] = [replace(table, location=str(blobs.path(table.artifact))) for table in layers["tables"]]
    return Layers(**{layer: tuple(items) for layer, items in layers.items()})


def _members(connection: duckdb.DuckDBPyConnection, blobs: Blobs, found: Found) -> tuple[Outcome, ...]:
    rows = connection.execute(
        "SELECT m.member_id, m.status, m.duplicate_of, m.layers, o.steps FROM members m "
        "LEFT JOIN outcomes o ON o.document_id = m.member_id AND o.run_id = m.run_id "
        "WHERE m.run_id = $1 AND m.document_id = $2 ORDER BY m.ordinal",
        list(found),
    ).fetchall()
    return tuple(
        Outcome(
            document=document_of(connection, blobs, Found(found.run_id, member)).only(frozenset(layers)).marked(duplicate_of),
            status=status,
            steps=_STEPS.decode(steps or "[]"),
        )
        for member, status, duplicate_of, layers, steps in rows
    )
