"""What a job type does with two libraries, once it imports them: tqdm and logging.

A bar of tqdm (https://tqdm.github.io/docs/tqdm/) draws itself by `display`, as often as a person
can see; the outermost bar tells Bellhop instead. What is logged as INFO or above becomes output of
the item, as long as the type configures no logging itself.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Tell = Callable[[float, str], object]
Connect = Callable[[Any], object]


def follow(tell: Tell) -> None:
    """Let each outermost bar `tell` its fraction (0.0 to 1.0) and its description."""
    connect: Mapping[str, Connect] = {
        "tqdm.std": lambda module: _tell_progress(module, tell),
        "logging": _show_information,
    }
    for name in [name for name in connect if name in sys.modules]:
        connect[name](sys.modules[name])
    sys.meta_path.insert(0, _Finder(connect))


def _tell_progress(module: Any, tell: Tell) -> None:
    def display(self: Any, msg: str | None = None, pos: int | None = None) -> bool:
        is_outermost = not (self.pos if pos is None else pos)
        if is_outermost and self.total:
            tell(min(1.0, self.n / self.total), str(self.desc or "").removesuffix(": "))
        return True

    module.tqdm.display = display


def _show_information(logging: Any) -> None:
    logging.root.setLevel(logging.INFO)
    logging.lastResort.setLevel(logging.INFO)
    logging.lastResort.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))


class _Finder:
    """Lets others find a module, and connects it as soon as it was run."""

    def __init__(self, connect: Mapping[str, Connect]):
        self._connect = dict(connect)

    def find_spec(self, name: str, path: object = None, _: object = None) -> ModuleSpec | None:
        connect = self._connect.pop(name, None)  # what it asks for below would ask again
        spec = importlib.util.find_spec(name) if connect else None
        if spec is None or spec.loader is None or connect is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            run(module)
            connect(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
