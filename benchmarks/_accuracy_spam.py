"""The section `spam` of `accuracy.py`: mails read by aios.email and told apart by a trained aios.lexical, as a pipeline."""

from __future__ import annotations

import argparse
import email
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from _accuracy import f1, folds, resampled, share
from _corpora import folder
from _table import Row
from aios_text import Lexical

from aios_sdk import Document, Example, Pipeline, Store

#: All that a mail says of who wrote it to whom and when: in a corpus of few lists and weeks these tell where a mail was collected.
IGNORED = ("from", "sender", "reply_to", "to", "cc", "bcc", "date", "message_id", "in_reply_to", "references")


def spam(quick: bool, given: argparse.Namespace) -> list[Row]:
    """The rows of the section."""
    place = folder("email_class") / "stdlib-js+datasets-spam-assassin" / "data"
    files = sorted(path for path in place.glob("*/*") if path.is_file())[:: 2 if quick else 1]
    truth = ["spam" if path.parent.name.startswith("spam") else "ham" for path in files]
    by_source = [source_of(path) for path in files]
    by_message = [path.name for path in files]
    with tempfile.TemporaryDirectory() as name, Store(Path(name) / "mails.aios") as store:
        mails = read(files, store)
        case = f"spam of {len(files)} mails: F1, 5-fold"
        rows = []
        for told, sources, ignored, bar in (
            ("by message", by_message, IGNORED, 0.94),
            (f"no list or sender ({len(set(by_source))}) on both sides", by_source, IGNORED, 0.94),
            ("the same, names and addresses in the headers counted", by_source, (), None),
        ):
            values = classified(files, mails, truth, sources, ignored, store)
            pairs = list(zip(truth, values, strict=True))
            found = resampled(pairs, _f1)
            right = share(sum(one == other for one, other in pairs), len(pairs))
            beside = f"{found}; accuracy {right}"
            rows.append(Row(case=f"{case}, {told}", figure=found.figure, unit="", bar=bar, at_least=True, beside=beside))
    return rows


def read(files: Sequence[Path], store: Store) -> Mapping[Path, Document]:
    """Each mail as aios.email reads it."""
    outcomes = Pipeline("mails").ingest().run(files, store=store, progress=False)
    found = {outcome.document.name: outcome.document for outcome in outcomes if outcome.document.kind == "file"}
    return {path: found[path.name] for path in files}


def classified(
    files: Sequence[Path],
    mails: Mapping[Path, Document],
    truth: Sequence[str],
    sources: Sequence[str],
    ignored: Sequence[str],
    store: Store,
) -> list[str]:
    """What a pipeline says of each mail that was trained on the others."""
    values: dict[str, str] = {}
    for learnt, measured in folds(sources, 5):
        with tempfile.TemporaryDirectory() as name:
            examples = [Example(document=mails[files[one]], labels=(truth[one],), source=sources[one]) for one in learnt]
            Lexical(Lexical.Config(taxonomy="spam", ignore_fields=tuple(ignored))).train(examples, Path(name))
            pipeline = Pipeline("spam").ingest().classify("lexical", config={"taxonomy": "spam", "model": Path(name), "threshold": 0.0})
            for outcome in pipeline.run([files[one] for one in measured], store=store, progress=False):
                if outcome.document.kind == "file":
                    values[outcome.document.name] = str(outcome.document.labels["spam"].value)
    return [values[path.name] for path in files]


def source_of(path: Path) -> str:
    """The mailing list that a mail came over, else the domain it claims to be from."""
    mail = email.message_from_bytes(path.read_bytes())
    for name, pattern in (
        ("List-Id", r"<([^<>]+)>"),
        ("X-BeenThere", r"(\S+)"),
        ("Mailing-List", r"list (\S+?);"),
        ("From", r"@([\w.-]+)"),
    ):
        if found := re.search(pattern, str(mail.get(name, ""))):
            return found[1].lower().replace("@", ".")
    return path.name


def _f1(pairs: Sequence[tuple[str, str]]) -> float:
    right = sum(pair == ("spam", "spam") for pair in pairs)
    return f1(right, sum(value == "spam" for _, value in pairs), sum(truth == "spam" for truth, _ in pairs))
