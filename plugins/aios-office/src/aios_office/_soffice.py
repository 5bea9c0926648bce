"""Word and PowerPoint files from before 2007, turned into new ones by LibreOffice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from aios_sdk import DeadlineExceeded, Malformed, StepError, Unavailable

_INSTALL: Final = (
    "Install it: Debian and Ubuntu `apt install libreoffice-writer-nogui libreoffice-impress-nogui`, Fedora "
    "`dnf install libreoffice-writer libreoffice-impress`, macOS `brew install --cask libreoffice` and put `soffice` on the PATH"
)
_LAST_WORDS: Final = 500
_PATIENCE: Final = 5.0
#: What holds in the profile of a call: no macros, no links, and every address on the network asked of a port where nobody answers.
_SETTINGS: Final = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Common/Security/Scripting", "DisableActiveContent", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    ("Inet/Settings", "ooInetProxyType", "2"),
    *(
        ("Inet/Settings", f"ooInet{kind}Proxy{what}", of)
        for kind in ("HTTP", "HTTPS", "FTP")
        for what, of in (("Name", "127.0.0.1"), ("Port", "9"))
    ),
    ("Inet/Settings", "ooInetNoProxy", ""),
)


def program() -> str:
    """The path of the program ``soffice``. Raises `Unavailable`, with the command that installs it, when there is none."""
    found = shutil.which("soffice")
    if found is None:
        raise Unavailable("There is no program 'soffice'", cause="LibreOffice is not installed, or not on the PATH", fix=_INSTALL)
    return found


def convert(data: bytes, suffix: str, target: str, scratch: Path, timeout: float | None) -> Path:
    """The document ``data``, of a name that ends in ``suffix``, as a file of the format ``target`` in ``scratch``.

    LibreOffice has its profile in ``scratch``, where macros, links and the network are switched off. It stays in the process group of the
    caller, so that killing a worker's group ends it. Raises `DeadlineExceeded` after it was killed and reaped, `Malformed` when it can make
    nothing of the document.
    """
    source, out = scratch / f"source{suffix}", scratch / "converted"
    source.write_bytes(data)
    out.mkdir()
    _write_profile(scratch / "profile" / "user")
    command = [
        program(), f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless", "--norestore", "--nologo", "--nodefault",
        "--nolockcheck", "--nofirststartwizard", "--convert-to", target, "--outdir", str(out), str(source),
    ]  # fmt: skip
    # HOME as well: what LibreOffice keeps beside its profile (fonts, recent files) is not to outlive the call.
    environment = {**os.environ, "HOME": str(scratch), "TMPDIR": str(scratch)}
    with subprocess.Popen(
        command, cwd=scratch, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        try:
            told, _ = running.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise DeadlineExceeded(
                f"soffice was stopped after {timeout:.1f} s", cause="The document is large, or damaged", fix="Raise the step's timeout"
            ) from error
        finally:
            _end(running)
    found = out / f"source.{target}"
    if found.is_file() and found.stat().st_size:
        return found
    words = told.decode(errors="replace").strip()[-_LAST_WORDS:].replace(str(scratch), "")
    if running.returncode < 0 or (running.returncode and "source file could not be loaded" not in words):
        raise StepError(
            f"soffice ended with status {running.returncode}", cause=words or "It said nothing", fix="Open the document by hand to see more"
        )
    raise Malformed("LibreOffice cannot read the document", cause=words or "It is damaged", fix="Open it by hand, or get the file again")


def _end(running: subprocess.Popen[bytes]) -> None:
    """End the program if it still runs: asked first, for ``soffice`` only starts the one that works, and ends it when asked."""
    if running.poll() is None:
        running.terminate()
        try:
            running.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _write_profile(folder: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    folder.mkdir(parents=True)
    (folder / "registrymodifications.xcu").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>',
        encoding="utf-8",
    )
