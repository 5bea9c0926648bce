"""The types of columns that are all text, found over every row and never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import duckdb

_AT_ONCE: Final = 64
#: What `str.strip` takes away, which is more than SQL's trim does unless it is told.
SPACES: Final = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_VALUE: Final = f"nullif(trim({{column}}, '{SPACES}'), '')"


class _Type(NamedTuple):
    """A type: a pattern (of Python and of DuckDB) and a test ``{v}`` that each value must pass, what the whole column must pass, and the
    value as the type's cast reads it."""

    name: str
    pattern: str
    test: str = "true"
    whole: str = "true"
    plain: str = "{v}"

    def passed(self, value: str) -> str:
        """SQL that is true where every ``value`` (SQL) passes; NULL where there is none."""
        test = f"{_matches(self.pattern)} AND {self.test}".format(v=value)
        return f"bool_and({test}) FILTER (WHERE {value} IS NOT NULL) AND {self.whole.format(v=value)}"


def _matches(pattern: str) -> str:
    return "regexp_full_match({v}, '" + pattern.replace("{", "{{").replace("}", "}}") + "')"


def _day(form: str, pattern: str, other: str = "") -> _Type:
    """Dates of one form; where ``other`` reads the whole column too, nobody knows which is meant, and it stays text."""
    whole = f"count_if(try_strptime({{v}}, '{other}') IS NULL AND {{v}} IS NOT NULL) > 0" if other else "true"
    return _Type("DATE", pattern, f"try_strptime({{v}}, '{form}') IS NOT NULL", whole, f"strptime({{v}}, '{form}')")


def _grouped(comma: str, point: str) -> _Type:
    """Numbers with digits in groups of three: only where some value shows beyond doubt which mark is the decimal point."""
    c, p = re.escape(comma), re.escape(point)
    number = f"-?([1-9][0-9]{{0,2}}({c}[0-9]{{3}}){{0,8}}|0|[1-9][0-9]{{0,27}})({p}[0-9]{{1,10}})?"
    proof = f".*{p}([0-9]{{1,2}}|[0-9]{{4,}})|.*{c}[0-9]{{3}}[{comma}{point}].*"
    plain = f"replace(replace({{v}}, '{comma}', ''), '{point}', '.')"
    return _Type("DECIMAL", number, whole=f"count_if({_matches(proof)}) > 0", plain=plain)


_ISO_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_TYPES: Final = (
    _Type("BOOLEAN", "[tT][rR][uU][eE]|[fF][aA][lL][sS][eE]"),
    # Leading zeros and plus signs belong to codes and telephone numbers, which stay text.
    _Type("BIGINT", "-?(0|[1-9][0-9]{0,18})", "try_cast({v} AS BIGINT) IS NOT NULL"),
    _Type("DECIMAL", r"-?((0|[1-9][0-9]{0,27})(\.[0-9]{1,10})?|\.[0-9]{1,10})"),
    _grouped(",", "."),
    _grouped(".", ","),
    _Type(
        "DOUBLE",
        r"-?((0|[1-9][0-9]{0,14})(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?|[nN]a[nN]|-?[iI]nf",
        "try_cast({v} AS DOUBLE) IS NOT NULL",
        # 1E5 may be the code of a part: only where a value has a point or the sign of an exponent are they numbers.
        f"count_if(isfinite(try_cast({{v}} AS DOUBLE))) > 0 AND (count_if({_matches('[0-9]+E[0-9]+')}) = 0"
        f" OR count_if({_matches('.*[.].*|.+[-+].*')}) > 0)",
    ),
    _Type("DATE", "[0-9]{4}-[0-9]{2}-[0-9]{2}", "try_cast({v} AS DATE) IS NOT NULL"),
    _day("%d.%m.%Y", r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"),
    _day("%Y/%m/%d", "[0-9]{4}/[0-9]{1,2}/[0-9]{1,2}"),
    _day("%d/%m/%Y", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "%m/%d/%Y"),
    _day("%m/%d/%Y", "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}", "%d/%m/%Y"),
    _day("%d-%m-%Y", "[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", "%m-%d-%Y"),
    _day("%m-%d-%Y", "[0-9]{1,2}-[0-9]{1,2}-[0-9]{4}", "%d-%m-%Y"),
    _Type("TIMESTAMP", _ISO_TIME, "try_cast({v} AS TIMESTAMP) IS NOT NULL"),
    _Type("TIMESTAMPTZ", _ISO_TIME + "(Z|[-+][0-9]{2}(:[0-9]{2})?)", "try_cast({v} AS TIMESTAMPTZ) IS NOT NULL"),
)


def typed_columns(connection: duckdb.DuckDBPyConnection, source: str, columns: Mapping[int, Iterable[str]]) -> dict[int, str]:
    """An SQL expression for each of ``columns`` (numbers of the columns c0, c1 ... of ``source``, with some of the texts in each), which
    gives it the type that all its values have.

    Whole numbers are BIGINT, fractions of up to 10 places DECIMAL, so that money stays exact. Dates whose day and month could be either way
    round, and whatever else is not certain, stay VARCHAR.
    """
    possible = {column: _possible(texts) for column, texts in columns.items()}
    found = {column: f"c{column}" for column in columns}
    while trying := {column: kinds.pop(0) for column, kinds in possible.items() if kinds}:
        for column in _passing(connection, source, trying):
            found[column] = _cast(connection, source, column, trying[column])
            possible[column].clear()
    return found


def _possible(texts: Iterable[str]) -> list[_Type]:
    """The types whose pattern all ``texts`` match."""
    values = {text.strip(" ") for text in texts} - {""}
    return [kind for kind in _TYPES if all(map(re.compile(kind.pattern).fullmatch, values))]


def _passing(connection: duckdb.DuckDBPyConnection, source: str, kinds: Mapping[int, _Type]) -> list[int]:
    """The columns of which every value passes; a column without any value does not."""
    tests = [(column, kind.passed(_VALUE.format(column=f"c{column}"))) for column, kind in kinds.items()]
    found: list[int] = []
    # DuckDB compares every expression of a query with every other, so one query for 300 columns took half a minute.
    for start in range(0, len(tests), _AT_ONCE):
        asked = tests[start : start + _AT_ONCE]
        verdicts = connection.execute(f"SELECT {', '.join(test for _, test in asked)} FROM {source}").fetchone() or ()
        found.extend(column for (column, _), verdict in zip(asked, verdicts, strict=True) if verdict)
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
