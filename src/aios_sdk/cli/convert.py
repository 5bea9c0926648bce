"""``aios convert``: files in other forms."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from aios_sdk.errors import UsageError
from aios_sdk.formats import to_docling, to_html, to_markdown, to_text
from aios_sdk.plugins import import_admitted
from aios_sdk.records import Document, Outcome, to_json

from ._exit import Exit
from ._reading import reading
from .run import report


class Form(StrEnum):
    """What a document can be written as."""

    MARKDOWN = "markdown"
    HTML = "html"
    TEXT = "text"
    JSON = "json"
    DOCLING = "docling"
    HOCR = "hocr"
    ALTO = "alto"


def _of_plugin(writer: str, document: Document) -> str:
    """What a plugin writes, if it is there and admitted."""
    if importlib.util.find_spec(writer.partition(":")[0]) is None:
        raise UsageError("hOCR and ALTO are written by the plugin aios-hocr, which is not installed", fix="pip install aios-hocr")
    written: str = import_admitted(writer)(document)
    return written


_WRITERS: Final[Mapping[Form, tuple[str, Callable[[Document, bool], str | bytes]]]] = {
    Form.MARKDOWN: (".md", lambda document, furniture: to_markdown(document, furniture=furniture)),
    Form.HTML: (".html", lambda document, furniture: to_html(document, furniture=furniture)),
    Form.TEXT: (".txt", lambda document, furniture: to_text(document, furniture=furniture)),
    Form.JSON: (".json", lambda document, furniture: to_json(document)),
    Form.DOCLING: (".docling.json", lambda document, furniture: to_docling(document)),
    Form.HOCR: (".hocr", lambda document, furniture: _of_plugin("aios_hocr:to_hocr", document)),
    Form.ALTO: (".alto.xml", lambda document, furniture: _of_plugin("aios_hocr:to_alto", document)),
}
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def convert(
    inputs: Annotated[list[str], typer.Argument(metavar="FILE", help="Files and folders.")],
    to: Annotated[Form, typer.Option(help="The form: JSON has all that was read; hocr and alto need aios-hocr.")] = Form.MARKDOWN,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A folder: a file for each document and part goes there.")] = None,
    furniture: Annotated[bool, typer.Option("--furniture", help="With page headers and footers.")] = False,
    pipeline: Annotated[str | None, typer.Option(help="Read with this pipeline: a YAML file, or module:name.")] = None,
) -> None:
    """Write what is read in FILE in another form, on standard output or into a folder.

    Files are read by their type, and scanned pages by tesseract, with their tables, if it is there. Attachments and members of archives are
    documents of their own: with --output each gets a file. The exit code is 1 when some document could not be read.

    Examples:

      aios convert report.docx > report.md

      aios convert inbox/ --to html --output pages/
    """
    with reading(inputs, pipeline) as (_, outcomes):
        if not outcomes:
            raise UsageError(f"There is no document in {', '.join(inputs)}", fix="Give a file, or a folder with files")
        readable = [outcome for outcome in outcomes if outcome.status in ("completed", "partial")]
        suffix, write = _WRITERS[to]
        if output is None:
            _to_standard_output(readable, lambda document: write(document, furniture))
        else:
            for document, name in zip([outcome.document for outcome in readable], _names(readable), strict=True):
                target = output / f"{name}{suffix}"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(_bytes(write(document, furniture)))
                typer.echo(f"Wrote {target}", err=True)
        troubles = [outcome for outcome in outcomes if outcome.status != "completed"]
        if troubles:
            report(Counter(outcome.status for outcome in outcomes), troubles, err=True)
        if len(readable) < len(outcomes):
            raise typer.Exit(Exit.FAILED)


def _to_standard_output(readable: list[Outcome], write: Callable[[Document], str | bytes]) -> None:
    whole = [outcome.document for outcome in readable if not outcome.document.parent]
    if len(whole) > 1:
        raise UsageError(
            f"There are {len(whole)} documents, and standard output takes one", fix="Give --output FOLDER, which gets a file for each"
        )
    chosen = (whole or [outcome.document for outcome in readable])[:1]
    for document in chosen:
        sys.stdout.buffer.write(_bytes(write(document)))
        sys.stdout.flush()
    if len(readable) > len(chosen):
        typer.echo(f"{len(readable) - len(chosen)} more parts are left out: give --output FOLDER to have them too", err=True)


def _bytes(written: str | bytes) -> bytes:
    return written if isinstance(written, bytes) else written.encode()


def _names(outcomes: list[Outcome]) -> list[str]:
    """A path below the output folder for each document: where it lay below its input, parts below the name of the whole; none twice."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for outcome in outcomes:
        document = outcome.document
        within = found.get(document.parent, "")
        steps = [document.name] if document.parent or not document.key else document.key.split("/")
        wanted = "/".join([*([f"{within}.parts"] if within else []), *(_safe(step) for step in steps)])
        name, number = wanted, 1
        while name.casefold() in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name.casefold())
        found[document.id] = name
    return list(found.values())


def _safe(step: str) -> str:
    """A part of a path that leads nowhere else, whatever a sender called the file."""
    name = _UNSAFE.sub("_", step).strip(" .") or "document"
    return name[:200]
