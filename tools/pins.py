"""Lock what pyproject.toml names, and write the requirements files from the lock.

pyproject.toml names the packages that Bellhop itself uses. uv adds what those need in turn, for
each Python from 3.11 and each system at once, with the SHA-256 of all files of a release: that is
the lock. Each requirements file is the part of it that one purpose needs. Versions stay until they
are asked to change: arguments go on to uv, such as `--upgrade-package idna`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
MADE_BY = "# Written by `make pins` from pyproject.toml: change that one."
# What this machine has configured, such as another index, must not show in the files.
UV = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--no-header"]
UV += ["--default-index", "https://pypi.org/simple", "--generate-hashes"]
UV += ["--universal", "--python-version", "3.11"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
PROJECT = ("pyproject.toml",)


@dataclass(frozen=True)
class Requirements:
    """A requirements file: what it is for, what uv is to resolve, and the files it adds to."""

    name: str
    about: str
    chosen: tuple[str, ...]
    includes: tuple[str, ...] = ()


FILES = (
    Requirements(
        "requirements-core.txt",
        "The core alone: pure Python only, so that it also runs from one .pyz.",
        ("--group", "core"),
    ),
    Requirements(
        "requirements.txt",
        "The core and what the light job types need.",
        PROJECT,
        ("requirements-core.txt",),
    ),
    Requirements(
        "requirements-cog.txt",
        "The extra `cog`: Cloud Optimized GeoTIFF, control points and every coordinate system for "
        "georaster.",
        (*PROJECT, "--extra", "cog"),
        ("requirements.txt",),
    ),
    Requirements(
        "requirements-ocr.txt",
        "The extra `ocr`: reading of pictures by `quiz`. The models come inside rapidocr.",
        (*PROJECT, "--extra", "ocr"),
        ("requirements.txt",),
    ),
    Requirements(
        "requirements-postgresql.txt",
        "The extra `postgresql`: the rows in PostgreSQL instead of SQLite.",
        (*PROJECT, "--extra", "postgresql"),
        ("requirements.txt",),
    ),
    Requirements(
        "requirements-machines.txt",
        "The extra `machines`: several machines, with the rows in PostgreSQL and files in S3.",
        (*PROJECT, "--extra", "machines"),
        ("requirements-postgresql.txt",),
    ),
    Requirements(
        "requirements-sso.txt",
        "The extra `sso`: logins at a provider of OpenID Connect.",
        (*PROJECT, "--extra", "sso"),
        ("requirements.txt",),
    ),
    Requirements(
        "requirements-notices.txt",
        "The extra `notices`: admins hear of trouble through the services that Apprise knows.",
        (*PROJECT, "--extra", "notices"),
        ("requirements.txt",),
    ),
    Requirements(
        "requirements-dev.txt",
        "What `make check`, `make bench` and `make dist` need beyond requirements.txt.",
        (*PROJECT, "--all-extras", "--group", "dev"),
        (
            "requirements.txt",
            "requirements-cog.txt",
            "requirements-ocr.txt",
            "requirements-machines.txt",
            "requirements-sso.txt",
            "requirements-notices.txt",
        ),
    ),
    Requirements(
        "requirements-bench.txt",
        "What `make bench` measures against.",
        (*PROJECT, "--all-extras", "--group", "dev", "--group", "bench"),
        ("requirements-dev.txt",),
    ),
    Requirements(
        "requirements-pins.txt", "What `make pins` and `make audit` need.", ("--group", "pins")
    ),
)


def main() -> None:
    groups = [word for name in ("core", "dev", "bench", "pins") for word in ("--group", name)]
    locked = _compile([*PROJECT, "--all-extras", *groups, *sys.argv[1:]])
    LOCK.write_text(f"# Every package, for all purposes at once.\n{MADE_BY}\n{locked}")
    written: dict[str, list[str]] = {}
    for file in FILES:
        entries = _entries(_compile([*file.chosen]))
        elsewhere = {_pin(entry) for name in file.includes for entry in written[name]}
        written[file.name] = [*(e for name in file.includes for e in written[name]), *entries]
        own = [entry for entry in entries if _pin(entry) not in elsewhere]
        head = [f"# {file.about}", MADE_BY, *(f"-r {name}" for name in file.includes)]
        (ROOT / file.name).write_text("\n".join([*head, *own]) + "\n")
        print(f"{file.name}: {len(own)} packages")


def _compile(chosen: list[str]) -> str:
    """What uv makes of what was chosen, keeping to the versions of the lock.

    Their hashes are asked for anew: a release may gain files.
    """
    versions = re.findall(r"^\w.*==[^\\\n]+", LOCK.read_text(), re.M)
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        output.write_text("\n".join(versions))
        command = [*UV, *chosen, "--output-file", str(output)]
        subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL)
        return output.read_text()


def _entries(compiled: str) -> list[str]:
    """Each package: its version, then indented its hashes and what it is there for."""
    return re.findall(r"^\w.*(?:\n .*)*", compiled, re.M)


def _pin(entry: str) -> str:
    """The version and the system it is for: `colorama==0.4.6 ; sys_platform == 'win32'`."""
    return entry.partition("\\")[0]


if __name__ == "__main__":
    main()
