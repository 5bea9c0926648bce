"""The view of columns: what the tables of current documents hold, column by column."""

from __future__ import annotations

from typing import Final

from ._tables import view

CURRENT_COLUMNS: Final = view(
    "current_columns",
    "One row for each column of each table of a current document, with its profile where the step that gave the table made one.",
    """
    document_id VARCHAR document
    run_id VARCHAR latest run that has an outcome for it
    name VARCHAR file name of the document
    artifact_id VARCHAR table: SHA-256 of its Parquet file
    table_name VARCHAR name of the table
    page BIGINT page or sheet, from 0
    ordinal BIGINT place of the column in its table, from 0
    column_name VARCHAR name of the column
    type VARCHAR DuckDB type
    nulls BIGINT cells without a value; null, as all that follows, where no profile was made
    distinct_count BIGINT different values
    least VARCHAR least value, as text
    greatest VARCHAR greatest value, as text
    common JSON most common values that stand there more than once, as pairs of value and count
    """,
    """
    SELECT t.document_id, t.run_id, d.name, t.artifact_id, t.name AS table_name, t.page, c.ordinal,
           t.columns->c.ordinal->>'name' AS column_name, t.columns->c.ordinal->>'type' AS type,
           (t.columns->c.ordinal->>'nulls')::BIGINT AS nulls, (t.columns->c.ordinal->>'distinct')::BIGINT AS distinct_count,
           t.columns->c.ordinal->>'least' AS least, t.columns->c.ordinal->>'greatest' AS greatest,
           t.columns->c.ordinal->'common' AS common
    FROM tables t
    JOIN current_documents d ON d.document_id = t.document_id AND d.run_id = t.run_id
    CROSS JOIN unnest(range(t.column_count)) AS c(ordinal)
    """,
)
