"""Building the environment of a type: what is run for it, how far it is, and why it failed.

uv does it where it is on the PATH, else venv and pip. Both read their own settings, so that they
take packages from where whoever runs Bellhop says.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bellhop.base.program import COMMAND
from bellhop.environments.header import Needs
from bellhop.settings.settings import Settings
from bellhop.storage.files import write_atomically
from bellhop.stores.folders import remove_tree
from bellhop.system.children import Child, clean_environment
from bellhop.system.confine import Bounds, existing

BUILT = "built.json"
BUILD_LIMIT_S = 3600.0
UNINSTALLED = "its packages cannot be installed"
# The least Python that runs the code of Bellhop in a job process.
LEAST_PYTHON = (3, 11)
# What of this process's environment says where packages come from.
OF_INDEXES = re.compile(
    r"(PIP|UV)_\w+|(?i:(https?|all|no)_proxy)|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE"
    r"|CURL_CA_BUNDLE|NETRC|HOME|XDG_(CONFIG|CACHE|DATA)_(HOME|DIRS)"
)
# What of it would install to another place.
MISLEADING = {f"PIP_{name}" for name in ("TARGET", "PREFIX", "ROOT", "USER", "PYTHON", "DRY_RUN")}
MISLEADING |= {f"UV_{name}" for name in ("TARGET", "PREFIX", "SYSTEM_PYTHON", "PYTHON")}
MOST_LOG_BYTES, LAST_LINES = 1 << 20, 6
NO_REASON = ("[notice]", "WARNING: Location", "Looking in ", "Using ", "Creating ", "Activate ")


class Refused(Exception):
    """An environment that nobody can build; the text says why."""


class Build:
    """One environment being built by a child in a session of its own; it holds the lock of all."""

    def __init__(self, settings: Settings, folder: Path, key: str, needs: Needs, lock: int):
        commands = _commands(settings, needs, folder / key)
        self.key, self._place, self._lock = key, folder / key, lock
        self._log, self._home = folder / f"{key}.log", folder / f"{key}.tmp"
        self._began, self._is_overdue = time.monotonic(), False
        remove(folder, key)  # what an interrupted build left
        for path in (self._place, self._home):
            path.mkdir()
        given, caches = _given(self._home)
        bounds = Bounds(
            hidden=settings.private_places,
            readable=(),
            writable=(str(self._place), str(self._home), *caches),
            network=True,
            masked=existing(settings.ways_to_rows()),
        )
        with self._log.open("wb") as log:
            self._child = Child(
                [*COMMAND, "build-environment", bounds.argument(), json.dumps(commands)],
                stdin=subprocess.PIPE,  # its guard: it ends when this process does
                stdout=log,
                stderr=log,
                env=given,
            )

    def has_ended(self) -> bool:
        self._is_overdue = time.monotonic() - self._began > BUILD_LIMIT_S
        if not (self._child.has_ended() or self._is_overdue):
            return False
        self.drop()
        return True

    def drop(self) -> None:
        self._child.end()
        assert self._child.stdin is not None
        self._child.stdin.close()
        remove_tree(self._home)
        os.close(self._lock)

    def why_not(self) -> str | None:
        """Once it has ended: why it cannot be used; else it counts as built from now on."""
        if self._child.returncode == 0 and not self._is_overdue:
            os.sync()  # what is in it comes before what says that it is there
            config = (self._place / "pyvenv.cfg").read_text()
            built = {"packages": _packages(self._place), "python": config}
            write_atomically(self._place / BUILT, json.dumps(built).encode())
            return None
        remove_tree(self._place)
        said = [line.strip() for line in self._said().splitlines() if line.strip()]
        lines = [line for line in said if not line.startswith(NO_REASON)]
        if self._is_overdue:
            lines = [f"it took more than {BUILD_LIMIT_S / 60:g} minutes"]
        return f"{UNINSTALLED}: {' '.join(lines[-LAST_LINES:])[-1200:]}"

    def progress(self) -> str:
        text = self._said()
        resolved = re.findall(r"(?m)^Resolved (\d+) packages?", text)
        listed = re.findall(r"(?m)^Installing collected packages: (.*)$", text)
        total = int(resolved[-1]) if resolved else len(listed[-1].split(",")) if listed else 0
        if total:
            return f"installing: {len(_packages(self._place))} of {total} packages"
        found = len(re.findall(r"(?m)^\s*Collecting ", text))
        return f"installing: {found} packages found so far" if found else "installing: packages"

    def _said(self) -> str:
        with self._log.open("rb") as log:
            return log.read(MOST_LOG_BYTES).decode(errors="replace")


def _commands(settings: Settings, needs: Needs, place: Path) -> list[list[str]]:
    """What makes the environment and installs into it; raises `Refused`."""
    may_build = settings.jobtypes.build == "yes"
    if not may_build and (sources := needs.sources()):
        raise Refused(
            f"{sources[0]} is not a wheel, and building packages runs their code: set "
            "[jobtypes] build = yes to allow it"
        )
    here = sys.version_info[:3]
    if uv := shutil.which("uv"):
        least = ".".join(map(str, LEAST_PYTHON))
        other = f">={least},{needs.requires_python}".rstrip(",")
        python = sys.executable if needs.allows(here) else other
        return _with_uv(uv, python, needs, place, may_build=may_build)
    if not needs.allows(here):
        version = ".".join(map(str, here))
        raise Refused(
            f"it needs Python {needs.requires_python}, and Bellhop runs on {version}; install uv "
            "and that Python, or change requires-python"
        )
    return _with_pip(needs, place, may_build=may_build)


def _with_uv(
    uv: str, python: str, needs: Needs, place: Path, *, may_build: bool
) -> list[list[str]]:
    make = [uv, "venv", "--allow-existing", "--no-python-downloads", "--python", python, str(place)]
    install = [uv, "pip", "install", "--python", str(place / "bin" / "python")]
    wheels = [] if may_build else ["--no-build"]
    return [make, *([[*install, *wheels, "--", *needs.dependencies]] if needs.dependencies else [])]


def _with_pip(needs: Needs, place: Path, *, may_build: bool) -> list[list[str]]:
    has_pip = importlib.util.find_spec("pip") is not None
    python = str(place / "bin" / "python")
    own = [sys.executable, "-I", "-m"]
    make = [*own, "venv", *(["--without-pip"] if has_pip else []), str(place)]
    pip = [*own, "pip", "--python", python] if has_pip else [python, "-I", "-m", "pip"]
    quiet = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    wheels = [] if may_build else ["--only-binary", ":all:"]
    install = [*pip, "install", *quiet, *wheels, "--", *needs.dependencies]
    return [make, *([install] if needs.dependencies else [])]


def _given(home: Path) -> tuple[dict[str, str], list[str]]:
    """The environment of a build, and the folders of the tools' caches that it may write to."""
    passed = {name: text for name, text in os.environ.items() if OF_INDEXES.fullmatch(name)}
    clean = clean_environment(home, is_apart=True)
    given = {**clean, **{name: passed[name] for name in passed.keys() - MISLEADING}}
    given.setdefault("UV_LINK_MODE", "copy")
    caches = []
    above = given.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for tool in ("pip", "uv"):
        cache = given.get(f"{tool.upper()}_CACHE_DIR") or os.path.join(above, tool)
        with contextlib.suppress(OSError):
            os.makedirs(cache, exist_ok=True)
        if os.access(cache, os.W_OK):
            given[f"{tool.upper()}_CACHE_DIR"] = cache
            caches.append(cache)
        else:
            given |= {"PIP_NO_CACHE_DIR": "1"} if tool == "pip" else {"UV_NO_CACHE": "1"}
    return given, caches


def _packages(place: Path) -> list[str]:
    """The names and versions of the packages that lie in an environment."""
    found = place.glob("lib/python*/site-packages/*.dist-info")
    return sorted(path.name.removesuffix(".dist-info") for path in found)


def remove(folder: Path, key: str) -> None:
    """Remove an environment, first what says that it is there."""
    (folder / key / BUILT).unlink(missing_ok=True)
    for path in (folder / key, folder / f"{key}.tmp"):
        if path.exists():
            remove_tree(path)
    (folder / f"{key}.log").unlink(missing_ok=True)
