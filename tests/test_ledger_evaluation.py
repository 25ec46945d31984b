"""The figures of the trial balance type meet their bar on the shared data, where it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.trial_balance import figures
from jobtypes import BadInput
from tests.test_trial_balance import SHARED, run


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data is not beside the project")
def test_it_meets_the_bar() -> None:
    def run_all(_: str, inputs: Any, **params: Any) -> list[dict[str, Any]]:
        return [outcome(Path(path), **params) for path in inputs]

    found = figures(run_all, SHARED)
    assert len(found) == 4
    # Seconds depend on what else the machine does.
    assert [f for f in found if not f.is_met and "seconds" not in f.what] == []


def outcome(path: Path, **params: Any) -> dict[str, Any]:
    try:
        return run(path, **params)
    except BadInput as error:
        return {"error": {"code": error.code}}
