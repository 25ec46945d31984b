"""Compile `pins/*.in` into the requirements files: every package with its version and hashes.

An input names the packages that Bellhop itself uses. uv adds what those need in turn, for each
Python from 3.11 and each system at once, with the SHA-256 of all files of a release. Versions
stay until they are asked to change: arguments go on to uv, such as `--upgrade-package idna`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What this machine has configured, such as another index, must not show in the files.
UV = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--no-header"]
UV += ["--default-index", "https://pypi.org/simple", "--generate-hashes"]
UV += ["--universal", "--python-version", "3.11"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}


def main() -> None:
    inputs = sorted(path.relative_to(ROOT) for path in ROOT.glob("pins/*.in"))
    # One version of each package for all files, so that any of them can be installed together.
    versions = _compile(inputs, before=_versions_now(), more=sys.argv[1:])
    compiled = {path.name: _compile([path], before=versions) for path in inputs}
    for path in inputs:
        includes = re.findall(r"^-r (.+)$", (ROOT / path).read_text(), re.M)
        elsewhere = {_pin(entry) for name in includes for entry in _entries(compiled[name])}
        own = [entry for entry in _entries(compiled[path.name]) if _pin(entry) not in elsewhere]
        target = ROOT / path.with_suffix(".txt").name
        target.write_text("\n".join([*_head(path, includes), *own]) + "\n")
        print(f"{target.name}: {len(own)} packages")


def _compile(inputs: list[Path], before: str, more: list[str] | None = None) -> str:
    """What uv makes of the inputs, keeping to the versions that were there `before`."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        output.write_text(before)
        command = [*UV, *(more or []), "--output-file", str(output), *map(str, inputs)]
        subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        return output.read_text()


def _versions_now() -> str:
    """The versions without their hashes, which are asked for anew: a release may gain files."""
    files = "\n".join(path.read_text() for path in ROOT.glob("requirements*.txt"))
    return "\n".join(sorted(set(re.findall(r"^\w.*==[^\\\n]+", files, re.M))))


def _entries(compiled: str) -> list[str]:
    """Each package: its version, then indented its hashes and what it is there for."""
    return re.findall(r"^\w.*(?:\n .*)*", compiled, re.M)


def _pin(entry: str) -> str:
    """The version and the system it is for: `colorama==0.4.6 ; sys_platform == 'win32'`."""
    return entry.partition("\\")[0]


def _head(path: Path, includes: list[str]) -> list[str]:
    about = [line for line in (ROOT / path).read_text().splitlines() if line.startswith("#")]
    included = [f"-r {Path(name).with_suffix('.txt')}" for name in includes]
    return [*about, f"# Compiled by `make pins` from {path}: change that one.", *included]


if __name__ == "__main__":
    main()
