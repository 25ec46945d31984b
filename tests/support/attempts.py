"""One attempt at an item in this process, without a server or a job process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bellhop import BadInput, Context

# Tests over the shared data are not collected where that is not (see conftest.py).
needs_shared = pytest.mark.shared_data


class Attempt(NamedTuple):
    """What a job type gave and told."""

    data: Any
    told: list[dict[str, Any]]
    output_dir: Path

    @property
    def warnings(self) -> list[dict[str, Any]]:
        return [told["warning"] for told in self.told if "warning" in told]

    @property
    def steps(self) -> list[str]:
        """The steps that were shown, each once."""
        return list(dict.fromkeys(told["step"] for told in self.told if "step" in told))


def attempt(
    function: Callable[..., Any],
    given: Any,
    folder: Path,
    *,
    settings: dict[str, str | None] | None = None,
    filename: str | None = None,
    item_id: str = "job-0-0",
    **params: Any,
) -> Attempt:
    """Run a job type on one input; folders for its files are made in `folder`."""
    told: list[dict[str, Any]] = []
    output, scratch = folder / "output", folder / "scratch"
    for made in (output, scratch):
        made.mkdir(exist_ok=True)
    context = Context(
        filename=filename or (given.name if isinstance(given, Path) else str(given)[:60]),
        output_dir=output,
        scratch_dir=scratch,
        item_id=item_id,
        attempt=1,
        settings=settings or {},
        tell=told.append,
        cancel_asked=lambda: False,
    )
    return Attempt(function(given, context, **params), told, output)


def refusal(function: Callable[..., Any], given: Any, folder: Path, **params: Any) -> BadInput:
    """The error with which a job type refuses an input."""
    with pytest.raises(BadInput) as caught:
        attempt(function, given, folder, **params)
    return caught.value
