"""``aios explain``: where a document's values come from, in words and on a picture of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aios_sdk.errors import UsageError
from aios_sdk.store import Candidate, Decision, Explanation, Finding, Maker, Origin, Place, Store, Verdict, readable

from ._printing import as_json, printable, size

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from aios_sdk.records import Check

_SIGNS = {True: "✓", False: "✗", None: "?"}
_SIGN_STYLES = {True: "green", False: "red", None: "yellow"}
# Wide enough that what goes to a file or another program is never wrapped.
_UNWRAPPED = 10_000
_STATUS_STYLES = {"agreed": "green", "resolved": "yellow", "conflict": "red"}


def explain(
    store: Annotated[Path, typer.Argument(metavar="STORE", help="The folder of a store, such as claims.aios.")],
    document: Annotated[str, typer.Argument(metavar="DOCUMENT", help="A document: its name, its key, its id or the beginning of it.")],
    field: Annotated[str | None, typer.Argument(metavar="FIELD", help="One field or label, such as total; without it all.")] = None,
    run: Annotated[str | None, typer.Option(help="As it was in this run; without it the latest.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    png: Annotated[Path | None, typer.Option(help="Draw the values on pictures of the pages; further pages go to FILE-2.png ...")] = None,
    crop: Annotated[bool, typer.Option("--crop", help="Draw only what surrounds the values.")] = False,
    dpi: Annotated[int, typer.Option(min=36, max=600, help="Resolution of the pictures.")] = 150,
) -> None:
    """Tell where a document's values come from: page and quote, component and configuration, and what rests on them.

    Examples:

      aios explain claims.aios Mietrechnung.pdf

      aios explain claims.aios Mietrechnung.pdf total --png total.png
    """
    with Store(store, create=False) as opened:
        found = opened.explain(document, field, run=run)
        if json:
            typer.echo(as_json(found))
        else:
            _print(found, detailed=field is not None)
            for line in _cases(opened, store, found):
                typer.echo(line)
        if png is not None:
            from ._picture import draw

            pictures = draw(opened, found, png, crop=crop, dpi=dpi)
            if not pictures:
                raise UsageError(
                    "Nothing can be drawn: no value has a box on a page",
                    cause="The text came without the boxes of its words",
                    fix="Leave --png out, or run an ingest component that gives words",
                )
            for picture in pictures:
                typer.echo(f"Wrote {picture}", err=True)


def _cases(opened: Store, store: Path, found: Explanation) -> Iterator[str]:
    """The cases that the document is in, with where they went, and how to ask for more."""
    rows = opened.sql(
        "select distinct m.document_id, c.name, r.destination, r.review from members m "
        "join current_documents c on c.document_id = m.document_id and c.run_id = m.run_id "
        "left join current_routes r on r.document_id = m.document_id where m.member_id = $1 order by 1",
        [found.origins[0].document_id],
    ).fetchall()
    for case, name, destination, review in rows:
        went = f" went to {destination}{' after review' if review else ''}" if destination else ""
        yield printable(f"In case {name}, which{went or ' has no route'}: aios explain {store} {case[:12]}")


def _print(found: Explanation, *, detailed: bool) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _UNWRAPPED
    for finding in found.findings:
        console.print(_finding(finding, found, detailed=detailed))
    if not detailed:
        for tree in _resting(found.verdicts, found.decisions, found):
            console.print(tree)
    console.print(_document(found))


def _text(*parts: str | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*(printable(part) if isinstance(part, str) else (printable(part[0]), part[1]) for part in parts))


def _tree(label: Text) -> Tree:
    from rich.tree import Tree

    return Tree(label, guide_style="dim")


def _finding(finding: Finding, found: Explanation, *, detailed: bool) -> Tree:
    chosen = next((candidate for candidate in finding.candidates if candidate.chosen), None)
    value = "no value" if finding.value is None else " ".join(filter(None, (finding.value, chosen.currency if chosen else "")))
    tree = _tree(
        _text(
            (finding.name, "bold"),
            " = ",
            (value, "bold cyan"),
            "  ",
            (finding.status, _STATUS_STYLES[finding.status]),
            _surely(finding.confidence),
        )
    )
    for candidate in finding.candidates:
        tree.children.append(_candidate(candidate, found, detailed=detailed, alone=len(finding.candidates) == 1))
    if detailed:
        tree.children.extend(_resting(finding.verdicts, finding.decisions, found))
    return tree


def _candidate(candidate: Candidate, found: Explanation, *, detailed: bool, alone: bool) -> Tree:
    value = " ".join(filter(None, (candidate.value, candidate.currency))) or "abstained"
    mark = () if alone else (("● " if candidate.chosen else "○ ", "cyan" if candidate.chosen else "dim"), f"{value}  ")
    kind = f"  {candidate.status}" if candidate.status not in ("", "extracted") else ""
    tree = _tree(_text(*mark, *_by(candidate.maker), "" if alone else _surely(candidate.confidence), (kind, "yellow")))
    for place in candidate.places:
        tree.add(_text(*_place(place, found.origins[0])))
    for reference in candidate.inputs:
        tree.add(_text("made of ", reference.kind, " ", (reference.name or reference.id, "bold"), _elsewhere(reference.document_id, found)))
    for place in candidate.evidence:
        tree.add(_text("which stands at ", *_place(place, found.origins[0])))
    if detailed:
        for line in _details(candidate):
            tree.add(_text((line, "dim")))
    return tree


def _details(candidate: Candidate) -> Iterator[str]:
    if candidate.raw_confidence is not None:
        yield f"raw confidence {candidate.raw_confidence:.2f}"
    if candidate.alternatives:
        yield "or " + ", ".join(f"{other.value} ({other.score:.2f})" for other in candidate.alternatives)
    if candidate.maker.config:
        yield "configuration " + " ".join(as_json(candidate.maker.config).split())
    if candidate.maker.code_digest:
        yield f"code {candidate.maker.code_digest[:12]}  configuration {candidate.maker.config_digest[:12]}"


def _place(place: Place, document: Origin) -> Iterator[str | tuple[str, str]]:
    yield (f"“{place.quote}”" if place.quote else "no quote", "green")
    other = place.document_id != document.document_id
    if place.row is not None and place.column is not None:
        named = f" ({place.column_name})" if place.column_name else ""
        yield f"  table {place.table!r}, row {place.row + 1}, column {place.column + 1}{named}"
    elif place.page is not None:
        yield f"  page {place.page + 1}"
        if place.start is not None:
            yield f", characters {place.start}-{place.end}"
    if other:
        # What the document explained is itself a part of is told below.
        within = place.within[: place.within.index(document.name)] if document.name in place.within else place.within
        yield f" of {_names(place.document_name, *within)}"
    if place.box is not None:
        yield (f"  box {place.box.x0:.3f} {place.box.y0:.3f} {place.box.x1:.3f} {place.box.y1:.3f}", "dim")
    if place.method == "ocr":
        yield ("  read by OCR" + _surely(place.confidence), "yellow")


def _names(*names: str) -> str:
    """Names of a document and of what it is a part of."""
    return " in ".join(filter(None, names))


def _by(maker: Maker) -> tuple[str | tuple[str, str], ...]:
    model = f", model {readable(maker.model)}" if maker.model else ""
    cached = ", from the memo" if maker.cache == "hit" else ""
    return "by step ", (maker.step, "bold"), f" ({' '.join(filter(None, (maker.component, maker.version)))}{model}{cached})"


def _surely(confidence: float | None) -> str:
    return "" if confidence is None else f"  confidence {confidence:.2f}"


def _elsewhere(document_id: str, found: Explanation) -> str:
    if document_id == found.origins[0].document_id:
        return ""
    known = next((origin for origin in (*found.members, *found.origins) if origin.document_id == document_id), None)
    return f" of {known.name}" if known else f" of {document_id[:12]}"


def _resting(verdicts: tuple[Verdict, ...], decisions: tuple[Decision, ...], found: Explanation) -> Iterator[Tree]:
    for verdict in verdicts:
        check = verdict.check
        yield _tree(
            _text(
                (f"{_SIGNS[check.passed]} ", _SIGN_STYLES[check.passed]),
                "check ",
                (check.rule, "bold"),
                _of(verdict.document_id, verdict.document_name, found),
                _said(check),
                "  ",
                *_by(verdict.maker),
            )
        )
    for decision in decisions:
        route = decision.route
        tree = _tree(
            _text(
                ("→ ", "cyan"),
                "route ",
                (route.destination, "bold cyan"),
                (" after review" if route.review else "", "yellow"),
                _of(decision.document_id, decision.document_name, found),
                _surely(route.confidence),
                "  ",
                *_by(decision.maker),
            )
        )
        for reason in decision.reasons:
            tree.add(_text("because ", _first_line(reason.text)))
        yield tree


def _of(document_id: str, name: str, found: Explanation) -> str:
    return "" if document_id == found.origins[0].document_id else f" of {name}"


def _said(check: Check) -> str:
    """What a check that did not pass says; the trace of one that did is in the store."""
    return f": {_first_line(check.message)}" if check.message and check.passed is not True else ""


def _first_line(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return f"{first} ..." if rest else first


def _document(found: Explanation) -> Tree:
    tree = _tree(_origin(found.origins[0], found.status))
    branch = tree
    for origin in found.origins[1:]:
        branch = branch.add(_text("part of ", *_described(origin)))
    for member in found.members:
        tree.add(_text("member ", *_described(member), (f"  in {_names(*member.within)}" if member.within else "", "dim")))
    last = found.origins[-1]
    for name, value in (("delivered as", last.key), ("from", last.path), ("SHA-256", found.origins[0].content_id)):
        if value:
            tree.add(_text((f"{name} {value}", "dim")))
    tree.add(_text((f"document {found.origins[0].document_id}", "dim")))
    tree.add(_text((f"run {found.run_id} of pipeline {found.pipeline} {found.pipeline_version[:12]}", "dim")))
    return tree


def _origin(origin: Origin, status: str) -> Text:
    return _text(*_described(origin), "  ", (status, "green" if status == "completed" else "yellow"))


def _described(origin: Origin) -> tuple[str | tuple[str, str], ...]:
    said = f"not {origin.media_declared} as it says" if origin.media_declared else ""
    facts = ", ".join(filter(None, (origin.media_type, said, size(origin.bytes) if origin.bytes else "")))
    by = origin.ingested_by
    made = f"  ingested by {by.component} {by.version}".rstrip() if by else ""
    return (origin.name or origin.kind, "bold"), f" ({facts or origin.kind})", made
