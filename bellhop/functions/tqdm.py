"""The progress of tqdm, where a job type imports it, as the progress of its item.

https://tqdm.github.io/docs/tqdm/: a bar draws itself by `display`, which it calls as often as a
person can see. The outermost bar tells Bellhop instead.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

MODULE = "tqdm.std"


def watch(tell: Callable[[float, str], object]) -> None:
    """Let each outermost bar `tell` its fraction (0.0 to 1.0) and its description."""
    if MODULE in sys.modules:
        _connect(sys.modules[MODULE], tell)
    else:
        sys.meta_path.insert(0, _Finder(tell))


def _connect(module: ModuleType, tell: Callable[[float, str], object]) -> None:
    def display(self: Any, msg: str | None = None, pos: int | None = None) -> bool:
        is_outermost = not (self.pos if pos is None else pos)
        if is_outermost and self.total:
            tell(min(1.0, self.n / self.total), str(self.desc or "").removesuffix(": "))
        return True

    module.tqdm.display = display


class _Finder(importlib.abc.MetaPathFinder):
    """Waits for the import of tqdm, and lets the others find it."""

    def __init__(self, tell: Callable[[float, str], object]):
        self._tell = tell

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            _connect(module, self._tell)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
