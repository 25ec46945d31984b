"""One job of each file, and one place for it, whenever the process that looks after it dies."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import ItemError
from bellhop.database.database import query
from bellhop.jobs.acceptance import Acceptance
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.watch import rows as watch_rows
from bellhop.watch import shares, stillness, watching
from tests.support.watching import Drop, end_jobs, jobs, let_renames_replace_nothing

BROKEN = ItemError("broken", "The page is torn.")


@pytest.fixture
def drop(
    loaded: Settings,
    here: Installation,
    rows: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Drop:
    monkeypatch.setattr(stillness, "STILL_S", 0.0)
    return Drop(loaded, here, tmp_path / "scans")


class Killed(BaseException):
    """The end of the process."""


@pytest.mark.parametrize(
    "moment", ["mkdir", "rename", "accept", "target", "text", "reserve", "place", "delete"]
)
@pytest.mark.parametrize("error", [None, BROKEN], ids=["done", "failed"])
def test_it_makes_one_job_and_one_move_whenever_it_dies(
    drop: Drop, monkeypatch: pytest.MonkeyPatch, moment: str, error: ItemError | None
) -> None:
    drop.drop("a.txt", "abc")
    is_met = moment != "text" or error is not None
    with monkeypatch.context() as patch:
        die_after(patch, moment)
        with pytest.raises(Killed) if is_met else contextlib.nullcontext():
            drop.look()
            end_jobs(error)
            drop.look_after()
    drop.restart()
    drop.look()
    end_jobs(error)
    drop.look(2)
    where = ["a.txt"] if error is None else []
    assert (len(jobs()), drop.names("done")) == (1, where)
    expected = [] if error is None else ["a.txt", "a.txt.error.txt"]
    assert drop.names("failed") == expected
    assert drop.names() == drop.taken() == []
    assert query("SELECT count(*) FROM watched") == [(0,)]


def die_after(patch: pytest.MonkeyPatch, moment: str) -> None:
    """Let the process die after the first time that something was done."""
    of: dict[str, tuple[Any, str]] = {
        "mkdir": (os, "mkdir"), "rename": (os, "rename"), "place": (os, "rename"),
        "accept": (Acceptance, "accept"), "target": (watch_rows, "set_targets"),
        "text": (shares, "_write_text"), "reserve": (shares, "_reserve"),
        "delete": (watch_rows, "delete"),
    }  # fmt: skip
    place, name = of[moment]
    original = getattr(place, name)
    is_it: dict[str, Callable[[Any], object]] = {
        "mkdir": lambda args: len(str(args[0])) == 32,
        "rename": lambda args: args[0] == "a.txt",
        "place": lambda args: args[0] == "a.txt" and query("SELECT 1 FROM watched"),
    }

    def dying(*args: Any, **options: Any) -> Any:
        done = original(*args, **options)
        if is_it.get(moment, bool)(args):
            raise Killed
        return done

    patch.setattr(place, name, dying)


def test_it_makes_one_move_when_it_dies_with_a_name_made_free(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a rename replaces nothing, what held the name has gone, and the file is not there."""
    let_renames_replace_nothing(monkeypatch, errno.EEXIST)
    drop.drop("a.txt", "abc")
    drop.look()
    end_jobs()
    unlink = os.unlink

    def dying(*args: Any, **options: Any) -> None:
        unlink(*args, **options)
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "unlink", dying)
        drop.look_after()
    assert drop.names("done") == []
    drop.restart()
    drop.look(2)
    assert (drop.names("done"), drop.taken(), len(jobs())) == (["a.txt"], [], 1)


def test_it_goes_on_where_a_commit_was_in_doubt(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Acceptance.accept

    def lost(*args: Any, **options: Any) -> None:
        original(*args, **options)
        raise ConnectionResetError(errno.ECONNRESET, "reset")

    drop.drop("a.txt")
    with monkeypatch.context() as patch:
        patch.setattr(Acceptance, "accept", lost)
        drop.look()
    monkeypatch.setattr(watching, "AGAIN_S", 0.0)
    drop.watching._passing = (0.0, "")
    drop.look()
    assert len(jobs()) == 1
