"""The kit in pytest: one test a law, named after it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aios_sdk.errors import AiosError, Unavailable
from aios_sdk.plugins import Provided, Registry, declaration_of
from aios_sdk.records import Document, Source

from ._certify import EXAMPLES, Trial, check_waivers, explained, laws_up_to
from ._law import Tier
from ._subject import Subject
from .laws import LAWS


def conformance(
    target: Any,
    *,
    config: Mapping[str, Any] | None = None,
    given: Provided | None = None,
    documents: Sequence[Document] | Callable[[], Sequence[Document]] = (),
    sources: Sequence[Source] | Callable[[], Sequence[Source]] = (),
    files: Sequence[Path | str] = (),
    waivers: Mapping[str, str] | None = None,
    tier: Tier = "operation",
    seed: int = 0,
    examples: int = EXAMPLES,
    registry: Registry | None = None,
) -> Any:
    """A test for pytest that holds a component against the laws up to ``tier``, one test case a law; arguments as for `certify`.

    ``documents`` and ``sources`` may also be functions, called when the first law is asked. Laws that do not apply to what the
    component declares are left out. One that rests on a broken law is skipped with the reason, so that one fault fails one test.
    Example, the whole file of an author::

        from aios_sdk.testing import conformance

        test_invoice_ocr = conformance("acme.invoice-ocr", config={"language": "deu"})

    Run a single law with ``pytest -k spans-resolve``. Raises `Unavailable` when pytest is not installed.
    """
    try:
        import pytest
    except ImportError as error:
        raise Unavailable("conformance() makes tests for pytest, which is not installed", fix="pip install 'aios-sdk[testing]'") from error

    waived = dict(waivers or {})
    check_waivers(waived)
    trials: list[Trial] = []

    def trial() -> Trial:
        if not trials:
            subject = Subject(
                target,
                config=config,
                given=given,
                documents=documents() if callable(documents) else documents,
                sources=sources() if callable(sources) else sources,
                files=files,
                registry=registry,
                seed=seed,
                examples=examples,
            )
            trials.append(Trial(subject, waived))
        return trials[0]

    def end() -> None:
        trials.pop().subject.close()

    @pytest.mark.parametrize("law", _applying(target, registry, tier, waived))
    def test(law: str, request: Any) -> None:
        __tracebackhide__ = True
        if not trials:
            trial()
            # After its module's tests, not after all: a session may be killed, and what it has not removed by then stays.
            request.node.getparent(pytest.Module).addfinalizer(end)
        verdict = trial().verdict(LAWS[law])
        if verdict.status == "broken":
            pytest.fail(explained(verdict), pytrace=False)
        if verdict.status == "waived":
            pytest.xfail(verdict.said)
        if verdict.status != "passed":
            pytest.skip(f"{verdict.status}: {verdict.said}")

    # pytest names tests after the variable; the module is where the author's file is, so that reports point there.
    caller = inspect.stack()[1].frame.f_globals.get("__name__", __name__)
    test.__module__ = caller
    return test


def _applying(target: Any, registry: Registry | None, tier: Tier, waived: Mapping[str, str]) -> list[str]:
    """The laws that say something about what the component declares, and has; all when that cannot be told, for then the first law says
    why."""
    registry = registry or Registry.default()
    try:
        info = registry.resolve(target) if isinstance(target, str) else declaration_of(target)
        code = registry.load(info.id) if isinstance(target, str) else target
    except AiosError:
        return [law.id for law in laws_up_to(tier)]
    return [law.id for law in laws_up_to(tier) if law.id in waived or not law.inapplicable(info, lambda: code)]
