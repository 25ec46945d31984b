"""A database that is away when an item is about to begin is waited out, with the same attempt."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer import watch
from bellhop.consumer.workers import Workers
from bellhop.jobs import reuse
from bellhop.storage.models import Job
from tests.support.jobs import items_of, moves_of


def away_once(call: Callable[..., Any]) -> Callable[..., Any]:
    """The database is away at the first call."""
    calls = []

    def called(*arguments: Any, **options: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        return call(*arguments, **options)

    return called


@pytest.mark.parametrize("where", [(reuse, "find"), (accounts, "is_closed")], ids=lambda w: w[1])
def test_it_waits_for_the_rows_before_an_item_begins(
    submit: Callable[..., Job], workers: Workers, monkeypatch: pytest.MonkeyPatch, where: Any
) -> None:
    monkeypatch.setattr(watch, "RECORD_AGAIN_S", 0.001)
    module, name = where
    monkeypatch.setattr(module, name, away_once(getattr(module, name)))
    job = submit("a")
    workers.run_next()
    assert moves_of(job) == ["submitted", "claimed", "completed"]
    assert [item.attempt for item in items_of(job)] == [1]
