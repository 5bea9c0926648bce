"""The reference page of the store, made from the schema; ``python -m aios_sdk.store._reference`` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ._schema import MACROS, TABLES, VIEWS, ColumnSpec

_INTRODUCTION = """\
# The store

A store is a folder, `NAME.aios`, that remembers every run, document, value and decision. Ask it in SQL, with any client:

```python
from aios_sdk import Store, connect

with Store("claims.aios") as store:
    print(store.sql("select name, value_num, currency from current_fields where path = 'total'"))

with connect("claims.aios") as connection:
    connection.sql("from conservation").show()
```

`aios sql claims.aios "from current_documents"` does the same in a terminal, `aios explain claims.aios DOCUMENT [FIELD]` tells where a
value comes from, and `aios store info` and `aios store lag` tell how the store is doing. `aios store apply` brings the database up to
date with runs that were killed, or that somebody kept from it; with `--watch` it goes on doing so. Removing, erasing and
exporting: [Keep, forget, take out](../how-to/retention.md).

- `Store.sql` and `aios sql` first fold what was recorded, so their answer holds everything; the answer stands on its own and holds
  nothing open.
- `connect` opens the database read-only and tries again while a fold is under way. Close the connection soon: while it is open nothing
  is folded. `connect(path, snapshot=True)` opens the copy that the last run left, which may be held for as long as you like.
- A plain DuckDB client may open `aios.duckdb` (read-only) or `snapshot.duckdb`; on the former it may have to try again.
- Rows are only ever added. Tables hold every run, so most questions start from a view; the views named `current_...` count nothing twice.
- Every join and grouping of large tables should use `document_id`. Times are in UTC, pages, rows and columns count from 0, text places
  are Unicode code points within a page's text, boxes are 0..1 from the top left of the page as displayed, ends are exclusive.

| in the folder | what it is |
|---|---|
| `store.json` | versions of the layout and schema, and the store's id |
| `journal/` | the truth: what each process recorded; a record is durable once it is here |
| `memo/` | an index of the journal: results by what they were made from, deliveries by place and bytes; made again when it is deleted |
| `blobs/` | bytes of documents, tables (Parquet) and large layers, by SHA-256 |
| `aios.duckdb` | the database, folded from the journal |
| `snapshot.duckdb` | its copy as of the end of the last run |
| `memo/` | where results are found by what they were made from; made again when it is missing |
| `forgetting/` | only while a document is being forgotten, or when that was cut off |
"""

_QUESTIONS = """\
## Questions and answers

```sql
-- Where does this number come from?
select value_text, quote, page + 1 as page, span_document, component, version, config from field_provenance
where name = 'invoice.pdf' and path = 'total' and chosen;

-- What could not be decided?
select name, path, candidates from current_fields where status = 'conflict';

-- What became of the documents of the last run?
select status, count(*) from current_documents group by status;

-- Everything that a field rests on, back to the file.
from lineage_up('<field_id>');

-- What differs between two runs, and why?
select why, detail, count(*) from changed('<run_id>', '<run_id>') group by all;
```
"""


def reference() -> str:
    """The page in Markdown: how to ask, then every view, macro and table with all columns."""
    return "\n".join(_page())


def _page() -> Iterator[str]:
    yield _INTRODUCTION
    yield _QUESTIONS
    yield "## Views\n"
    for view in VIEWS.values():
        yield from _section(view.name, view.description, view.columns)
    yield "## Macros\n"
    for macro in MACROS.values():
        yield from _section(f"{macro.name}({', '.join(macro.parameters)})", macro.description, macro.columns)
    yield "## Tables\n"
    for table in TABLES.values():
        yield from _section(table.name, table.description, table.columns)


def _section(name: str, description: str, columns: tuple[ColumnSpec, ...]) -> Iterator[str]:
    yield f"### {name}\n\n{description}\n\n| column | type | what it holds |\n|---|---|---|"
    yield from (f"| `{column.name}` | {column.type} | {column.description} |" for column in columns)
    yield ""


if __name__ == "__main__":
    sys.stdout.write(reference())
