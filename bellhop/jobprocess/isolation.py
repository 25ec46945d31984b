"""What code of job types can import: the words of Bellhop, and nothing else of it.

Called by the runner once all that it needs is imported and its bounds stand. From then on `schema`,
`settings` or `app` are the files and libraries of the job type, and `bellhop.storage` is nothing.
What the runner uses lives on in its own references, so nothing of it may import anything late.

The processes that a job starts through multiprocessing are to find the same, and their first act is
to run the main module of the job process: so that is one of Bellhop's, which calls `join_job`.
"""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

import bellhop
from bellhop.base import program
from bellhop.catalog import loading

KEPT = ("bellhop.words", "bellhop.jobtypes")
PARALLEL = Path(__file__).with_name("parallel")


def leave_bellhop() -> None:
    """Take everything of Bellhop but its words out of the reach of imports, for good."""
    _hide_bellhop()
    # The command is no module of the job's, and a child of multiprocessing must not run it.
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__file__ = str(PARALLEL)


def join_job() -> None:
    """Let a process that a job started import what the job can, for good."""
    _hide_bellhop()
    sys.modules["jobtypes"] = bellhop
    sys.meta_path.append(_TypeFile())


def run_type(path: Path) -> None:
    """Be the process of the type file at `path`, which those that it starts are told too."""
    sys.argv[:] = [str(path)]


def _hide_bellhop() -> None:
    if program.IS_CHECKOUT:
        root = str(program.ROOT)
        sys.path[:] = [folder for folder in sys.path if Path(folder).resolve() != Path(root)]
    for name in [name for name in sys.modules if _is_hidden(name)]:
        del sys.modules[name]
    for name in [name for name in vars(bellhop) if _is_hidden(f"bellhop.{name}")]:
        if isinstance(getattr(bellhop, name), types.ModuleType):
            delattr(bellhop, name)
    sys.meta_path[:] = [_Refusing(), *sys.meta_path, _Unlisted()]
    # A file beside a type may change twice in a second, which bytecode would not show.
    sys.dont_write_bytecode = True


def make_room_for(path: Path) -> None:
    """Let the type file at `path` import what lies beside it, as it is now.

    After all else, so that a file of a user hides no library.
    """
    if path.is_relative_to(program.PACKAGE):
        return
    folder = str(path.parent)
    if folder not in sys.path:
        sys.path.append(folder)
    # Another type of the folder may have imported them before they were changed.
    beside = {name for name, module in sys.modules.items() if _lies_in(folder, name, module)}
    for name in [name for name in sys.modules if name.partition(".")[0] in beside]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _lies_in(folder: str, name: str, module: types.ModuleType) -> bool:
    """Whether a module is one that somebody imported from this folder, not from one below it."""
    file = getattr(module, "__file__", None) or ""
    is_own = name == "bellhop" or name.startswith(loading.MODULE_PREFIX)
    return not is_own and file in (f"{folder}/{name}.py", f"{folder}/{name}/__init__.py")


def _is_hidden(name: str) -> bool:
    package, _, rest = name.partition(".")
    is_kept = any(f"{name}.".startswith(f"{kept}.") for kept in KEPT)
    return package in ("bellhop", "jobtypes") and bool(rest) and not is_kept


class _Refusing:
    """Finds nothing, and lets nobody else find what is hidden."""

    def find_spec(self, name: str, path: object = None, _: object = None) -> ModuleSpec | None:
        if _is_hidden(name):
            raise ModuleNotFoundError(
                f"job types cannot import {name}; use `from bellhop import …`", name=name
            )
        return None


class _Unlisted:
    """Finds modules by their names in those folders of sys.path that cannot be listed.

    Python looks for them by listing, which Landlock may refuse (landlock.py).
    """

    def find_spec(self, name: str, path: object = None, _: object = None) -> ModuleSpec | None:
        for folder in () if path else itertools.filterfalse(_can_be_listed, sys.path):
            for file in (Path(folder, f"{name}.py"), Path(folder, name, "__init__.py")):
                if file.is_file():
                    return importlib.util.spec_from_file_location(name, file)
        return None


class _TypeFile:
    """Finds the module of the type that runs: functions in it are pickled by its name."""

    def find_spec(self, name: str, path: object = None, _: object = None) -> ModuleSpec | None:
        file = Path(sys.argv[0])
        if name != loading.module_name(file):
            return None
        return importlib.util.spec_from_file_location(name, file)


def _can_be_listed(folder: str) -> bool:
    try:
        os.scandir(folder).close()
    except PermissionError:
        return False
    except OSError:
        pass  # there is nothing
    return True
