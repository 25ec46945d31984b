"""A bucket that is too large for one look is looked through bit by bit, by each chore."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bellhop.stores import objects
from bellhop.stores.objects import ObjectStore

JOBS = [f"{number:020x}" for number in range(4)]


class Listed:
    """A bucket, as far as it lists."""

    def list(self, kind: str) -> Iterator[tuple[str, int, float]]:
        yield from ((f"{kind}/{job}/0", 1, 0.0) for job in JOBS)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """One in which a look is over at the first object."""
    monkeypatch.setattr(objects, "LOOK_FOR_S", -1.0)
    store = ObjectStore("s3://key:secret@bucket?endpoint=http://127.0.0.1:1&allow_http=true")
    monkeypatch.setattr(store, "_objects", Listed())
    return store


def test_it_goes_on_where_it_stopped_and_begins_again(bucket: ObjectStore) -> None:
    seen = [job for _ in range(6) for job, _ in bucket.jobs("uploads")]
    assert seen[:4] == JOBS and seen[-1] == JOBS[0]


def test_it_tells_each_chore_all_jobs(bucket: ObjectStore) -> None:
    """Two that look in turn would else see every second part only, for ever."""
    seen: dict[str, list[str]] = {"litter": [], "expiry": []}
    for _ in JOBS:
        for chore, jobs in seen.items():
            jobs += [job for job, _ in bucket.jobs("uploads", chore)]
    assert seen == {"litter": JOBS, "expiry": JOBS}
