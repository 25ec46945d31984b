"""Wheels made for a test, and pip told to take packages from nowhere else."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest


def make_wheel(
    folder: Path, name: str, text: str = "", *, version: str = "1.0", requires: tuple[str, ...] = ()
) -> None:
    """A wheel of one module with this text."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in requires]
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": "\n".join([*lines, ""]),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


def take_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pip install from this folder alone, whatever this machine has in its settings."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    path = os.environ["PATH"].split(os.pathsep)
    without = [each for each in path if not os.path.exists(os.path.join(each, "uv"))]
    monkeypatch.setenv("PATH", os.pathsep.join(without))
