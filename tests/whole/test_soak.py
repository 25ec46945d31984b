"""The short form of `make soak`: too short to see a slow leak, long enough to lose something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.whole.soak.measures import Series
from tests.whole.soak.run import Soak

SECONDS = 10.0


def test_it_loses_nothing_and_does_not_grow(tmp_path: Path) -> None:
    verdict = Soak(tmp_path, seed=1).run(SECONDS)
    assert verdict.wrong == []
    for what in ("jobs", "restarts", "upgrades", "kills", "backups", "files done"):
        assert verdict.counts[what] > 0, verdict.table()
    assert len(verdict.series) == 11


@pytest.mark.parametrize(
    ("per_s", "is_flat"), [(0.0, True), (0.001, True), (0.2, False), (5.0, False)]
)
def test_it_sees_growth_through_noise(per_s: float, is_flat: bool) -> None:
    points = [(2.0 * n, 100 + per_s * 2 * n + (n * 7919 % 13) / 13) for n in range(100)]
    assert Series("web", "MiB of memory", points).is_flat == is_flat
