"""The tables of a store, column by column: what is journaled; and the form in which tables, views and macros are described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class ColumnSpec(msgspec.Struct, frozen=True):
    """A column: its name, its DuckDB type and what it holds."""

    name: str
    type: str
    description: str


class TableSpec(msgspec.Struct, frozen=True):
    """A table; ``number`` is the kind of its records in the journal and never changes (0: not journaled)."""

    number: int
    name: str
    columns: tuple[ColumnSpec, ...]
    description: str


class ViewSpec(msgspec.Struct, frozen=True):
    """A view: its query, and what each of its columns holds."""

    name: str
    columns: tuple[ColumnSpec, ...]
    description: str
    sql: str


class MacroSpec(msgspec.Struct, frozen=True):
    """A table macro: its parameters, its query, and what each of its columns holds."""

    name: str
    parameters: tuple[str, ...]
    columns: tuple[ColumnSpec, ...]
    description: str
    sql: str


def columns_of(lines: str) -> tuple[ColumnSpec, ...]:
    """Columns out of lines of ``name TYPE description``."""
    return tuple(ColumnSpec(*line.split(None, 2)) for line in lines.splitlines() if line.strip())


def view(name: str, description: str, lines: str, sql: str) -> ViewSpec:
    """A view with columns out of ``lines``."""
    return ViewSpec(name, columns_of(lines), description, sql)


def _table(number: int, name: str, description: str, lines: str) -> TableSpec:
    return TableSpec(number, name, columns_of(lines), description)


_SPAN = """
    quote VARCHAR the value as printed at its first span
    artifact_id VARCHAR page text or table that the first span lies in (content_id for a box alone)
    span_document_id VARCHAR document that the first span lies in; empty for a part or the whole (field_provenance finds it)
    page BIGINT page of the first span, from 0
    char_start BIGINT first code point of the first span in that page's text
    char_end BIGINT code point after the last
    box_x0 DOUBLE left edge of the first span, 0..1 of the page's width
    box_y0 DOUBLE upper edge, 0..1 of the page's height from the top
    box_x1 DOUBLE right edge
    box_y1 DOUBLE lower edge
    table_row BIGINT row of the first span in its table, from 0
    table_column BIGINT column of the first span in its table, from 0
    span_count BIGINT how many spans there are
    spans JSON all spans, in order; null when the columns above say it all
"""

_OWNER = """
    run_id VARCHAR run
    document_id VARCHAR document or case
    attempt_id VARCHAR attempt that gave it
    step VARCHAR step that gave it
    ordinal BIGINT place among the document's items of this kind, from 0
