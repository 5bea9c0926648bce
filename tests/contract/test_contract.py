"""The contract cannot change unnoticed: what broke plugins raises versions and brings adapters, what did not is entered all the same."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import aios_sdk
from aios_sdk import StepError, errors
from aios_sdk.expressions import _functions
from aios_sdk.plugins import _declare, _manifest
from aios_sdk.plugins._adapters import ADAPTERS, Adapter, specification
from aios_sdk.records import Document, Extraction, Field, Label, Outcome, Redaction, Route, Source, Span, _items
from aios_sdk.stages import STAGE_VERSIONS, STAGES, Context, Stages
from tests.conftest import REPOSITORY

from . import __main__ as command
from . import _changes
from ._changes import CHANGES, FROZEN, Baseline, Change, baseline, differences, entries, problems, released
from ._dump import contract, read, text
from ._wheel import WHEELS

EVERY = STAGES
NOW = contract()
OLD = Baseline("0.0.1", NOW, released=True)


def test_the_contract_is_that_of_the_last_release_and_of_the_changes_entered_since() -> None:
    said = problems(baseline(), contract(), entries(CHANGES.read_text(encoding="utf-8")))
    assert not said, "\n\n".join(["", *said])


def test_what_is_released_is_frozen_and_has_a_wheel() -> None:
    frozen = {path.stem for path in FROZEN.glob("*.json")}
    assert set(released((REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8"))) <= frozen
    assert frozen == {path.name for path in WHEELS.iterdir()}
    assert all(len(list((WHEELS / version).glob("*.whl"))) == 1 for version in frozen)


def test_a_dump_is_the_same_in_every_process() -> None:
    program = "from tests.contract._dump import contract, text; import sys; sys.stdout.write(text(contract()))"
    said = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, env={"PYTHONHASHSEED": "7"}, capture_output=True, check=True)
    assert said.stdout.decode() == text(NOW)
    assert read(text(NOW)) == NOW


def test_the_dump_holds_every_hook_record_and_name_that_plugins_use() -> None:
    assert {"hook render(dpi)", "Field.currency", "Words.build(words)", "ComponentInfo.unit", "Layer", "Retryable(after)"} <= set(NOW)
    assert {"component(requires)", "expressions.sum_of(where)", "language round", "Context.remaining()", "Resources.secrets"} <= set(NOW)
    assert not [name for name in aios_sdk.__all__ if aios_sdk._HOME.get(name) in ("pipelines", "engine", "store") and name in NOW]


# -- mutations of the code: each is seen as what it is ---------------------------------------------------------------------------


def altered(
    kind: Any, *, without: Sequence[str] = (), types: Mapping[str, str] | None = None, more: Mapping[str, tuple[str, Any]] | None = None,
    first: str = "",
) -> Any:  # fmt: skip
    """A record class like ``kind``, but without some fields, with other types, or with more fields (type and default)."""
    names = [name for name in kind.__struct_fields__ if name not in without]
    names.sort(key=lambda name: name != first)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    defaults = {name: _default(fields[name]) for name in names if not fields[name].required}
    added = {name: default for name, (_, default) in (more or {}).items() if default is not ...}
    members = {name: value for name, value in vars(kind).items() if name not in fields and not name.startswith(("__struct", "__slots"))}
    annotations = {
        **{name: kind.__annotations__[name] for name in names},
        **(types or {}),
        **{name: of for name, (of, _) in (more or {}).items()},
    }
    config = {name: getattr(kind.__struct_config__, name) for name in ("frozen", "omit_defaults", "forbid_unknown_fields")}
    space = {**{name: members[name] for name in members if name not in ("__dict__", "__weakref__", "__match_args__")}, **defaults, **added}
    return type(kind)(
        kind.__name__, (msgspec.Struct,), {**space, "__annotations__": annotations}, kw_only=not kind.__match_args__, **config
    )


def _default(field: msgspec.structs.FieldInfo) -> Any:
    return field.default if field.default is not msgspec.NODEFAULT else msgspec.field(default_factory=field.default_factory)


def test_the_mutations_below_change_nothing_but_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Field, Label, Outcome, Redaction, Source, Span):
        monkeypatch.setattr(aios_sdk, kind.__name__, altered(kind))
    for kind in (_manifest.Manifest, _manifest.ComponentInfo):
        monkeypatch.setattr(aios_sdk.plugins, kind.__name__, altered(kind))
    assert differences(NOW, contract()) == []


class Hooks:
    """Hooks as somebody might change them."""

    def needs_more(self, document: Document, context: Context, hints: str) -> Extraction: ...  # type: ignore[empty-body]

    def may_have_more(self, document: Document, context: Context, hints: str = "") -> Extraction: ...  # type: ignore[empty-body]

    def has_less(self, document: Document) -> Extraction: ...  # type: ignore[empty-body]

    def is_given_another(self, document: Source, context: Context) -> Extraction: ...  # type: ignore[empty-body]

    def gives_another(self, document: Document, context: Context) -> Route: ...  # type: ignore[empty-body]

    def may_give_another(self, document: Document, context: Context) -> Extraction | Route: ...  # type: ignore[empty-body]

    def is_turned(self, context: Context, document: Document) -> Extraction: ...  # type: ignore[empty-body]


def _record(kind: Any, **changes: Any) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(aios_sdk, kind.__name__, altered(kind, **changes))


def _hook(hook: str, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(Stages, hook, getattr(Hooks, name))


def _of_extract_more(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stages, "extract_stream", Hooks.may_have_more, raising=False)


MUTATIONS: dict[str, tuple[Callable[[pytest.MonkeyPatch], Any], str, str, Iterable[str]]] = {
    "a field is removed": (_record(Field, without=["currency"]), "breaking", "Field.currency was removed", EVERY),
    "a field has another type": (
        _record(Label, types={"page": "str | None"}), "breaking", "Label.page: type was int | None, is str | None", EVERY,
    ),
    "a field may be None": (_record(Field, types={"path": "str | None"}), "breaking", "Field.path: type was str, is str | None", EVERY),
    "a field is needed": (_record(Redaction, more={"mask": ("str", ...)}), "breaking", "Redaction.mask was added without a default", EVERY),
    "a field may be given": (_record(Field, more={"unit": ("str", "")}), "additive", "Field.unit was added", EVERY),
    "a default is another": (_record(Span, more={"quote": ("str", "?")}), "breaking", "Span.quote: default was '', is '?'", EVERY),
    "fields change places": (_record(Outcome, first="status"), "breaking", "Outcome: order was document, status", EVERY),
    "a closed list is longer": (
        _record(Field, types={"status": "Literal['extracted', 'derived', 'ungrounded', 'typed']"}), "additive", "Field.status: type", EVERY,
    ),
    "a closed list is shorter": (
        _record(Field, types={"status": "Literal['extracted', 'derived']"}), "breaking", "Field.status: type", EVERY,
    ),
    "a name of an enumeration goes": (
        lambda patch: patch.setattr(aios_sdk.records, "Severity", _items.Literal["info", "error"]), "breaking",
        "Severity: values was info, warning, error, is info, error", EVERY,
    ),
    "a record is not there": (
        lambda patch: patch.setattr(aios_sdk, "_HOME", {key: room for key, room in aios_sdk._HOME.items() if key != "Route"}),
        "breaking", "Route was removed", EVERY,
    ),
    "a hook needs more": (_hook("extract", "needs_more"), "breaking", "hook extract(hints) was added without a default", ["extract"]),
    "a hook may be given more": (_hook("extract", "may_have_more"), "additive", "hook extract(hints) was added", ["extract"]),
    "a hook is given less": (_hook("extract", "has_less"), "breaking", "hook extract(context) was removed", ["extract"]),
    "a hook is given something else": (
        _hook("extract", "is_given_another"), "breaking", "hook extract(document): type was Document, is Source", ["extract"],
    ),
    "a hook gives something else": (
        _hook("extract", "gives_another"), "breaking", "hook extract(): returns was Extraction, is Route", ["extract"],
    ),
    "a hook may give something else": (
        _hook("extract", "may_give_another"), "additive", "hook extract(): returns was Extraction, is Extraction | Route", ["extract"],
    ),
    "a companion comes": (_of_extract_more, "additive", "hook extract_stream() was added", ["extract"]),
    "a companion goes": (
        # The last one: put back, it stands where it stood, and pages made from the class are the same.
        lambda patch: patch.delattr(Stages, "route_batch"), "breaking", "hook route_batch() was removed", ["route"],
    ),
    "what only ingest is given loses a field": (_record(Source, without=["key"]), "breaking", "Source.key was removed", ["ingest"]),
    "the manifest needs more": (
        lambda patch: patch.setattr(aios_sdk.plugins, "Manifest", altered(_manifest.Manifest, more={"vendor": ("str", ...)})), "breaking",
        "Manifest.vendor was added without a default", ["manifest"],
    ),
    "a declaration may say more": (
        lambda patch: patch.setattr(aios_sdk.plugins, "ComponentInfo", altered(_manifest.ComponentInfo, more={"cost": ("int", 0)})),
        "additive", "ComponentInfo.cost was added", ["manifest"],
    ),
    "an error changes its code": (
        lambda patch: patch.setattr(errors.Malformed, "code", "AIOS-499"), "breaking", "Malformed: code was AIOS-402, is AIOS-499", EVERY,
    ),
    "a function of the language goes": (
        lambda patch: patch.delitem(_functions.ARITIES, "lookup"), "breaking", "language lookup was removed", EVERY,
    ),
    "the decorator takes something less": (
        lambda patch: patch.setattr(aios_sdk, "component", _declare.declaration_of), "breaking", "component(requires) was removed", EVERY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_change_is_seen_for_what_it_is_and_whom_it_concerns(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, kind, what, stages = MUTATIONS[name]
    change(monkeypatch)
    found = differences(NOW, contract())
    [seen] = [each for each in found if each.what.startswith(what)]
    assert (seen.kind, seen.stages) == (kind, tuple(stages))
    said = "\n".join(problems(OLD, contract(), ()))
    assert f"- {kind}: {what}" in said
    assert f'kind = "{kind}"' in said
    for stage in stages:
        assert (f"{stage} from 1 to 2" in said) == (kind == "breaking" and stage != "manifest")
        assert (f'("{stage}", 1)' in said) == (kind == "breaking" and stage != "manifest")
    assert ("Raise MANIFEST_VERSION" in said) == ((kind, stages) == ("breaking", ["manifest"]))


@settings(deadline=None)
@given(st.data())
def test_no_part_can_change_go_or_come_without_being_seen(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(sorted(NOW)))
    name = data.draw(st.sampled_from(sorted(NOW[where])))
    was = NOW[where][name]
    assume(name != "order" or len(was) > 1)
    changed = {
        **NOW,
        where: {**NOW[where], name: was[::-1] if name == "order" else ["something else"] if isinstance(was, list) else "else"},
    }
    assert [each.where for each in differences(NOW, changed)] == [where]
    gone = {key: part for key, part in NOW.items() if key != where}
    assert {"breaking"} == {each.kind for each in differences(NOW, gone)}
    assert where in {each.where for each in differences(gone, NOW)}
    assert differences(NOW, NOW) == []


# -- what a change has to bring ---------------------------------------------------------------------------------------------------


def _with(where: str, **part: Any) -> dict[str, dict[str, Any]]:
    return {**NOW, where: {**NOW.get(where, {}), **part}}


def _change(*where: str, kind: Any = "breaking", sdk: str = "0.1.0") -> Change:
    return Change(sdk=sdk, date=tomllib.loads("d = 2027-01-31")["d"], kind=kind, where=where, what="...")


def test_the_entry_that_is_printed_is_the_one_that_is_asked_for() -> None:
    new = {**_with("Field.unit", **{"is": "field", "type": "str", "default": "''"}), "Page.rotate()": {"is": "function", "returns": "Page"}}
    [said] = problems(OLD, new, ())
    entered = entries(said[said.index("[[change]]") :])
    assert [change.where for change in entered] == [("Field.unit", "Page.rotate()")]
    assert problems(OLD, new, entered) == []


def test_a_break_needs_the_entry_the_version_and_the_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    new = _with("hook route(document)", type="Page")
    said = problems(OLD, new, ())
    assert len(said) == 3
    new["stage route"] = {"is": "stage", "version": 2}
    assert len(problems(OLD, new, ())) == 2
    change = _change("hook route(document)", "stage route")
    assert problems(OLD, new, [change]) == ['Register in ADAPTERS (src/aios_sdk/plugins/_adapters.py): ("route", 1).']
    monkeypatch.setitem(ADAPTERS, ("route", 1), Adapter(Stages, lambda old: old, _deprecation()))
    assert problems(OLD, new, [change]) == []


def test_a_stage_that_goes_is_seen_and_concerns_whoever_has_it() -> None:
    new = {where: part for where, part in NOW.items() if not where.startswith(("stage redact", "hook redact"))}
    old = {**NOW, "stage sign": {"is": "stage", "version": 1}, "hook sign()": {"is": "hook", "stage": "sign", "returns": "Document"}}
    gone = {each.where: (each.kind, each.stages) for each in differences(NOW, new)}
    assert gone["stage redact"] == gone["hook redact()"] == ("breaking", ("redact",))
    assert {each.where: each.stages for each in differences(old, NOW)} == {"stage sign": ("sign",), "hook sign()": ("sign",)}


def test_a_version_may_rise_though_no_signature_changed_and_needs_the_same() -> None:
    new = _with("stage extract", version=2)
    said = problems(OLD, new, ())
    assert "- breaking: stage extract: version was 1, is 2 (extract)" in said[0]
    assert said[1] == 'Register in ADAPTERS (src/aios_sdk/plugins/_adapters.py): ("extract", 1).'


def test_a_version_never_sinks() -> None:
    assert "Raise in STAGE_VERSIONS (src/aios_sdk/stages.py): extract from 1 to 1." in problems(OLD, _with("stage extract", version=0), ())


def test_an_entry_without_its_difference_or_of_another_kind_is_told() -> None:
    new = _with("Field.unit", **{"is": "field", "type": "str", "default": "''"})
    assert "no such difference" in problems(OLD, NOW, [_change("Field.unit", kind="additive")])[0]
    assert len(problems(OLD, new, [_change("Field.unit", kind="breaking")])) == 2
    assert problems(OLD, NOW, [_change("Field.unit", kind="additive", sdk="0.0.1")]) == [], "what a release brought is history"


def test_before_the_first_release_the_contract_may_be_frozen_anew_with_an_entry() -> None:
    said = problems(OLD._replace(released=False), _with("hook route(document)", type="Page"), ())
    assert said[-1].endswith("enter the change and run `python -m tests.contract freeze`.")


def test_the_changelog_says_what_is_released() -> None:
    assert released("# Changelog\n\n## 0.2.0 (unreleased)\n\n## 0.1.1\n\n## 0.1.0 (2026-12-01)\n") == ["0.1.0", "0.1.1"]


# -- the command ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a contract frozen for a version that is not released, and nothing entered since."""
    for module in (_changes, command):
        for name, path in {"FROZEN": tmp_path, "CHANGES": tmp_path / "changes.toml", "CHANGELOG": tmp_path / "log.md"}.items():
            monkeypatch.setattr(module, name, path)
    (tmp_path / "changes.toml").write_text("")
    (tmp_path / "log.md").write_text(f"## {aios_sdk.__version__} (unreleased)\n")
    assert command.main(["freeze"]) == 0
    return tmp_path


