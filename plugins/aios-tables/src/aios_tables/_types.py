"""The types of columns that are all text, found over every row and never guessed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import duckdb

_SAMPLE: Final = 2000
_AT_ONCE: Final = 64
_VALUE: Final = "nullif(trim({column}), '')"


class _Type(NamedTuple):
    """A type: what each value ``{v}`` must pass, what the whole column must pass, and the value as the type's cast reads it."""

    name: str
    test: str
    whole: str = "true"
    plain: str = "{v}"


def _matches(pattern: str) -> str:
    return "regexp_full_match({v}, '" + pattern.replace("{", "{{").replace("}", "}}") + "')"


def _day(form: str, other: str = "") -> _Type:
    """Dates of one form; where ``other`` reads the whole column too, nobody knows which is meant, and it stays text."""
    whole = f"count_if(try_strptime({{v}}, '{other}') IS NULL AND {{v}} IS NOT NULL) > 0" if other else "true"
    return _Type("DATE", f"try_strptime({{v}}, '{form}') IS NOT NULL", whole, f"strptime({{v}}, '{form}')")


def _grouped(comma: str, point: str) -> _Type:
    """Numbers with digits in groups of three: only where some value shows beyond doubt which mark is the decimal point."""
    c, p = re.escape(comma), re.escape(point)
    number = f"-?([1-9][0-9]{{0,2}}({c}[0-9]{{3}}){{0,8}}|0|[1-9][0-9]{{0,27}})({p}[0-9]{{1,10}})?"
    proof = f".*{p}([0-9]{{1,2}}|[0-9]{{4,}})|.*{c}[0-9]{{3}}[{comma}{point}].*"
    return _Type("DECIMAL", _matches(number), f"count_if({_matches(proof)}) > 0", f"replace(replace({{v}}, '{comma}', ''), '{point}', '.')")


_ISO_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_TYPES: Final = (
    _Type("BOOLEAN", "lower({v}) IN ('true', 'false')"),
    # Leading zeros and plus signs belong to codes and telephone numbers, which stay text.
    _Type("BIGINT", _matches("-?(0|[1-9][0-9]{0,18})") + " AND try_cast({v} AS BIGINT) IS NOT NULL"),
    _Type("DECIMAL", _matches(r"-?((0|[1-9][0-9]{0,27})(\.[0-9]{1,10})?|\.[0-9]{1,10})")),
    _grouped(",", "."),
    _grouped(".", ","),
    _Type(
        "DOUBLE",
        _matches(r"-?((0|[1-9][0-9]{0,14})(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?|[nN]a[nN]|-?[iI]nf")
        + " AND try_cast({v} AS DOUBLE) IS NOT NULL",
        "count_if(isfinite(try_cast({v} AS DOUBLE))) > 0",
    ),
    _Type("DATE", _matches("[0-9]{4}-[0-9]{2}-[0-9]{2}") + " AND try_cast({v} AS DATE) IS NOT NULL"),
    _day("%d.%m.%Y"),
    _day("%Y/%m/%d"),
    _day("%d/%m/%Y", "%m/%d/%Y"),
    _day("%m/%d/%Y", "%d/%m/%Y"),
    _day("%d-%m-%Y", "%m-%d-%Y"),
    _day("%m-%d-%Y", "%d-%m-%Y"),
    _Type("TIMESTAMP", _matches(_ISO_TIME) + " AND try_cast({v} AS TIMESTAMP) IS NOT NULL"),
    _Type("TIMESTAMPTZ", _matches(_ISO_TIME + "(Z|[-+][0-9]{2}(:[0-9]{2})?)") + " AND try_cast({v} AS TIMESTAMPTZ) IS NOT NULL"),
)


def typed_columns(connection: duckdb.DuckDBPyConnection, source: str, count: int) -> list[str]:
    """An SQL expression for each of the text columns c0, c1 ... of ``source`` (SQL), which gives it the type that all its values have.

    Whole numbers are BIGINT, fractions of up to 10 places DECIMAL, so that money stays exact. Dates whose day and month could be either way
    round, and whatever else is not certain, stay VARCHAR.
    """
    sample = f"(SELECT * FROM {source} LIMIT {_SAMPLE})"
    possible = {column: list(_TYPES) for column in range(count)}
    passed = _passing(connection, sample, possible, whole=False)
    possible = {column: [kind for kind, fits in zip(_TYPES, passed[column], strict=True) if fits] for column in range(count)}
    found: dict[int, str] = {}
    while trying := {column: kinds[:1] for column, kinds in possible.items() if kinds and column not in found}:
        for column, (fits,) in _passing(connection, source, trying, whole=True).items():
            kind = possible[column].pop(0)
            if fits:
                found[column] = _cast(connection, source, column, kind)
    return [found.get(column, f"c{column}") for column in range(count)]


def _passing(connection: duckdb.DuckDBPyConnection, source: str, kinds: dict[int, list[_Type]], *, whole: bool) -> dict[int, list[bool]]:
    """For each column and type whether every value passes; a column without any value passes none."""
    tests = [(column, kind) for column, several in kinds.items() for kind in several]
    found: dict[int, list[bool]] = {column: [] for column in kinds}
    # DuckDB compares every expression of a query with every other, so one query for 300 columns took half a minute.
    for start in range(0, len(tests), _AT_ONCE):
        asked = tests[start : start + _AT_ONCE]
        parts = []
        for column, kind in asked:
            value = _VALUE.format(column=f"c{column}")
            each = f"coalesce(bool_and({kind.test.format(v=value)}), {str(not whole).lower()})"
            parts.append(f"{each} AND {kind.whole.format(v=value)}" if whole else each)
        verdicts = connection.execute(f"SELECT {', '.join(parts)} FROM {source}").fetchone() or ()
        for (column, _), verdict in zip(asked, verdicts, strict=True):
            found[column].append(bool(verdict))
    return found


def _cast(connection: duckdb.DuckDBPyConnection, source: str, column: int, kind: _Type) -> str:
    plain = kind.plain.format(v=_VALUE.format(column=f"c{column}"))
    name = kind.name
    if name == "DECIMAL":
        digits, places = connection.execute(
            f"SELECT max(length(split_part(ltrim({plain}, '-'), '.', 1))), max(length(split_part({plain}, '.', 2))) FROM {source}"
        ).fetchone() or (1, 0)
        name = decimal_type(digits, places)
    return f"({plain})::{name}"


def decimal_type(digits: int, places: int) -> str:
    """The decimal type for so many digits before and after the point."""
    return f"DECIMAL({18 if digits + places <= 18 else 38},{places})"
