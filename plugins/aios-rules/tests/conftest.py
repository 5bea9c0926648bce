"""A desk to try rules at: files in a temporary folder, a scope with typed names, and documents made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aios_rules import Rules

from aios_sdk import Check, Checks, Classification, Context, Document, Extraction, Field, Label, Outcome, Registry, Route, Scope, Span
from aios_sdk.expressions import BOOLEAN, DATE, DOCUMENT_ATTRIBUTES, MEMBER_ATTRIBUTES, NUMBER, TEXT
from aios_sdk.plugins import Instance

FIELDS = {"total": NUMBER, "claimed": NUMBER, "policy": TEXT, "paid": BOOLEAN, "loss_date": DATE, "risk": NUMBER, "limit": NUMBER}
LABELS = {"document-kind": frozenset({"invoice", "mail", "photo"}), "language": None}
MEMBERS = Scope(attributes=MEMBER_ATTRIBUTES, fields=FIELDS, labels=LABELS, checks=frozenset({"readable"}))
SCOPE = Scope(attributes=DOCUMENT_ATTRIBUTES, fields=FIELDS, labels=LABELS, checks=frozenset({"earlier"}), members=MEMBERS)


class Desk:
    """Where rules meet documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry = Registry()
        self.registry.add(Rules)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def create(self, text: str, tables: Mapping[str, str] | None = None) -> Instance:
        config: dict[str, Any] = {"rules": str(self.write("claims.rules.yaml", text))}
        return self.registry.create("aios.rules", config | ({"tables": tables} if tables else {}))

    def bind(self, text: str, scope: Scope = SCOPE) -> Instance:
        instance = self.create(text)
        instance.bind(scope)
        return instance

    def context(self, step: str = "check.rules") -> Context:
        return Context(run="r", step=step, scratch=self.folder)

    def check(self, text: str | Instance, document: Document) -> dict[str, Check]:
        instance = self.bind(text) if isinstance(text, str) else text
        implementation = instance.implementation("check")
        assert implementation is not None
        checks: Checks = implementation.call(document=document, context=self.context())
        return {check.rule: check for check in checks.checks}

    def route(self, text: str | Instance, document: Document) -> Route:
        instance = self.bind(text) if isinstance(text, str) else text
        implementation = instance.implementation("route")
        assert implementation is not None
        route: Route = implementation.call(document=document, context=self.context("route.rules"))
        return route

    def both(self, text: str, document: Document) -> Route:
        """Check and route, as a pipeline does with one file for both steps."""
        instance = self.bind(text)
        return self.route(instance, document.add("check.rules", Checks(checks=tuple(self.check(instance, document).values()))))


def field(path: str, value: Any, **more: Any) -> Field:
    if more.get("status", "extracted") == "extracted":
        more["spans"] = (Span(artifact="0" * 64, page=0, start=0, end=4, quote="text"),)
    return Field(path=path, value=value, **more)


def document(id: str = "d1", fields: Mapping[str, Any] | tuple[Field, ...] = (), kind: str = "", **more: Any) -> Document:
    """A document with its fields extracted, and of a kind."""
    found = fields if isinstance(fields, tuple) else tuple(field(path, value) for path, value in fields.items())
    made = Document(id=id, **({"name": f"{id}.pdf"} | more)).add("extract", Extraction(fields=found))
    labels = (Label(taxonomy="document-kind", value=kind, confidence=0.8),) if kind else ()
    return made.add("classify", Classification(labels=labels))


def case(*members: Document, failed: tuple[str, ...] = ()) -> Document:
    """A case of these documents, of which some failed."""
    outcomes = tuple(Outcome(document=member, status="failed" if member.id in failed else "completed") for member in members)
    return Document(id="case", name="claim 7", kind="case", members=outcomes)


def verdict(passed: bool | None, rule: str = "earlier", **more: Any) -> Checks:
    return Checks(checks=(Check(rule=rule, passed=passed, **more),))


def extraction(*fields: Field) -> Extraction:
    return Extraction(fields=fields)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def make() -> Any:
    """The makers of documents and of their items, and the ``scope`` of the desk."""
    return SimpleNamespace(document=document, case=case, field=field, verdict=verdict, extraction=extraction, scope=SCOPE)