"""

_ALL: Final = (
    _table(
        0,
        "applied_segments",
        "How far each writer's journal has been folded into this database; the position is the greatest one.",
        """
        writer VARCHAR writer (one process) whose journal it is
        segment BIGINT segment of that journal
        byte_offset BIGINT end of what was applied in that segment, in bytes
        groups BIGINT groups of records applied by this fold
        row_count BIGINT rows applied by this fold
        applied_at TIMESTAMPTZ when
    """,
    ),
    _table(
        1,
        "runs",
        "Events of runs: a row when one starts, another when it ends; without the second it is under way or was killed.",
        """
        run_id VARCHAR run; ids sort by the time of their start
        event VARCHAR started or finished
        occurred_at TIMESTAMPTZ when
        pipeline VARCHAR name of the pipeline
        pipeline_version VARCHAR SHA-256 of the pipeline's canonical form
        sdk VARCHAR version of aios-sdk
        inputs VARCHAR[] inputs as given
        status VARCHAR how it finished: completed, interrupted or failed; empty when started
        counts JSON what the engine counted, by name; null when started
    """,
    ),
    _table(
        2,
        "pipelines",
        "The pipeline of each run, as it was compiled.",
        """
        run_id VARCHAR run
        pipeline VARCHAR name
        pipeline_version VARCHAR SHA-256 of its canonical form
        definition JSON canonical form
        resolve VARCHAR[] steps whose values win over others', first first
    """,
    ),
    _table(
        3,
        "plugins",
        "Which component did the work of a step in a run: one row for each run, step and component.",
        """
        run_id VARCHAR run
        step VARCHAR step
        stage VARCHAR ingest, extract, classify, summarize, check, redact or route
        component VARCHAR component, as namespace.name
        version VARCHAR its version
        distribution VARCHAR package it came from
        code_digest VARCHAR SHA-256 of its code
        config_digest VARCHAR SHA-256 of its configuration
        config JSON configuration
        model VARCHAR models it worked with, each as name@version#sha256 or path#sha256
        deterministic VARCHAR true, false or seeded
        rejected JSON candidates that were not chosen, with the reason
        files_digest VARCHAR SHA-256 over the files of its package as installed, as in a lock; empty for code of the program itself
        isolation VARCHAR inline, async or process, as declared
        network VARCHAR[] hosts that it declares to reach
        secrets VARCHAR[] names of the secrets that it declares to need; values are never recorded
        programs VARCHAR[] external programs that it declares to need
        memory_mb BIGINT memory that it declares to need, MiB; 0 when it says nothing
        gpu BOOLEAN true when it declares to need a GPU
    """,
    ),
    _table(
        4,
        "model_uses",
        "Which models a step's component worked with in a run.",
        """
        run_id VARCHAR run
        step VARCHAR step
        component VARCHAR component
        model VARCHAR name@version of a model of the store, path of another, or what the component declares
        model_digest VARCHAR SHA-256 of the model's files; empty where the component only declares which it has
        reference VARCHAR how the configuration names it, such as name@champion; empty where it does not
    """,
    ),
    _table(
        5,
        "documents",
        "Everything that a run found: files, parts of files, cases, and mere containers such as folders.",
        """
        run_id VARCHAR run that found it
        document_id VARCHAR one delivery of these bytes; the same in every run
        found_at TIMESTAMPTZ when
        kind VARCHAR file, part, case, or container (folder, archive: holds others and is no document itself)
        name VARCHAR file name as given
        key VARCHAR what the delivery is known by: path under its input root, message id; empty for a part
        path VARCHAR where it was read from
        media_type VARCHAR as detected from the bytes
        media_declared VARCHAR what the name promises, or the sender declared, where the bytes are of another type; empty where they agree
        content_id VARCHAR SHA-256 of the bytes
        bytes BIGINT size
        parent_id VARCHAR document it is a part of; empty for others
        position BIGINT place among the parent's parts, from 0
        root_id VARCHAR outermost document of its tree
        thread VARCHAR what its conversation is known by
        supersedes VARCHAR document_id of the earlier delivery with the same key and other bytes
        page_start BIGINT of a document that was split off a packet, its first page there, from 0; null for others
        page_end BIGINT page after its last
        content BLOB the bytes themselves when there are at most 16 KiB; else they are the blob content_id
    """,
    ),
    _table(
        6,
        "members",
        "The documents of each case.",
        """
        run_id VARCHAR run
        document_id VARCHAR case
        ordinal BIGINT place in the case, from 0
        member_id VARCHAR document_id of the member
        status VARCHAR how the member ended
        duplicate_of VARCHAR document that brought the same bytes first; empty when it was this one
        layers VARCHAR[] layers of the member that the case has at hand
    """,
    ),
    _table(
        7,
        "attempts",
        "One final row for each attempt of a step at a document.",
        """
        attempt_id VARCHAR attempt
        run_id VARCHAR run
        document_id VARCHAR document or case
        step VARCHAR step
        stage VARCHAR ingest, extract, classify, summarize, check, redact or route
        component VARCHAR component that worked; empty when none was chosen
        version VARCHAR its version
        code_digest VARCHAR SHA-256 of its code
        config_digest VARCHAR SHA-256 of its configuration
        model VARCHAR models it worked with, each as name@version#sha256 or path#sha256
        status VARCHAR ok, partial, unsupported, failed or skipped
        category VARCHAR kind of trouble, as in failures; empty when none
        message VARCHAR what happened, in words
        cache VARCHAR hit (taken from an earlier attempt), miss, or none (cannot be memoized)
        memo_key VARCHAR key under which the result is kept
        started_at TIMESTAMPTZ when the work began
        wall_seconds DOUBLE time from start to end
        cpu_seconds DOUBLE processor time; of one document at a time in the engine's process the wall time, and 0 where that is async
        queue_seconds DOUBLE time spent waiting before
        peak_rss BIGINT greatest memory of the worker and all it started, bytes; null when nobody could look
        tokens BIGINT tokens of a language model
        cost DECIMAL(38,10) cost as reported by the component
        units BIGINT pages, blocks of rows or documents worked on
    """,
    ),
    _table(
        8,
        "artifacts",
        "What each attempt added to each layer of its document; documents are put together again from these.",
        """
        artifact_id VARCHAR SHA-256 of the canonical JSON
        run_id VARCHAR run
        document_id VARCHAR document or case
        attempt_id VARCHAR attempt that added it
        step VARCHAR step
        layer VARCHAR pages, text, words, regions, tables, fields, labels, summary, checks, redactions or route
        ordinal BIGINT place of its first item in the document's layer, from 0
        items BIGINT number of items
        bytes BIGINT size of the canonical JSON
        content VARCHAR the JSON itself up to 16 KiB; null when it lies in the blob artifact_id
    """,
    ),
    _table(
        9,
        "pages",
        "Pages as displayed and the readings of their text: a row for each page a step described or read.",
        """
        run_id VARCHAR run
        document_id VARCHAR document
        attempt_id VARCHAR attempt
        step VARCHAR step
        page BIGINT page, from 0
        width DOUBLE points (1/72 inch) after rotation; null where this step only read the text
        height DOUBLE points after rotation
        rotation BIGINT degrees clockwise
        page_label VARCHAR printed number
        text_artifact VARCHAR id of this reading of the text; null where the step gave none
        method VARCHAR embedded, ocr or derived
        ocr_reason VARCHAR why this method was taken
        language VARCHAR language of the text
        characters BIGINT code points of the text
        words BIGINT words with boxes
        confidence DOUBLE of the reading, 0..1
        mean_confidence DOUBLE mean confidence of the words, 0..1
        ink DOUBLE share of the page that is dark on light ground, 0..1; null where no picture of it was measured
        sharpness DOUBLE how steep its edges are, 0..1
        skew DOUBLE degrees by which its lines lean clockwise
        turned BIGINT degrees by which its content is turned clockwise from how it is read: 0, 90, 180 or 270
    """,
    ),
    _table(
        10,
        "tables",
        "Tables found in documents; the rows are the Parquet blob artifact_id.",
        _OWNER
        + """
        artifact_id VARCHAR SHA-256 of the Parquet file, and its name among the blobs
        name VARCHAR name
        page BIGINT page or sheet, from 0
        row_count BIGINT rows
        column_count BIGINT columns
        rejected BIGINT rows of the original that could not be read
        columns JSON names and DuckDB types
    """,
    ),
    _table(
        11,
        "fields",
        "Every reading of every value, not yet resolved (see current_fields).",
        "field_id VARCHAR field"
        + _OWNER
        + """
        path VARCHAR where the value belongs, such as total or lines[0].total
        type VARCHAR text, integer, decimal, boolean, date or datetime
        value_text VARCHAR value as text
        value_num DECIMAL(38,10) number; null when none, or too long (whole in value_text)
        value_date DATE date; of a datetime the day in UTC
        currency VARCHAR ISO 4217 code of an amount
        normalised VARCHAR value as it is compared between candidates
        status VARCHAR extracted, derived or ungrounded
        confidence DOUBLE calibrated, 0..1
        raw_confidence DOUBLE as the component gave it, 0..1
        alternatives JSON other readings, best first
        inputs JSON items a derived field was made of
    """
        + _SPAN,
    ),
    _table(
        12,
        "labels",
        "Every label given to a document or page (see current_labels).",
        "label_id VARCHAR label"
        + _OWNER
        + """
        taxonomy VARCHAR taxonomy the value is out of
        value VARCHAR class; empty when the component abstained
        confidence DOUBLE calibrated, 0..1
        raw_confidence DOUBLE as the component gave it, 0..1
        label_page BIGINT page it is given to, from 0; null for the whole document
        abstained BOOLEAN true when the component would not say
        alternatives JSON other classes, best first
    """
        + _SPAN,
    ),
    _table(
        13,
        "summaries",
        "Summaries of documents and cases.",
        "summary_id VARCHAR summary"
        + _OWNER
        + """
        method VARCHAR how it was made
        summary VARCHAR text
        sentence_count BIGINT sentences
        sentences JSON sentences, each with its spans
    """,
    ),
    _table(
        14,
        "checks",
        "Verdicts of rules (see current_checks).",
        "check_id VARCHAR check"
        + _OWNER
        + """
        rule VARCHAR rule
        passed BOOLEAN verdict; null where it cannot be known
        severity VARCHAR info, warning or error
        message VARCHAR why, in words
        inputs JSON items the verdict rests on
    """,
    ),
    _table(
        15,
        "redactions",
        "Places to mask; the masked text itself is not repeated here.",
        "redaction_id VARCHAR redaction"
        + _OWNER
        + """
        kind VARCHAR what is there: iban, person ...
        confidence DOUBLE 0..1
        artifact_id VARCHAR page text or table it lies in
        page BIGINT page, from 0
        char_start BIGINT first code point in that page's text
        char_end BIGINT code point after the last
        box_x0 DOUBLE left edge, 0..1 of the page's width
        box_y0 DOUBLE upper edge, 0..1 of the page's height from the top
        box_x1 DOUBLE right edge
        box_y1 DOUBLE lower edge
        table_row BIGINT row in its table, from 0
        table_column BIGINT column in its table, from 0
    """,
    ),
    _table(
        16,
        "routes",
        "Decisions where a document or case goes (see current_routes).",
        "route_id VARCHAR route"
        + _OWNER
        + """
        destination VARCHAR where it goes
        review BOOLEAN true when a person is to look first
        confidence DOUBLE 0..1
        reasons JSON why, each with the items it rests on
    """,
    ),
    _table(
        17,
        "failures",
        "Everything that went wrong: a row for each failed page, block of rows or document.",
        """
        run_id VARCHAR run
        document_id VARCHAR document or case
        attempt_id VARCHAR attempt
        step VARCHAR step
        stage VARCHAR stage
        component VARCHAR component
        version VARCHAR its version
        failed_at TIMESTAMPTZ when the attempt ended
        page BIGINT page, from 0; null for the whole document
        category VARCHAR unsupported, malformed, encrypted, limit, timeout, unavailable, retryable, contract or internal
        message VARCHAR what happened, the likely cause and the next step
        retryable BOOLEAN true when the same call may work later
    """,
    ),
    _table(
        18,
        "edges",
        "What rests on what, where no column of another table says so; the view lineage has all edges.",
        """
        run_id VARCHAR run
        document_id VARCHAR document or case of the target
        attempt_id VARCHAR attempt that drew it
        source_kind VARCHAR document, text, table, field, label or check
        source_id VARCHAR where it comes from
        source_document_id VARCHAR document that holds the source; empty when not known
        target_kind VARCHAR what rests on the source
        target_id VARCHAR id of that
        relation VARCHAR derived, rests_on or view_of (the text of a page, of that in the packet that its document was split off)
    """,
    ),
    _table(
        19,
        "outcomes",
        "How each document and case ended in each run, once.",
        """
        run_id VARCHAR run
        document_id VARCHAR document or case
        ended_at TIMESTAMPTZ when
        status VARCHAR completed, partial, failed or refused
        kind VARCHAR file, part, case, or container (turned out to hold only others)
        thread VARCHAR what its conversation is known by
        steps JSON how each step ended
        memo_key VARCHAR key under which all of it is kept, for the document to be recalled whole; empty when it cannot be
    """,
    ),
    _table(
        20,
        "recalls",
        "Documents that came again unchanged: for each the other tables have what an earlier run recorded, as this run's.",
        """
        run_id VARCHAR run that recalled it
        document_id VARCHAR document
        recalled_at TIMESTAMPTZ when
        from_run VARCHAR run that recorded it
        writer VARCHAR writer in whose journal that lies
        segment BIGINT segment of that journal
        byte_offset BIGINT where it begins in the segment
    """,
    ),
    _table(
        21,
        "forgotten",
        "What was erased by `aios store forget`: a row for each document, part and case, each time that it was.",
        """
        document_id VARCHAR document, part or case that was forgotten
        asked_for VARCHAR document that was to be forgotten: the same, that of which it is a part, or a member of the case
        forgotten_at TIMESTAMPTZ when
        forgotten_by VARCHAR who asked for it
        records BIGINT records of the journal that were erased for it
    """,
    ),
    _table(
        22,
        "regions",
        "The parts of pages in reading order: headings, paragraphs, lists, tables, links.",
        _OWNER
        + """
        page BIGINT page, from 0
        kind VARCHAR title, heading, paragraph, list_item, table, picture, caption, header, footer, footnote, comment, code, formula, link
        level BIGINT of a heading 1 and deeper, of a list item how deep it lies; else 0
        text VARCHAR what a title, heading, caption or link says, up to 500 code points; null for others
        text_artifact VARCHAR id of the page text that it is a range of
        char_start BIGINT first code point in that text
        char_end BIGINT code point after the last
        box_x0 DOUBLE left edge, 0..1 of the page's width; null where its place on the page is not known
        box_y0 DOUBLE upper edge, 0..1 of the page's height from the top
        box_x1 DOUBLE right edge
        box_y1 DOUBLE lower edge
        target VARCHAR of a table its artifact_id, of a link where it leads, of a picture the name of the part that holds it
    """,
    ),
    _table(
        23,
        "models",
        "The versions of trained models that were added to the store (see current_models).",
        """
        name VARCHAR name
        version BIGINT version, from 1
        digest VARCHAR SHA-256 over the paths, sizes and SHA-256 of its files
        task VARCHAR what it is for: classification, extraction ...
        format VARCHAR format of its files: skops, onnx, safetensors, json ...
        component VARCHAR component that trained it
        component_version VARCHAR its version
        code_digest VARCHAR SHA-256 of its code
        config JSON configuration with which it was trained
        classes VARCHAR[] classes that it tells apart, or paths of the fields that it finds
        metrics JSON what training measured on examples that it was not fitted to
        examples BIGINT how many examples it was trained on
        examples_digest VARCHAR SHA-256 over their documents' contents, labels, values and sources
        trained_on VARCHAR[] first 16 digits of the content_id of each document that it was trained on, sorted
        card VARCHAR what people should know of it, as Markdown
        created_at TIMESTAMPTZ when it was added
        created_by VARCHAR who added it
    """,
    ),
    _table(
        24,
        "model_files",
        "The files of each version of a model; their bytes are blobs.",
        """
        name VARCHAR model
        version BIGINT version
        path VARCHAR place in the model's folder
        bytes BIGINT size
        blob_id VARCHAR SHA-256 of its bytes, and its name among the blobs
    """,
    ),
    _table(
        25,
        "model_aliases",
        "What each alias of a model stood for, from the first to the last (see current_models).",
        """
        name VARCHAR model
        alias VARCHAR champion, challenger or another
        change BIGINT number of the change of this alias, from 1; the last one counts
        version BIGINT version that it stands for from then on
        replaced BIGINT version that it stood for before; null for the first
        event VARCHAR set, or rolled_back to what it was before
        reason VARCHAR why
        set_at TIMESTAMPTZ when
        set_by VARCHAR who did it
    """,
    ),
    _table(
        26,
        "model_evaluations",
        "What versions of models were measured to do, on examples that they were not trained on.",
        """
        name VARCHAR model
        version BIGINT version
        evaluated_at TIMESTAMPTZ when
        component VARCHAR component that worked with it
        component_version VARCHAR its version
        examples BIGINT how many examples
        examples_digest VARCHAR SHA-256 over their documents' contents, labels, values and sources
        left_out BIGINT examples that were given and not taken, since the model was trained on their documents
        measure VARCHAR the figure by which models are compared: accuracy or f1
        value DOUBLE that figure
        low DOUBLE lower end of its 95% interval
        high DOUBLE upper end
        metrics JSON all figures by name, each with its interval
    """,
    ),
)

#: All tables by name.
TABLES: Final[Mapping[str, TableSpec]] = {table.name: table for table in _ALL}
