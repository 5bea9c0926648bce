"""What went wrong in a worker, in a form that crosses processes: whatever was raised becomes a category, a text and some hints."""

from __future__ import annotations

import logging
from typing import Final

import msgspec

from ... import errors
from ...errors import CATEGORIES, AiosError, Category, ContractError, StepError, StoreFull
from ...records import UnitFailure

_log = logging.getLogger("aios.engine")

#: Code points of a message that are kept.
_LONGEST: Final = 2000
#: Seconds after which a call may ask to be made again; what is beyond a day, or no number at all, is no wish.
_LONGEST_WAIT: Final = 86_400.0

_KINDS: Final = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, AiosError)]
_BY_CODE: Final[dict[str, type[AiosError]]] = {kind.code: kind for kind in _KINDS}
_BY_CATEGORY: Final[dict[str, type[AiosError]]] = {kind.category: kind for kind in _KINDS if issubclass(kind, StepError | ContractError)}


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """Why some work failed: what `UnitFailure` keeps, ``after`` seconds of `Retryable`, and the parts of an SDK error (``code`` ...)."""

    category: Category
    message: str
    retryable: bool = False
    after: float = 0.0
    code: str = ""
    what: str = ""
    cause: str = ""
    fix: str = ""

    def failure(self, page: int | None = None) -> UnitFailure:
        """The record of it. A full disk is nobody's document's fault: raises `StoreFull`."""
        if self.code == StoreFull.code:
            raise self.error()
        return UnitFailure(self.category, self.message, page, retryable=self.retryable)

    def error(self) -> AiosError:
        """It as an error of the SDK: of the class that was raised, else of the class for its category."""
        kind = _BY_CODE.get(self.code) or _BY_CATEGORY[self.category]
        error = kind(self.what or self.message, cause=self.cause, fix=self.fix)
        if isinstance(error, StepError):
            error.category, error.retryable = self.category, self.retryable
            if self.after:
                error.after = self.after  # type: ignore[attr-defined]  # of Retryable
        return error


def fault_of(error: BaseException, component: str) -> Fault:
    """What a raised error says: SDK errors by their category, a lack of memory as ``limit``, all others as ``internal``.

    Whatever the error does when it is asked, there is a fault, and every part of it is of its type, so that it can be sent and recorded.
    """
    try:
        return _told(error, component)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - its parts may be properties that raise, and its class may deny what it is
        return Fault("internal", _short(f"{component} failed with an error that cannot be read"))


def _told(error: BaseException, component: str) -> Fault:
    said = _text(error)
    if not isinstance(error, AiosError):
        _log.debug("%s failed", component, exc_info=error)
        category: Category = "limit" if isinstance(error, MemoryError) else "internal"
        return Fault(category, _short(f"{component} failed: {type(error).__name__}: {said}"))
    category, retryable = (error.category, error.retryable) if isinstance(error, StepError | ContractError) else ("unavailable", True)
    after = getattr(error, "after", 0.0)
    return Fault(
        category=category if category in CATEGORIES else "internal",
        message=_short(said),
        retryable=bool(retryable),
        after=float(after) if isinstance(after, int | float) and 0 <= after <= _LONGEST_WAIT else 0.0,
        code=_short(str(error.code)),
        what=_short(str(error.what)),
        cause=_short(str(error.cause)),
        fix=_short(str(error.fix)),
    )


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - an error that cannot say what it is, or exits when it is asked
        return "it cannot be printed"


def _short(text: str) -> str:
    return readable(text[:_LONGEST])


def readable(text: str) -> str:
    """``text`` with what is no Unicode, as in some names of files, written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
