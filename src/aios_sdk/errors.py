"""Every error of the SDK, in one tree; catch the branch you can act on.

::

    AiosError
    ├── UsageError                   AIOS-100  the call or command cannot be carried out as given
    │   └── InputError               AIOS-101  an input path or file is not there or cannot be opened
    ├── PipelineError                AIOS-200  a pipeline cannot be compiled
    │   ├── ExpressionError          AIOS-201  a condition does not parse or does not fit what the pipeline provides
    │   └── ConfigurationError       AIOS-202  a setting is unknown or has the wrong value
    ├── PluginError                  AIOS-300  a plugin cannot be used
    │   ├── ManifestError            AIOS-301  its manifest is missing, broken or of another version
    │   ├── PluginDenied             AIOS-302  policy does not admit it; it was not imported
    │   ├── ContractError            AIOS-303  its code or its result breaks the contract of a stage
    │   ├── UnknownComponent         AIOS-304  no installed component has that id
    │   └── AmbiguousComponent       AIOS-305  several components fit equally well
    ├── StepError                    AIOS-400  a component could not do its work on one document
    │   ├── Unsupported              AIOS-401  not mine: the component does not handle this document
    │   ├── Malformed                AIOS-402  the bytes are damaged or not what they claim to be
    │   ├── Encrypted                AIOS-403  the document needs a password
    │   ├── LimitExceeded            AIOS-404  a limit of size, depth, count or memory would be passed
    │   ├── DeadlineExceeded         AIOS-405  the step or document ran out of time
    │   ├── Unavailable              AIOS-406  a program, model or secret that the component needs is not there
    │   └── Retryable                AIOS-407  a passing fault; try again, perhaps after some seconds
    └── StoreError                   AIOS-500  the store cannot do what was asked
        ├── StoreBusy                AIOS-501  another process holds the database
        ├── StoreVersion             AIOS-502  the store is of a version that this SDK does not read
        ├── StoreFull                AIOS-503  the disk is full; what was acknowledged is safe
        └── JournalCorrupt           AIOS-504  stored bytes do not match their checksum

The text of an error says what happened, the likely cause and the next step, and names the component, stage and
document it concerns where there is one.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal, TypeAlias

#: What kind of trouble a failed step had; a closed list, so that SQL and rules can rely on it.
Category: TypeAlias = Literal[
    "unsupported", "malformed", "encrypted", "limit", "timeout", "unavailable", "retryable", "contract", "internal"
]

#: All categories, in the order of the type alias.
CATEGORIES: Final[tuple[Category, ...]] = (
    "unsupported",
    "malformed",
    "encrypted",
    "limit",
    "timeout",
    "unavailable",
    "retryable",
    "contract",
    "internal",
)


class AiosError(Exception):
    """Base of every error the SDK raises on purpose.

    ``what`` happened, its likely ``cause`` and the next step (``fix``) make up the text. Example::

        raise InputError("There is no file 'inbox/'", cause="The path is relative to the current folder",
                         fix="Give an existing file or folder")
    """

    code: ClassVar[str] = "AIOS-000"

    def __init__(
        self,
        what: str,
        *,
        cause: str = "",
        fix: str = "",
        component: str | None = None,
        stage: str | None = None,
        document: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what: str = what
        self.cause: str = cause
        self.fix: str = fix
        self.component: str | None = component
        self.stage: str | None = stage
        self.document: str | None = document

    def __str__(self) -> str:
        parts = [_sentence(part) for part in (self.what, self.cause, self.fix) if part]
        # What shows lines of somebody's code or expression keeps them apart from the advice.
        text = ("\n" if "\n" in self.what else " ").join(parts)
        about = [
            f"{word} {value}"
            for word, value in (("component", self.component), ("stage", self.stage), ("document", self.document))
            if value
        ]
        return f"[{self.code}] {text}" + (f" ({', '.join(about)})" if about else "")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders; the default would call the class without its keyword arguments.
        return (_rebuild, (type(self), self.what, self.__dict__.copy()))


def _sentence(text: str) -> str:
    return text if text.rstrip().endswith((".", "!", "?", ":")) or "\n" in text else text + "."


def _rebuild(kind: type[AiosError], what: str, state: dict[str, object]) -> AiosError:
    error = kind(what)
    error.__dict__.update(state)
    return error


class UsageError(AiosError):
    """The call or command cannot be carried out as it was given."""

    code = "AIOS-100"


class InputError(UsageError):
    """An input path or file is not there, or cannot be opened."""

    code = "AIOS-101"


class PipelineError(AiosError):
    """A pipeline cannot be compiled; the text names the step and what would fill the gap."""

    code = "AIOS-200"


class ExpressionError(PipelineError):
    """A condition does not parse, or does not fit what the pipeline provides."""

    code = "AIOS-201"


class ConfigurationError(PipelineError):
    """A setting is unknown or has the wrong value; the text names the key."""

    code = "AIOS-202"


class PluginError(AiosError):
    """A plugin cannot be used."""

    code = "AIOS-300"


class ManifestError(PluginError):
    """A plugin's manifest is missing, broken, or of a version that this SDK does not read."""

    code = "AIOS-301"


