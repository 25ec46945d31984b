"""Where this program lies, what it is called and how a child of it is started.

Bellhop runs from a checkout, from an installed wheel and from a single file (`bellhop.pyz`);
nothing else asks which of the three it is.
"""

from __future__ import annotations

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
# How a child of any kind is started, by the same interpreter; -P: what lies in the current folder
# is no module of ours.
if IS_SINGLE_FILE:
    COMMAND = [sys.executable, str(ROOT)]
elif IS_CHECKOUT:
    COMMAND = [sys.executable, str(ROOT / "app.py")]
else:
    COMMAND = [sys.executable, "-P", "-m", "bellhop"]
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