def test_what_is_not_entered_is_not_frozen(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    frozen = (desk / f"{aios_sdk.__version__}.json").read_text()
    assert command.main([]) == 0
    monkeypatch.setattr(Stages, "extract", Hooks.is_given_another)
    assert (command.main([]), command.main(["freeze"])) == (1, 1)
    assert (desk / f"{aios_sdk.__version__}.json").read_text() == frozen
    said = capsys.readouterr().out
    assert said.count("- breaking: hook extract(document): type was Document, is Source (extract)") == 2
    (desk / "changes.toml").write_text(said[said.index("[[change]]") : said.index("Raise in")])
    assert (command.main(["freeze"]), command.main([])) == (0, 0)
    assert (desk / f"{aios_sdk.__version__}.json").read_text() != frozen


def test_what_is_released_is_not_written_again(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (desk / "log.md").write_text(f"## {aios_sdk.__version__} (2026-12-01)\n")
    assert (command.main(["freeze"]), command.main(["wheel"])) == (1, 1)
    assert capsys.readouterr().out.count(f"{aios_sdk.__version__} is released: ") == 2


# -- what is registered now -------------------------------------------------------------------------------------------------------


def _deprecation() -> Any:
    return aios_sdk.AiosDeprecation("AIOS-D999", "what", "0.1", "9.0", "fix")


def test_every_adapter_leads_to_a_version_that_there_is_and_knows_the_hooks_of_its_stage() -> None:
    for (stage, version), adapter in ADAPTERS.items():
        assert 1 <= version < STAGE_VERSIONS[stage]
        assert "aios_spec" in vars(getattr(adapter.specification, stage))


def test_the_hooks_of_an_adapter_are_marked_like_those_of_the_contract() -> None:
    class Old:
        @specification
        def route_batch(self, documents: Sequence[Document]) -> Iterable[Route | StepError]: ...  # type: ignore[empty-body]

    assert vars(Old.route_batch)["aios_spec"] == vars(Stages.route_batch)["aios_spec"]  # type: ignore[attr-defined]
