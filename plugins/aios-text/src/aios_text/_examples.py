"""Examples to learn from: texts with their labels, out of a file or a configuration."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple


class Examples(NamedTuple):
    """Texts and, for each, its label."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels, each once, in the order of the alphabet."""
        return tuple(sorted(set(self.labels)))


def examples_of(given: Path | Mapping[str, Sequence[str]]) -> Examples:
    """The examples in a CSV file with columns ``text`` and ``label``, a JSON lines file with these keys, or a mapping of labels to texts.

    Raises ``ValueError`` naming the file and line for what is no example, and when there are fewer than two labels.
    """
    pairs = list(_from_file(given) if isinstance(given, Path) else ((text, label) for label, texts in given.items() for text in texts))
    found = Examples(tuple(text for text, _ in pairs), tuple(label for _, label in pairs))
    for number, (text, label) in enumerate(pairs, 1):
        if not text.strip() or not label.strip():
            raise ValueError(f"example {number} has no {'text' if label.strip() else 'label'}")
    if len(found.classes) < 2:
        raise ValueError(f"there are examples of {len(found.classes)} label; give at least two labels to choose between")
    return found


def _from_file(path: Path) -> Iterator[tuple[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _from_csv(file, path) if path.suffix.lower() == ".csv" else _from_json_lines(file, path)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8: {error.reason} at byte {error.start}") from error


def _from_csv(file: Iterator[str], path: Path) -> Iterator[tuple[str, str]]:
    reader = csv.DictReader(file)
    if not {"text", "label"} <= set(reader.fieldnames or ()):
        columns = ", ".join(reader.fieldnames or ()) or "nothing"
        raise ValueError(f"{path} needs the columns 'text' and 'label' in its first line; it has {columns}")
    for row in reader:
        yield row["text"] or "", row["label"] or ""


def _from_json_lines(file: Iterator[str], path: Path) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield str(row["text"]), str(row["label"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'line {number} of {path} is no example; write {{"text": ..., "label": ...}}, or name it .csv') from error
