"""How long a fresh process takes to import the SDK, to show its help, and to list fifty plugins (also locked) without importing any."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _table import Row, benchmark, fail

PLUGINS = 50
SOURCE = Path(__file__).resolve().parent.parent / "src"

MANIFEST = """\
manifest = 1
namespace = "bench{number}"
sdk = ">=0.1,<99"

[contract]
ingest = 1
extract = 1

[[components]]
id = "bench{number}.reader"
object = "bench_plugin_{number}:Reader"
summary = "Reads documents of kind {number}"
stages = ["ingest"]
media_types = ["application/x-bench-{number}", "image/*"]
provides = ["pages", "text"]
config = '''{{"additionalProperties":false,"properties":{{"language":{{"default":"eng","type":"string"}}}},"type":"object"}}'''

[[components]]
id = "bench{number}.finder"
object = "bench_plugin_{number}:Finder"
summary = "Finds values in documents of kind {number}"
stages = ["extract"]
isolation = "process"
requires = ["text"]
provides = ["fields"]
programs = ["tesseract"]
"""


def main(quick: bool) -> list[Row]:
    """Measure every case in alternation, so that a busy machine burdens all of them alike."""
    rounds = 5 if quick else 11
    with tempfile.TemporaryDirectory() as folder:
        write_plugins(Path(folder))
        aios = [sys.executable, "-c", "import sys; from aios_sdk.cli import main; sys.exit(main())"]
        commands = {
            "bare": [sys.executable, "-c", "pass"],
            "import": [sys.executable, "-c", "import aios_sdk"],
            "typer": [sys.executable, "-c", "import typer"],
            "help": [*aios, "--help"],
            "list": [*aios, "plugin", "list"],
            "locked": [*aios, "plugin", "list"],
            "doctor": [*aios, "plugin", "doctor"],
        }
        check_listing(aios, folder)
        lock(aios, folder)
        times: dict[str, list[float]] = {name: [] for name in commands}
        for turn in range(rounds + 1):
            for name, command in commands.items():
                seconds = timed(command, folder, locked=name in ("locked", "doctor"))
                if turn:  # the first one writes the byte code and warms the file cache
                    times[name].append(seconds)
    median = {name: statistics.median(values) for name, values in times.items()}
    bare, beside = median["bare"], f"bare Python {median['bare']:.3f} s"
    return [
        Row(case="import aios_sdk, over bare Python", figure=median["import"] - bare, unit="s", bar=0.05, beside=beside),
        Row(case="aios --help", figure=median["help"], unit="s", bar=0.25, beside=f"{beside}; import typer {median['typer']:.3f} s"),
        Row(case=f"aios plugin list, {PLUGINS} plugins, none imported", figure=median["list"], unit="s", bar=0.40, beside=beside),
        Row(case="the same under a lock, every file compared", figure=median["locked"], unit="s", bar=0.40, beside=beside),
        Row(case="aios plugin doctor, under that lock", figure=median["doctor"], unit="s", bar=0.40, beside=beside),
    ]


def write_plugins(folder: Path) -> None:
    """Fifty installed distributions, whose code ends the process when it is imported."""
    for number in range(PLUGINS):
        package, metadata = folder / f"bench_plugin_{number}", folder / f"bench_plugin_{number}-1.0.dist-info"
        package.mkdir()
        metadata.mkdir()
        (package / "__init__.py").write_text("import os\nos._exit(99)\n")
        (package / "aios_plugin.toml").write_text(MANIFEST.format(number=number))
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: bench-plugin-{number}\nVersion: 1.0\n\n")
        (metadata / "entry_points.txt").write_text(f"[aios.plugins]\nbench = bench_plugin_{number}:aios_plugin.toml\n")
        files = [file for place in (package, metadata) for file in sorted(place.iterdir())]
        rows = [f"{file.relative_to(folder).as_posix()},{digest(file)},{file.stat().st_size}\n" for file in files]
        (metadata / "RECORD").write_text("".join(rows) + f"{metadata.name}/RECORD,,\n")


def digest(file: Path) -> str:
    """The hash of a file as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest()).decode().rstrip("=")


def lock(aios: list[str], folder: str) -> None:
    """Lock what is installed; the lock must hold a plugin, and let no other in."""
    subprocess.run([*aios, "plugin", "lock", "--file", f"{folder}/plugins.lock"], env=environment(folder), check=True, capture_output=True)
    other = Path(folder, "bench_plugin_7", "__init__.py")
    text = other.read_text()
    other.write_text(text + "# changed\n")
    listed = subprocess.run(
        [*aios, "plugin", "list", "--json"], env=environment(folder, locked=True), check=True, capture_output=True, cwd=folder
    )
    refused = [row["id"] for row in json.loads(listed.stdout) if "was changed after it was installed" in row["reason"]]
    if refused != ["bench7.finder", "bench7.reader"]:
        fail(f"a changed file keeps {refused} out")
    other.write_text(text)


def check_listing(aios: list[str], folder: str) -> None:
    """The list must hold every component in good standing; an import of any plugin would have ended the process."""
    listed = subprocess.run([*aios, "plugin", "list", "--json"], env=environment(folder), check=True, capture_output=True)
    found = [row for row in json.loads(listed.stdout) if row["distribution"].startswith("bench-plugin-")]
    if len(found) != 2 * PLUGINS or any(row["state"] != "allowed" or row["reason"] for row in found):
        fail(f"{len(found)} components are listed in good standing, not {2 * PLUGINS}")
    control = subprocess.run([sys.executable, "-c", "import bench_plugin_7"], env=environment(folder), check=False)
    if control.returncode != 99:
        fail("importing a plugin does not end the process, so nothing proves that none was imported")


def environment(folder: str, *, locked: bool = False) -> dict[str, str]:
    """This environment with the SDK and the plugins on the path, and no policy of this machine but the lock."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AIOS_")}
    lock = {"AIOS_PLUGINS_LOCK": f"{folder}/plugins.lock"} if locked else {}
    return {**kept, **lock, "PYTHONPATH": os.pathsep.join([str(SOURCE), folder])}


def timed(command: list[str], folder: str, *, locked: bool) -> float:
    """Wall seconds of a fresh process."""
    started = time.perf_counter()
    subprocess.run(command, env=environment(folder, locked=locked), cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(benchmark("Start of a process", main))
