"""Build dist/bellhop.pyz: the core, its job types and its page in one file.

A plain zipapp would compile each module at each start; legacy `.pyc` files beside the
`.py` avoid that. Only pure Python goes in; a job type that needs more says so when run.
"""

from __future__ import annotations

import compileall
import os
import shutil
import subprocess
import sys
import tempfile
import zipapp
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "dist" / "bellhop.pyz"
# What lies beside the package in a checkout, and in it everywhere else.
ASSETS = ("pins", "static")
# What packages bring and Bellhop never imports.
UNUSED = ("bin", "pwiz.py", "peewee-stubs", "redis/asyncio/multidb", "huey/contrib", "playhouse")
MAIN = "import runpy\n\nrunpy.run_module('bellhop', run_name='__main__')\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        build = Path(name)
        _add_packages(build)
        _add_bellhop(build)
        compileall.compile_dir(build, quiet=1, legacy=True, optimize=0, stripdir=name)
        TARGET.parent.mkdir(exist_ok=True)
        # Beside, then into place: a running Bellhop keeps the file it was started from.
        draft = TARGET.with_suffix(".new")
        zipapp.create_archive(build, draft, "/usr/bin/env python3", compressed=True)
        draft.chmod(0o755)
        os.replace(draft, TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.1f} MB")


def _add_packages(build: Path) -> None:
    requirements = ROOT / "requirements-core.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes", "--target", str(build)]
    subprocess.run([*command, "-r", str(requirements)], check=True)
    for path in [*build.glob("*.dist-info"), *(build / name for name in UNUSED)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    compiled = [path for path in build.rglob("*") if path.suffix in (".so", ".pyd")]
    assert not compiled, f"not pure Python: {compiled}"


def _add_bellhop(build: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "bellhop", build / "bellhop", ignore=ignored)
    for folder in ASSETS:
        shutil.copytree(ROOT / folder, build / "bellhop" / folder)
    (build / "__main__.py").write_text(MAIN)


if __name__ == "__main__":
    main()
