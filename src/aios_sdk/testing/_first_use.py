"""What happens when a component is listed, imported and made for the first time, in a process that has done nothing else."""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

from ._probe import Summons
from ._process import changes
from ._watch import counts, deeds, printed

#: Libraries that take a tenth of a second or much more to import, or hundreds of megabytes.
HEAVY: Final = frozenset(
    (
        "accelerate", "bitsandbytes", "cv2", "datasets", "detectron2", "docling", "easyocr", "fasttext", "flair", "gensim", "jax", "keras",
        "langchain", "layoutparser", "lightgbm", "llama_cpp", "llama_index", "matplotlib", "mlx", "nltk", "numba", "onnxruntime", "openai",
        "paddle", "paddleocr", "pandas", "peft", "polars", "presidio_analyzer", "pyarrow", "pyspark", "rapidocr", "rapidocr_onnxruntime",
        "ray", "scipy", "sentence_transformers", "skimage", "sklearn", "spacy", "stanza", "statsmodels", "surya", "tensorflow", "timm",
        "torch", "torchvision", "transformers", "ultralytics", "unstructured", "vllm", "xgboost",
    )
)  # fmt: skip

#: Programs that libraries ask where they find a shared library, or what machine this is.
_ASKED: Final = frozenset(("cc", "gcc", "ld", "ldconfig", "objdump", "uname"))


class Seen(NamedTuple):
    """What was seen during one of these: top-level modules that were imported, paths written, programs started, hosts asked, lines printed,
    threads left behind, and what was changed of what the process shares."""

    modules: frozenset[str] = frozenset()
    written: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    printed: str = ""
    threads: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def deeds(self) -> list[str]:
        """All but the imports, in words: ``writes '/tmp/x'``, ``starts the program 'git'``."""
        found = (
            ("prints", [repr(self.printed[:200])] if self.printed else []),
            ("writes", [repr(path) for path in self.written if counts(path)]),
            ("starts the program", [repr(name) for name in self.programs if name not in _ASKED]),
            ("asks the host", [repr(host) for host in self.hosts]),
            ("starts the thread", [repr(name) for name in self.threads]),
            ("changes", list(self.changed)),
        )
        return [f"{verb} {', '.join(what[:3])}" for verb, what in found if what]


class FirstUse(NamedTuple):
    """What was seen while it was listed and chosen, imported, and made with its configuration; ``own`` are modules of its package that
    were there after it was listed. ``failed`` says what kept it from being made."""

    listing: Seen
    importing: Seen
    making: Seen
    own: tuple[str, ...]
    failed: str = ""


def first_use(summons: Summons) -> FirstUse:
    """List, import and make the component that ``summons`` names; run in a process of its own."""
    import aios_sdk.plugins._config
    import aios_sdk.plugins._registry  # noqa: F401  what the SDK brings itself is nobody's deed

    # Where temporary files go is found out by writing one.
    tempfile.gettempdir()
    package = summons.module.partition(".")[0]
    with _watched() as listing:
        if summons.place:
            registry = summons.registry()
            info = registry.resolve(summons.id)
            for stage in info.stages:
                for media_type in info.media_types:
                    registry.candidates(stage, media_type)
    own = tuple(sorted(name for name in sys.modules if name.partition(".")[0] == package)) if summons.place else ()
    with _watched() as importing:
        importlib.import_module(summons.module)
    subject = summons.subject()
    failed = ""
    with _watched() as making:
        try:
            for stage in subject.stages:
                subject.create(stage)
        except Exception as error:  # noqa: BLE001 - other laws say so
            failed = str(error)
    with contextlib.suppress(OSError):
        subject.close()
    return FirstUse(listing[0], importing[0], making[0], own, failed)


@contextmanager
def _watched() -> Iterator[list[Seen]]:
    seen: list[Seen] = []
    before = {name.partition(".")[0] for name in sys.modules}
    running = set(threading.enumerate())
    with changes(importing=True) as changed, printed() as said, deeds() as done:
        yield seen
    seen.append(
        Seen(
            frozenset({name.partition(".")[0] for name in sys.modules} - before),
            tuple(dict.fromkeys(done.written)),
            tuple(dict.fromkeys(done.programs)),
            tuple(dict.fromkeys(done.hosts)),
            "".join(said),
            tuple(thread.name for thread in threading.enumerate() if thread not in running),
            tuple(changed),
        )
    )
