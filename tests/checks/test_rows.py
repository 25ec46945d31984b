"""What `check` says of the rows: a clock that is behind them, a cache that only grows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bellhop.base.times import timestamp
from bellhop.checks import rows as checks
from bellhop.checks.answers import Failed
from bellhop.database.database import query
from bellhop.jobs import reuse
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job

ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@ENGINES
def test_it_fails_a_clock_that_is_behind_the_newest_job(submit: Callable[..., Job]) -> None:
    submit()
    assert checks.clock() == ["not behind the newest job"]
    query("UPDATE job SET created_at = :at", {"at": timestamp(7200)})
    with pytest.raises(Failed, match=r"^it is 7,(200|199) s behind the newest job"):
        checks.clock()


def test_it_warns_of_a_cache_that_nobody_makes_smaller(
    here: Installation, loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reuse, "stats", lambda: {"entries": 7, "bytes": 2048 << 20})
    assert len(checks.cache(loaded)) == 1
    monkeypatch.setattr(reuse, "stats", lambda: {"entries": 7, "bytes": 2049 << 20})
    _, warning = checks.cache(loaded)
    assert warning.startswith("7 results, 2049 MiB of [cache] max_mb = 1024, and nobody removes")
