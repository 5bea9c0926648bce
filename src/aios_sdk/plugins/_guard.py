"""Imports of plugins under a lock: each module comes from the very bytes whose hash was admitted, or not at all."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final, final

from aios_sdk.errors import PluginDenied

from ._files import Installed
from ._record import matches


@final
class _Guard:
    """The first of the finders on ``sys.meta_path``. It finds nothing itself: it asks the others, and checks what they found."""

    def __init__(self) -> None:
        self._hashes: dict[str, Mapping[str, str]] = {}
        self._lock: Final = threading.Lock()

    def protect(self, installed: Installed) -> None:
        """From now on import the distribution's modules only from the files that it has hashes of."""
        with self._lock:
            self._hashes = {**self._hashes, **dict.fromkeys(installed.modules, installed.hashes)}
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        hashes = self._hashes_for(name)
        if hashes is None:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((found for finder in others if (found := finder.find_spec(name, path, target)) is not None), None)
        if spec is None or spec.origin is None:  # nothing there, or a namespace, which holds no code
            return spec
        expected = hashes.get(str(Path(spec.origin).absolute()), "")
        if type(spec.loader) is SourceFileLoader:
            spec.loader = _VerifyingLoader(spec.loader.name, spec.origin, expected)
        else:
            _verify(name, spec.origin, Path(spec.origin).read_bytes(), expected)
        return spec

    def _hashes_for(self, name: str) -> Mapping[str, str] | None:
        parts = name.split(".")
        return next((self._hashes[begun] for end in range(len(parts)) if (begun := ".".join(parts[: end + 1])) in self._hashes), None)


class _VerifyingLoader(SourceFileLoader):
    """Compiles the bytes that it has compared. Byte code beside them, which nobody compared, is neither read nor written."""

    def __init__(self, name: str, path: str, expected: str) -> None:
        super().__init__(name, path)
        self._expected = expected

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        data = self.get_data(path)
        _verify(fullname, path, data, self._expected)
        code: CodeType = self.source_to_code(data, path)
        return code


def _verify(name: str, path: str, data: bytes, expected: str) -> None:
    if not matches(data, expected):
        what = "is not the file that was admitted" if expected else "is none of the files that were admitted"
        raise PluginDenied(
            f"{name} is not imported: {path} {what}",
            cause="It was changed or put there after this process had compared the plugin's files",
            fix="Find out by whom; `aios plugin doctor` gives the command that installs the plugin again",
        )


#: The guard of this process.
GUARD: Final = _Guard()
