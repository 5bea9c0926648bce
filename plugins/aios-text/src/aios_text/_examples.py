"""Examples to learn from: texts with their labels, out of a file or a configuration."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from aios_sdk import Example

#: Fewer labels leave nothing to choose between.
_FEWEST: Final = 2


def examples_of(given: Path | Mapping[str, Sequence[str]]) -> tuple[Example, ...]:
    """The examples in a CSV file with columns ``text`` and ``label``, a JSON lines file with these keys, or a mapping of labels to texts.

    A column or key ``source`` says whom each came from; in JSON lines ``label`` may be a list. Raises ``ValueError`` naming the file and
    line for what is no example, and when there are fewer than two labels.
    """
    if isinstance(given, Path):
        found = tuple(_from_file(given))
    else:
        found = tuple(Example.of_text(text, label) for label, texts in given.items() for text in texts)
    for number, example in enumerate(found, 1):
        if not example.document.text.strip() or not all(label.strip() for label in example.labels):
            raise ValueError(f"example {number} has no {'text' if not example.document.text.strip() else 'label'}")
    classes_of(found)
    return found


def classes_of(examples: Sequence[Example]) -> tuple[str, ...]:
    """Their labels, each once, in the order of the alphabet. Raises ``ValueError`` when there are fewer than two."""
    found = tuple(sorted({label for example in examples for label in example.labels}))
    if len(found) < _FEWEST:
        raise ValueError(f"there are examples of {len(found)} label; give at least two labels to choose between")
    return found


def _from_file(path: Path) -> Iterator[Example]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _from_csv(file, path) if path.suffix.lower() == ".csv" else _from_json_lines(file, path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _from_csv(file: Iterator[str], path: Path) -> Iterator[Example]:
    reader = csv.DictReader(file)
    if not {"text", "label"} <= set(reader.fieldnames or ()):
        columns = ", ".join(reader.fieldnames or ()) or "nothing"
        raise ValueError(f"{path} needs the columns 'text' and 'label' in its first line; it has {columns}")
    for row in reader:
        yield Example.of_text(row["text"] or "", row["label"] or "", source=row.get("source") or "")


def _from_json_lines(file: Iterator[str], path: Path) -> Iterator[Example]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row: dict[str, Any] = json.loads(line)
            labels = row["label"] if isinstance(row["label"], list) else [row["label"]]
            yield Example.of_text(str(row["text"]), *map(str, labels), source=str(row.get("source", "")))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'line {number} of {path} is no example; write {{"text": ..., "label": ...}}, or name it .csv') from error
