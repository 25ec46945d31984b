"""Build what users install into dist/: the wheel, its source, and bellhop.pyz.

The single file is the wheel with the packages of the core beside it. A plain zipapp would compile
each module at each start; legacy `.pyc` files beside the `.py` avoid that. Only pure Python goes
in; a job type that needs more says so when run. Building again gives the same bytes.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipapp
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
TARGET = DIST / "bellhop.pyz"
# What packages bring and Bellhop never imports.
UNUSED = ("bin", "pwiz.py", "peewee-stubs", "redis/asyncio/multidb", "huey/contrib", "playhouse")
MAIN = "import runpy\n\nrunpy.run_module('bellhop', run_name='__main__')\n"
# A zip holds local times, so this is the same one everywhere.
BUILT_AT = time.mktime((2020, 2, 2, 0, 0, 0, 0, 0, -1))


def main() -> None:
    DIST.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        build = Path(name)
        _add_packages(build)
        _add_bellhop(build, build_wheel(DIST))
        # No times in them: the zip of another time zone would seem changed, and be compiled anew.
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        compileall.compile_dir(
            build, quiet=1, legacy=True, optimize=0, stripdir=name, invalidation_mode=mode
        )
        _remove_sources_of_packages(build)
        for path in build.rglob("*"):
            os.utime(path, (BUILT_AT, BUILT_AT))
        # Beside, then into place: a running Bellhop keeps the file it was started from.
        draft = TARGET.with_suffix(".new")
        zipapp.create_archive(build, draft, "/usr/bin/env python3", compressed=True)
        draft.chmod(0o755)
        os.replace(draft, TARGET)
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.1f} MB")


def build_wheel(folder: Path) -> Path:
    """The wheel, with the source it can be built from beside it, and none of another version."""
    for path in folder.glob("bellhop_jobs-*"):
        path.unlink()
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    (wheel,) = folder.glob("bellhop_jobs-*.whl")
    return wheel


def _add_packages(build: Path) -> None:
    requirements = ROOT / "requirements-core.txt"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes", "--target", str(build)]
    subprocess.run([*command, "-r", str(requirements)], check=True)
    for path in (build / name for name in UNUSED):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    compiled = [path for path in build.rglob("*") if path.suffix in (".so", ".pyd")]
    assert not compiled, f"not pure Python: {compiled}"


def _remove_sources_of_packages(build: Path) -> None:
    """Leave their bytecode alone, which is a quarter of the file less; ours stays readable."""
    for path in build.rglob("*.py"):
        is_ours = path == build / "__main__.py" or path.is_relative_to(build / "bellhop")
        if not is_ours and path.with_suffix(".pyc").exists():
            path.unlink()


def _add_bellhop(build: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(build)
    pins = build / "bellhop" / "pins"
    pins.mkdir()
    for name, packages in _left_out().items():
        (pins / name).write_text(shlex.join(packages))
    (build / "__main__.py").write_text(MAIN)


def _left_out() -> dict[str, list[str]]:
    """By the requirements file that has them: the packages to install beside the single file."""
    given = tomllib.loads((ROOT / "pyproject.toml").read_text())
    core, project = given["dependency-groups"]["core"], given["project"]
    light = [pin for pin in project["dependencies"] if pin.partition("==")[0] not in core]
    extras = project["optional-dependencies"].items()
    return {
        "requirements.txt": light,
        **{f"requirements-{extra}.txt": pins for extra, pins in extras},
    }


if __name__ == "__main__":
    main()
