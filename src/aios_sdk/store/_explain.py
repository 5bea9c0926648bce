"""Where a value comes from: the chain from a field to the page, the document, the file and the component that read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from aios_sdk.errors import UsageError
from aios_sdk.records import Check, Document, Field, Label, Reason, Reference, Resolved, Route, Span, Table, Words, value_text

from ._blobs import Blobs
from ._documents import Found, document_of
from ._explained import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Verdict

if TYPE_CHECKING:
    import duckdb

# Parts of parts of parts: deeper trees are refused when they are ingested.
_DEEPEST: Final = 64


def explain(connection: duckdb.DuckDBPyConnection, blobs: Blobs, found: Found, path: str | None) -> Explanation:
    """The explanation of the field ``path`` (or label of that taxonomy), or of everything, of a document in a run."""
    return _Explainer(connection, blobs, found).explain(path)


class _Explainer:
    def __init__(self, connection: duckdb.DuckDBPyConnection, blobs: Blobs, found: Found) -> None:
        self._connection = connection
        self._blobs = blobs
        self._run = found.run_id
        self._document = document_of(connection, blobs, found)
        self._documents = {self._document.id: self._document}
        self._makers: dict[str, dict[str, Maker]] = {}
        self._chains: dict[str, list[tuple[Any, ...]]] = {}

    def explain(self, path: str | None) -> Explanation:
        document = self._document
        fields: list[Resolved[Field]] = []
        labels: list[Resolved[Label]] = []
        if path is None:
            fields, labels = list(document.fields.resolved()), list(document.labels.resolved())
        elif path in document.fields:
            fields = [document.fields[path]]
        elif path in document.labels:
            labels = [document.labels[path]]
        else:
            raise self._unknown(path)
        pipeline, version = self._rows("SELECT any_value(pipeline), any_value(pipeline_version) FROM runs WHERE run_id = $1", self._run)[0]
        status = self._rows("SELECT status FROM outcomes WHERE run_id = $1 AND document_id = $2", self._run, document.id)
        return Explanation(
            run_id=self._run,
            pipeline=pipeline or "",
            pipeline_version=version or "",
            status=status[0][0] if status else "under way",
            origins=self._origins(document.id),
            members=tuple(self._origins(member.document.id)[0] for member in document.members),
            findings=tuple(self._finding("field", item) for item in fields) + tuple(self._finding("label", item) for item in labels),
            verdicts=tuple(self._verdict(document.id, check) for check in document.checks.values()),
            decisions=tuple(self._decision(document.id, route, route.reasons) for route in document.layers.route[-1:]),
        )

    def _unknown(self, path: str) -> UsageError:
        names = ", ".join((*self._document.fields, *self._document.labels))
        return UsageError(
            f"Document {self._document.name or self._document.id!r} has no field or label {path!r}",
            cause=f"It has: {names}" if names else "No step found any field",
            fix="Give one of these, or none for all",
            document=self._document.id,
        )

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, list(values)).fetchall()

    def _origins(self, document: str) -> tuple[Origin, ...]:
        chain = self._chain(document)
        names = tuple(row[1] for row in chain)
        return tuple(
            Origin(
                document_id=identity,
                name=name,
                kind=kind,
                media_type=media_type,
                media_declared=media_declared,
                key=key,
                path=path,
                content_id=content,
                bytes=size,
                within=names[number + 1 :],
                file=chain[-1][6],
                ingested_by=self._ingested_by(identity),
            )
            for number, (identity, name, kind, media_type, media_declared, key, path, content, size, _) in enumerate(chain)
        )

    def _chain(self, document: str) -> list[tuple[Any, ...]]:
        """The rows of a document and of what it is a part of, up to the file that was delivered."""
        if document not in self._chains:
            rows: list[tuple[Any, ...]] = []
            above = document
            while above and len(rows) < _DEEPEST:
                found = self._rows(
                    "SELECT document_id, name, kind, media_type, media_declared, key, path, content_id, bytes, parent_id FROM documents "
                    "WHERE run_id = $1 AND document_id = $2",
                    self._run,
                    above,
                )
                rows += found[:1]
                above = found[0][-1] if found else ""
            self._chains[document] = rows
        return self._chains[document]

    # -- candidates ---------------------------------------------------------------------------------------------------

    def _finding(self, kind: Literal["field", "label"], resolved: Resolved[Field] | Resolved[Label]) -> Finding:
        ids = [item.id for item in resolved.candidates]
        verdicts, decisions = self._resting_on(kind, ids)
        return Finding(
            kind=kind,
            name=resolved.name,
            status=resolved.status,
            confidence=resolved.confidence,
            value=None if resolved.value is None else value_text(resolved.value),
            candidates=tuple(self._candidate(item, resolved.chosen) for item in resolved.candidates),
            verdicts=verdicts,
            decisions=decisions,
        )

    def _candidate(self, item: Field | Label, chosen: Field | Label | None) -> Candidate:
        field = item if isinstance(item, Field) else None
        return Candidate(
            id=item.id,
            value=value_text(item.value),
            currency=field.currency if field else "",
            status=field.status if field else "",
            confidence=item.confidence,
            raw_confidence=item.raw_confidence,
            chosen=item is chosen,
            maker=self._maker(self._document.id, item.step, "fields" if field else "labels"),
            places=tuple(self._place(span, self._document) for span in item.spans),
            inputs=field.inputs if field else (),
            evidence=tuple(self._evidence(field.inputs, {field.id})) if field else (),
            alternatives=item.alternatives,
        )

    def _maker(self, document: str, step: str, layer: str) -> Maker:
        found = self._made(document).get(f"{layer} {step}")
        if found is None and self._load(document).page_range is not None:  # it was there before the packet was split
            found = self._made(self._load(document).parent).get(f"{layer} {step}")
        return found or _maker(("", step, *[""] * 6, None, "", "", None))

    def _ingested_by(self, document: str) -> Maker | None:
        loaded = self._load(document)
        reader = document if loaded.page_range is None else loaded.parent
        return next((maker for maker in self._made(reader).values() if maker.stage == "ingest"), None)

    def _made(self, document: str) -> dict[str, Maker]:
        """The attempts that added something to the document, by layer and step."""
        if document not in self._makers:
            rows = self._rows(
                "SELECT r.layer, a.attempt_id, a.step, a.stage, a.component, a.version, p.distribution, a.code_digest, a.config_digest, "
                "p.config, a.model, a.cache, a.started_at FROM artifacts r "
                "JOIN attempts a ON a.document_id = r.document_id AND a.run_id = r.run_id AND a.attempt_id = r.attempt_id "
                "LEFT JOIN plugins p ON p.run_id = a.run_id AND p.step = a.step AND p.component = a.component "
                "WHERE r.run_id = $1 AND r.document_id = $2 ORDER BY r.layer, r.ordinal",
                self._run,
                document,
            )
            self._makers[document] = {f"{row[0]} {row[2]}": _maker(row[1:]) for row in rows}
        return self._makers[document]

    def _evidence(self, references: Sequence[Reference], seen: set[str]) -> Iterator[Place]:
        """Where the items stand that a derived value was made of, through derived ones to those that have a place."""
        for reference in references:
            if reference.id in seen or not reference.document_id:
                continue
            seen.add(reference.id)
            document = self._load(reference.document_id)
            items: tuple[Field | Label, ...] = (*document.layers.fields, *document.layers.labels)
            for item in items:
                if item.id == reference.id:
                    yield from (self._place(span, document) for span in item.spans)
                    if isinstance(item, Field):
                        yield from self._evidence(item.inputs, seen)

    def _place(self, span: Span, of: Document) -> Place:
        document = self._holder(span, of)
        chain = self._chain(document.id)
        page = span.page
        text = next((text for text in document.layers.text if text.artifact == span.artifact), None)
        table = next((table for table in document.tables if table.artifact == span.artifact), None)
        box, method, confidence = span.box, text.method if text else "", text.confidence if text else None
        if text is not None and span.start is not None and span.end is not None:
            words = next((words for words in document.layers.words if words.artifact == span.artifact), None)
            if words is not None:
                box = words.covering(span.start, span.end) if box is None else box
                if method == "embedded":  # and read by OCR where the text of a picture follows it: only these words have confidences
                    confidence = _confidence(words, span.start, span.end)
                    method = "embedded" if confidence is None else "ocr"
        return Place(
            quote=span.quote,
            document_id=document.id,
            document_name=document.name,
            within=tuple(row[1] for row in chain[1:]),
            file=chain[-1][6] if chain else "",
            page=page,
            start=span.start,
            end=span.end,
            box=box,
            row=span.row,
            column=span.column,
            table=table.name if table else "",
            column_name=_column(table, span.column),
            method=method,
            confidence=confidence,
        )

    def _holder(self, span: Span, of: Document) -> Document:
        """The document that ``span`` of an item of ``of`` lies in: itself, a member, or one of its parts."""
        if span.artifact == of.content_id:
            return of
        members = [member.document for member in of.members]
        for document in (of, *members, *self._documents.values()):
            if span.artifact == document.content_id or _holds(document, span.artifact):
                return document
        parts = self._rows(
            "SELECT d.document_id FROM documents d JOIN artifacts a ON a.document_id = d.document_id AND a.run_id = d.run_id "
            "WHERE d.run_id = $1 AND list_contains($2, d.parent_id) AND a.layer IN ('text', 'tables') "
            "GROUP BY d.document_id ORDER BY min(d.position)",
            self._run,
            [of.id, *(member.id for member in members)],
        )
        for (part,) in parts:
            document = self._load(part)
            if _holds(document, span.artifact):
                return document
        return of

    def _load(self, document: str) -> Document:
        if document not in self._documents:
            self._documents[document] = document_of(self._connection, self._blobs, Found(self._run, document))
        return self._documents[document]

    # -- what rests on them -------------------------------------------------------------------------------------------

    def _resting_on(self, kind: str, ids: Sequence[str]) -> tuple[tuple[Verdict, ...], tuple[Decision, ...]]:
        rows = self._rows(
            "WITH RECURSIVE down(kind, id, document_id) AS ("
            " SELECT $1, unnest($2::VARCHAR[]), $3 UNION"
            " SELECT e.target_kind, e.target_id, e.document_id FROM edges e JOIN down"
            " ON e.source_document_id = down.document_id AND e.source_kind = down.kind AND e.source_id = down.id WHERE e.run_id = $4)"
            " SELECT kind, id, document_id FROM down WHERE kind IN ('check', 'route')",
            kind,
            list(ids),
            self._document.id,
            self._run,
        )
        known = {row[1] for row in rows} | set(ids)
        verdicts, decisions = [], []
        for what, identity, holder in sorted(rows):
            document = self._load(holder)
            if what == "check":
                verdicts += [self._verdict(holder, check) for check in document.checks.values() if check.id == identity]
            else:
                decisions += [
                    self._decision(holder, route, [reason for reason in route.reasons if any(ref.id in known for ref in reason.references)])
                    for route in document.layers.route[-1:]
                    if route.id == identity
                ]
        return tuple(verdicts), tuple(decisions)

    def _verdict(self, document: str, check: Check) -> Verdict:
        return Verdict(
            check=check, document_id=document, document_name=self._load(document).name, maker=self._maker(document, check.step, "checks")
        )

    def _decision(self, document: str, route: Route, reasons: Sequence[Reason]) -> Decision:
        return Decision(
            route=route,
            document_id=document,
            document_name=self._load(document).name,
            reasons=tuple(reasons),
            maker=self._maker(document, route.step, "route"),
        )


def _holds(document: Document, artifact: str) -> bool:
    return any(text.artifact == artifact for text in document.layers.text) or any(table.artifact == artifact for table in document.tables)


def _column(table: Table | None, column: int | None) -> str:
    return table.columns[column].name if table and column is not None and column < len(table.columns) else ""


def _maker(row: Sequence[Any]) -> Maker:
    attempt, step, stage, component, version, distribution, code, digest, config, model, cache, started = row
    settings: Mapping[str, Any] = msgspec.json.decode(config) if config else {}
    return Maker(
        attempt_id=attempt,
        step=step,
        stage=stage,
        component=component,
        version=version,
        distribution=distribution or "",
        code_digest=code,
        config_digest=digest,
        config=dict(settings),
        model=model,
        cache=cache,
        started_at=started,
    )


def _confidence(words: Words, start: int, end: int) -> float | None:
    """Mean confidence of the words that touch code points ``start`` to ``end`` and have one; None if none has."""
    touching = (index for index, (first, last) in enumerate(zip(*words.ranges(), strict=True)) if first < end and start < last)
    known = [sure for index in touching if (sure := words.confidence(index)) is not None]
    return sum(known) / len(known) if known else None
