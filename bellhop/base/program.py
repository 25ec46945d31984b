"""Where this program lies, what it is called and how a child of it is started.

Bellhop runs from a checkout, from an installed wheel and from a single file (`bellhop.pyz`);
nothing else asks which of the three it is. A path to it may have a link in it that leads to another
release later (`current -> releases/2`): a child is of the release that its parent is of, and what
starts later is of the one to which the path leads by then.
"""

from __future__ import annotations

import contextlib
import os
import pkgutil
import sys
from pathlib import Path

# The folder of the package: in a checkout, in site-packages, or inside the single file.
PACKAGE = Path(__file__).resolve().parents[1]
ROOT = PACKAGE.parent
IS_SINGLE_FILE = ROOT.is_file()
# A wheel and a single file hold the page inside the package.
IS_CHECKOUT = not IS_SINGLE_FILE and not (PACKAGE / "static").is_dir()
# Where a config.ini lies of which nobody says where it is; never among installed packages.
if IS_SINGLE_FILE:
    HOME = ROOT.parent
elif IS_CHECKOUT:
    HOME = ROOT
else:
    HOME = Path.cwd()


def _folder() -> str:
    """The current folder by the links that led here, as a shell tells it; "" where it is gone."""
    told = os.environ.get("PWD", "")
    with contextlib.suppress(OSError):
        return told if os.path.isabs(told) and os.path.samefile(told, ".") else os.getcwd()
    return ""


# Where this process was started; a restart goes there again.
FOLDER = _folder()


def as_given(path: str) -> str:
    """The absolute path of one that was typed, with the links in it."""
    return os.path.join(FOLDER, path)


# By the folder in which it lies; a link to another interpreter is what makes an environment of one.
_PYTHON = os.path.join(
    os.path.realpath(os.path.dirname(sys.executable)), os.path.basename(sys.executable)
)
# How a child of any kind is started, by the same interpreter; -P: what lies in the current folder
# is no module of ours.
if IS_SINGLE_FILE:
    COMMAND = [_PYTHON, str(ROOT)]
elif IS_CHECKOUT:
    COMMAND = [_PYTHON, str(ROOT / "app.py")]
else:
    COMMAND = [_PYTHON, "-P", "-m", "bellhop"]


def _as_started() -> list[str]:
    typed, script = "".join(sys.orig_argv[:1]), as_given("".join(sys.argv[:1]))
    is_path = os.sep in typed and os.path.realpath(typed) == os.path.realpath(sys.executable)
    python = as_given(typed) if is_path else sys.executable
    if IS_CHECKOUT or IS_SINGLE_FILE:
        is_ours = os.path.realpath(script) == os.path.realpath(COMMAND[1])
        return [python, script if is_ours else COMMAND[1]]
    is_command = os.path.basename(script) == "bellhop" and os.access(script, os.X_OK)
    return [script] if is_command else [python, *COMMAND[1:]]


# How this process was started, by the paths that were typed: what a restart and a service start.
AS_STARTED = _as_started()


def home_as_started() -> Path:
    """`HOME` by the path that was typed."""
    is_beside = IS_CHECKOUT or IS_SINGLE_FILE
    place = Path(AS_STARTED[-1]).parent if is_beside else Path(FOLDER)
    return place if place.resolve() == HOME.resolve() else HOME


# The same by an interpreter that does not know Bellhop. The first argument says where it lies;
# nothing else that lies there can be imported.
_ELSEWHERE = """
import sys
from importlib import util
from importlib.machinery import PathFinder
spec = PathFinder.find_spec("bellhop", [sys.argv.pop(1)])
sys.modules["bellhop"] = module = util.module_from_spec(spec)
spec.loader.exec_module(module)
from bellhop.cli.main import main
sys.exit(main())
"""
# Whether this process runs on such an interpreter; no other is started with -I.
IS_ELSEWHERE = bool(sys.flags.isolated)
# What a person types to run a command, for messages.
if IS_SINGLE_FILE:
    TYPED = ROOT.name
elif IS_CHECKOUT:
    TYPED = "python app.py"
else:
    TYPED = "bellhop"


def command(python: str | None = None) -> list[str]:
    """How a child is started, by another interpreter where `python` is the path of one."""
    return COMMAND if python is None else [python, "-I", "-c", _ELSEWHERE, str(ROOT)]


def asset(name: str) -> bytes:
    """A file that comes with the package, such as `pins/ocr.txt`; also from a single file.

    FileNotFoundError when there is none.
    """
    try:
        content = pkgutil.get_data("bellhop", name)
    except OSError:
        content = None
    if content is None:
        raise FileNotFoundError(name)
    return content


def pip_line(extra: str) -> str:
    """The command that installs an extra; "" is what the light job types need."""
    name = f"requirements-{extra}" if extra else "requirements"
    if IS_CHECKOUT:
        return f"pip install -r {name}.txt"
    if IS_SINGLE_FILE:  # it cannot be installed itself, so it names each package
        return f"pip install {asset(f'pins/{name}.txt').decode().strip()}"
    return f'pip install "bellhop-jobs[{extra}]"' if extra else "pip install bellhop-jobs"
