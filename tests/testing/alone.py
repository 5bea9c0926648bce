"""A law asked by itself: without those that it rests on, and without looking for the smallest input. For many components and many seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aios_sdk import AiosError
from aios_sdk.testing import LAWS, LawBroken
from aios_sdk.testing._law import NotApplicable
from aios_sdk.testing._subject import Subject


def alone(id: str, code: Any, options: Mapping[str, Any]) -> str:
    """What becomes of the law for a component, tried as ``options`` say: broken, passed, not applicable, or what went wrong instead."""
    law = LAWS[id]
    subject = Subject(code, **{"shrinking": 0.0, **options})
    try:
        if law.inapplicable(subject.info, subject.load):
            return "not applicable"
        law.check(subject)
    except NotApplicable:
        return "not applicable"
    except LawBroken as broken:
        return "broken" if broken.law in ("", id) else f"breaks {broken.law}: {broken.said}"
    except AiosError:
        return "broken"  # it cannot be made, or opened
    except Exception as error:  # noqa: BLE001 - told as what became of the law
        return f"{type(error).__name__}: {error}"
    finally:
        subject.close()
    return "passed"
