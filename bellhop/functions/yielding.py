"""Functions that do not return at once: coroutines, and generators that tell how far they are.

Of what a generator yields, a number is progress and a text the step; all else is a partial result,
and the last of these the result, unless it returns one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from bellhop.words import Context


def finished(returned: Any, context: Context, show: Callable[[Any], object]) -> Any:
    """What comes of what a function returned; `show` is given each partial result."""
    if inspect.isgenerator(returned):
        return _Told(context, show).all_of(returned)
    if inspect.isasyncgen(returned):
        return _run(_all_of(returned, _Told(context, show)))
    return _run(_awaited(returned)) if inspect.isawaitable(returned) else returned


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio  # it takes as long to import as all else, and few types need it

    return asyncio.run(coroutine)


async def _awaited(returned: Any) -> Any:
    return await returned


async def _all_of(returned: Any, told: _Told) -> Any:
    async for each in returned:
        told.take(each)
    return told.result


class _Told:
    """What a generator has told so far."""

    def __init__(self, context: Context, show: Callable[[Any], object]):
        self._context, self._show = context, show
        self._percent: Any = 0
        self.result: Any = None

    def all_of(self, generator: Generator[Any, Any, Any]) -> Any:
        while True:
            try:
                each = next(generator)
            except StopIteration as end:
                return self.result if end.value is None else end.value
            self.take(each)

    def take(self, given: Any) -> None:
        if _is_number(given):
            self._percent = given
            self._context.progress(self._percent)
        elif type(given) is str:
            self._context.progress(self._percent, given)
        else:
            self.result = given
            self._show(given)


def _is_number(given: Any) -> bool:
    """Whether it is one number, also one of a library; arrays of them have a length."""
    has_value = hasattr(type(given), "__float__") and not hasattr(type(given), "__len__")
    return has_value and not isinstance(given, bool)
