"""What a job type is written with: `job_type`, `Context` and the three errors.

A job type is one decorated function in one file; see `docs/adding-a-job-type.md`.
Only a job process and the child that describes a file import this package's
modules. The web and the consumer never do: they know a type by its description.
"""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, NewType, SupportsFloat, SupportsIndex, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])
Thing = TypeVar("Thing")
Secret = NewType("Secret", str)
# Of a parameter: what is submitted as an item is a URL, or a text.
Url = NewType("Url", str)
Text = NewType("Text", str)
# Characters of a text that a person reads, and of a line on the page.
MOST_TEXT = 2000
MOST_STEP = 200
# The code of a warning that was given none.
WARNING = "warning"


class BadInput(Exception):
    """The input can never work: Bellhop fails the item at once, and the user reads `message`.

    `code` is snake_case and stable; `hint` says what the user can do about it. `extra` names an
    extra that is not installed: Bellhop then gives the command that installs it as the hint.
    `data` is JSON for the viewer of the type, such as what to choose from; what is longer than
    64 KiB is left out.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "bad_input",
        hint: str | None = None,
        extra: str | None = None,
        data: dict[str, Any] | None = None,
    ):
        super().__init__(message)
        self.message, self.code, self.extra = str(message)[:MOST_TEXT], str(code), extra
        self.data = None if data is None else dict(data)
        self.hint = None if hint is None else str(hint)[:MOST_TEXT]


class Unavailable(Exception):
    """An external service that the item needs failed, and may work later.

    It counts as a failure: Bellhop runs the item again after each of the delays of its type, then
    fails it, and the user reads `message`. `code` and `hint` are the same as in `BadInput`.
    """

    def __init__(self, message: str, *, code: str, hint: str | None = None):
        super().__init__(message)
        self.message, self.code = str(message)[:MOST_TEXT], str(code)
        self.hint = None if hint is None else str(hint)[:MOST_TEXT]


class TryAgain(Exception):
    """The item cannot run now and should run again in `delay_s` seconds.

    It does not count as a failure; 24 h after the first start, Bellhop fails the item.
    """

    def __init__(self, delay_s: float, reason: str):
        super().__init__(reason)
        self.delay_s, self.reason = float(delay_s), str(reason)[:MOST_TEXT]


@dataclass(frozen=True)
class Markdown:
    """A text that the page shows as Markdown (CommonMark with tables) where it is returned."""

    text: str


class Table:
    """Rows that the page shows as a table, with a CSV file of all of them, where it is returned.

    `rows` are mappings, dataclasses or named tuples, whose names become the columns, or sequences
    in the order of `columns`; of anything else, each is a row with one cell.
    """

    def __init__(self, rows: Iterable[Any], columns: Sequence[str] | None = None):
        listed = [_row(row) for row in rows]
        names = {name: None for row in listed if isinstance(row, Mapping) for name in row}
        width = max((len(row) for row in listed), default=0)
        given = list(columns or names or (f"Column {n + 1}" for n in range(width)))
        self.columns = [str(name) for name in given]
        self.rows = [
            [row.get(name) for name in given] if isinstance(row, Mapping) else list(row)
            for row in listed
        ]


def _row(given: Any) -> Any:
    """A row as a mapping or a sequence."""
    if is_dataclass(given) and not isinstance(given, type):
        return {field.name: getattr(given, field.name) for field in fields(given)}
    if isinstance(given, tuple) and hasattr(given, "_asdict"):
        return given._asdict()
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return [given]
    return given if isinstance(given, Mapping) else list(given)


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the job type can read and do in one attempt at one item.

    `filename` is the name that the user gave, for display only. Files written to
    `output_dir` become downloads; `scratch_dir` is emptied after the attempt.
    `item_id` is the same in every attempt: the idempotency key for effects
    outside Bellhop. `settings` holds what the decorator's `settings` declared.
    """

    filename: str
    output_dir: Path
    scratch_dir: Path
    item_id: str
    attempt: int
    settings: Mapping[str, str | None]
    tell: Callable[[dict[str, Any]], None]
    cancel_asked: Callable[[], bool]

    def progress(self, percent: SupportsFloat | SupportsIndex, step: str = "") -> None:
        """Show on the page how far the item is, and the current step.

        A whole number is percent. A float from 0.0 to 1.0 is a fraction, 1.0 being all of it; a
        float above 1.0 is percent. TypeError for what is no number.
        """
        try:
            shown = _percent(percent)
        except (TypeError, ValueError):
            kind = type(percent).__name__
            raise TypeError(f"context.progress() takes a number, not {kind}") from None
        self.tell({"progress": shown, "step": str(step)[:MOST_STEP]})

    def warn(
        self, code: str | None = None, message: str | None = None, where: str | None = None
    ) -> None:
        """Add a warning to the result; `where` names the row, page or cell it is about.

        `warn("text")` is enough: a text alone is the message, and its code is `warning`.
        """
        text, code = (code, None) if message is None else (message, code)
        if text is None:
            raise TypeError("context.warn() needs the text of the warning")
        where = None if where is None else str(where)[:MOST_STEP]
        code = WARNING if code is None else str(code)
        self.tell({"warning": {"code": code, "message": str(text)[:MOST_TEXT], "where": where}})

    def log(self, text: str) -> None:
        """Write a line to the output of the item."""
        print(text, flush=True)  # noqa: T201 - a job's stdout is its log

    def iterate(self, things: Iterable[Thing], step: str = "") -> Iterator[Thing]:
        """Go through things, and show how many of them are done, where they can be counted."""
        total = len(things) if isinstance(things, Sized) else 0
        shown = -1
        for done, thing in enumerate(things):
            percent = 100 * done // total if total else 0
            if percent != shown:
                shown = percent
                self.progress(percent, step)
            yield thing

    @property
    def cancelled(self) -> bool:
        """Whether somebody has cancelled the job; Bellhop kills it unless it returns soon."""
        return self.cancel_asked()