class PluginDenied(PluginError):
    """Policy does not admit the plugin; none of its code was imported."""

    code = "AIOS-302"


class ContractError(PluginError):
    """A component's code, or what it returned, breaks the contract of its stage."""

    code = "AIOS-303"
    category: Category = "contract"
    retryable: bool = False


class UnknownComponent(PluginError):
    """No installed and admitted component has that id, or fits that media type."""

    code = "AIOS-304"


class AmbiguousComponent(PluginError):
    """Several components fit equally well, and nothing says which to take."""

    code = "AIOS-305"


class StepError(AiosError):
    """A component could not do its work on one document. Components raise the branches below.

    ``category`` goes into the store's ``failures``; ``retryable`` says whether the same call may work later.
    Anything else that a component raises becomes a failure of category ``internal``.
    """

    code = "AIOS-400"
    category: Category = "internal"
    retryable: bool = False


class Unsupported(StepError):
    """Not mine: this component does not handle this document. It is no fault of the document or the component.

    Example::

        raise Unsupported("page 1 has a text layer; OCR has nothing to do")
    """

    code = "AIOS-401"
    category = "unsupported"


class Malformed(StepError):
    """The bytes are damaged, or not what they claim to be."""

    code = "AIOS-402"
    category = "malformed"


class Encrypted(StepError):
    """The document needs a password that was not given."""

    code = "AIOS-403"
    category = "encrypted"


class LimitExceeded(StepError):
    """A limit of size, depth, count or memory would be passed; the work was not begun or was stopped."""

    code = "AIOS-404"
    category = "limit"


class DeadlineExceeded(StepError):
    """The step or the document ran out of time."""

    code = "AIOS-405"
    category = "timeout"
    retryable = True


class Unavailable(StepError):
    """A program, model or secret that the component needs is not there; ``fix`` says how to install it."""

    code = "AIOS-406"
    category = "unavailable"
    retryable = True


class Retryable(StepError):
    """A passing fault: the same call may work later, if given after ``after`` seconds.

    Example::

        raise Retryable("the service answered 503", after=2.0)
    """

    code = "AIOS-407"
    category = "retryable"
    retryable = True

    def __init__(self, what: str, *, after: float = 0.0, **about: str | None) -> None:
        super().__init__(what, **about)  # type: ignore[arg-type]  # about holds the base's keyword arguments
        self.after: float = after


class StoreError(AiosError):
    """The store cannot do what was asked."""

    code = "AIOS-500"


class StoreBusy(StoreError):
    """Another process holds the database file; the text names it where the system tells."""

    code = "AIOS-501"


class StoreVersion(StoreError):
    """The store is of a version that this SDK does not read: mostly one that a newer SDK wrote."""

    code = "AIOS-502"


class StoreFull(StoreError):
    """The disk is full. What was acknowledged before is safe; free some space and run again."""

    code = "AIOS-503"


class JournalCorrupt(StoreError):
    """Stored bytes do not match their checksum; the text names the file and the place.

    ``file`` and ``offset`` (the byte in it) are attributes, too.
    """

    code = "AIOS-504"

    def __init__(self, what: str, *, file: str = "", offset: int = 0, **about: str | None) -> None:
        super().__init__(what, **about)  # type: ignore[arg-type]  # about holds the base's keyword arguments
        self.file: str = file
        self.offset: int = offset