def _percent(given: SupportsFloat | SupportsIndex) -> int:
    """What `Context.progress` was given, as whole percent.

    What is not a number (NaN) is 0, which moves nothing: progress does not go back.
    """
    if isinstance(given, SupportsIndex):
        with contextlib.suppress(TypeError):  # an array has the word, but not each is a number
            return max(0, min(100, operator.index(given)))
    if not isinstance(given, SupportsFloat):
        raise TypeError
    number = float(given)
    percent = round(100 * number, 6) if 0 <= number <= 1 else number
    return 0 if math.isnan(percent) else int(max(0, min(100, percent)))


@dataclass(frozen=True, kw_only=True)
class JobType:
    """The decorator's options; `None` means the default of the queue or of config.ini.

    `timeout_s` is in seconds, `memory_mb` in MiB, `delays_s` the seconds before
    each retry. `requires` maps a module to the extra that installs it.
    `version` is part of the key of the result cache. `describe_timeout_s` is how long the file may
    take to load when Bellhop reads what its types are.
    """

    function: Callable[..., Any]
    label: str
    accepts: Sequence[str] = ()
    queue: str = "default"
    timeout_s: float | None = None
    memory_mb: int | None = None
    delays_s: Sequence[float] | None = None
    version: str = "1"
    cache: bool | int | None = None
    network: bool = False
    requires: Mapping[str, str] | None = None
    viewer: str | None = None
    settings: Mapping[str, Any] | None = None
    describe_timeout_s: float | None = None
    # Bellhop's own work, which nobody submits by hand.
    hidden: bool = False


@overload
def job_type(function: Function, /) -> Function: ...
@overload
def job_type(label: str, /, **options: Any) -> Callable[[Function], Function]: ...
@overload
def job_type(*, label: str | None = None, **options: Any) -> Callable[[Function], Function]: ...
def job_type(function: Any = None, /, *, label: str | None = None, **options: Any) -> Any:
    """Make a function a job type; the options are the fields of `JobType`.

    The label is made from the name of the function where there is none; it may also be the one
    argument without a name. Raises TypeError for an option that does not exist, and for what is no
    function of a file.
    """
    if isinstance(function, str):
        function, label = None, function

    def decorate(function: Any) -> Any:
        _require_function(function)
        name = label or function.__name__.replace("_", " ").strip().capitalize()
        function.job_type = JobType(function=function, label=name, **options)
        return function

    return decorate if function is None else decorate(function)


def _require_function(function: Any) -> None:
    if isinstance(function, type) or not hasattr(function, "__name__"):
        kind = function.__name__ if isinstance(function, type) else type(function).__name__
        raise TypeError(f"@job_type is for functions, not for {kind}; write def … for it")
