"""Secrets: where they may lie, who is given them, and that nobody ever sees one."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.base.masking import MARK, Mask
from bellhop.bell.bell import Bell
from bellhop.consumer.workers import Workers
from bellhop.database.database import database
from bellhop.jobs import queries
from bellhop.logs.forms import LineForm
from bellhop.settings import configuration, settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from tests.support.jobs import items_of, job_of
from tests.support.places import TYPES
from tests.support.secrets import HIDDEN, SECRET, traces_of


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.setenv("BELLHOP_TYPE_LEAK_PIN", SECRET)
    path = tmp_path / "config.ini"
    path.write_text(f"[jobtypes]\nfolder = {TYPES}\n[type:leak]\nbase_url = http://localhost\n")
    return configuration.load(path)


@pytest.mark.parametrize("how", ["return", "refuse", "unavailable", "again", "mistake"])
def test_it_writes_no_secret_anywhere(
    submit: Callable[..., Job],
    workers: Workers,
    here: Installation,
    how: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    job = submit(how, type="leak")
    workers.run_next()
    (item,) = items_of(job_of(job.job_id))
    assert item.attempt == 1
    database.close()
    workers.pool.retire_idle(0)
    assert traces_of(SECRET, here.folder) == []
    assert not Mask([SECRET]).hits(caplog.text)


def test_it_shows_all_else_of_a_result(submit: Callable[..., Job], workers: Workers) -> None:
    job = submit("return", type="leak")
    workers.run_next()
    ((_, result),) = queries.items(job_of(job.job_id), limit=1).rows
    assert result is not None
    data = json.loads(result.data)
    assert (data["ok"], data[MARK]) == ("plain", [MARK, {"n": 1.5, "b": True, "z": None}])
    assert data["forms"] == [MARK, f'"{MARK}"', MARK, MARK, MARK, f"x{MARK}y"]
    assert [file["name"] for file in json.loads(result.files)] == ["kept.txt"]
    assert f"{MARK}.txt" in [w["where"] for w in json.loads(result.warnings)]


def test_it_masks_what_is_printed(
    submit: Callable[..., Job], workers: Workers, here: Installation
) -> None:
    job = submit("return", type="leak")
    workers.run_next()
    printed = (here.folder / "logs" / job.job_id / "0-0-1").read_text()
    assert printed.count(MARK) == 9


def test_it_gives_a_secret_to_no_other_type(
    submit: Callable[..., Job], workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_LEAK_API_KEY", HIDDEN)
    submit("a", type="leak")
    job = submit("a", type="look_around")  # in the same queue, after the one that left it behind
    while workers.run_next():
        pass
    ((_, result),) = queries.items(job_of(job.job_id), limit=1).rows
    assert result is not None and json.loads(result.data)["settings"] == {}
    assert not Mask([SECRET, HIDDEN]).hits(result.data)
    assert "BELLHOP" not in result.data


# The mask itself.


@pytest.mark.parametrize("size", range(1, 12))
def test_it_masks_a_secret_that_comes_in_parts(size: int) -> None:
    text = f"a {SECRET} b {SECRET[:5]} c {SECRET}{SECRET}".encode()
    told: list[bytes] = []
    stream = Mask([SECRET]).stream(told.append)
    for start in range(0, len(text), size):
        stream.write(text[start : start + size])
    stream.close()
    assert b"".join(told).decode() == f"a {MARK} b {SECRET[:5]} c {MARK}{MARK}"


def test_it_holds_back_nothing_that_begins_no_secret() -> None:
    told: list[bytes] = []
    Mask([SECRET]).stream(told.append).write(b"a line\n")
    assert told == [b"a line\n"]


def test_it_leaves_everything_as_it_is_without_secrets() -> None:
    mask = Mask([None, "", "short"])
    document = {"short": ["short", 1]}
    assert (mask.text("short"), mask.within(document)) == ("short", document)
    text = json.dumps(document)
    assert mask.json(text) is text


def test_it_keeps_json_json() -> None:
    text = json.dumps({"a": f"{SECRET}é", "n": 123456})
    assert json.loads(Mask([SECRET, "123456"]).json(text)) == {"a": f"{MARK}é", "n": 123456}


# Where secrets may lie.


SECRETS = (
    "[type:summary]\napi_key = abcdef\n",
    "[type:unknown]\nAPI_TOKEN = abcdef\n",
    "[type:unknown]\nwebhook_secret = abcdef\n",
    "[huey]\nredis_url = redis://:abcdef@localhost:6379/0\n",
    "[storage]\nfiles = s3://key:abcdef@bucket\n",
)


@pytest.mark.parametrize("text", SECRETS)
@pytest.mark.parametrize(("mode", "is_refused"), [(0o644, True), (0o640, True), (0o600, False)])
def test_it_refuses_a_config_with_secrets_that_others_may_read(
    tmp_path: Path, text: str, mode: int, is_refused: bool
) -> None:
    path = tmp_path / "config.ini"
    path.write_text(text)
    path.chmod(mode)
    if not is_refused:
        assert configuration.load(path)
        return
    with pytest.raises(StartRefused, match=f"chmod 600 {path}") as refused:
        configuration.load(path)
    assert "abcdef" not in str(refused.value)


def test_it_does_not_quote_a_line_that_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_text("[type:summary]\nabcdef half of a secret\n")
    with pytest.raises(StartRefused, match="line 2") as refused:
        configuration.load(path)
    assert "abcdef" not in str(refused.value)


def test_it_masks_what_a_redis_server_says_of_its_password(loaded: settings.Settings) -> None:
    bell = Bell(
        replace(loaded, huey=replace(loaded.huey, redis_url=f"redis://:{HIDDEN}@127.0.0.1:1/0")),
        Installation(loaded.data_dir, "test", "redis", "127.0.0.1:1/0"),
    )
    bell.huey.storage.on_trouble(f"unknown command HELLO {HIDDEN}")
    assert bell.trouble.reason == f"unknown command HELLO {MARK}"


@pytest.mark.parametrize(
    "text", ["[type:summary]\nbase_url = http://x\napi_key =\n", "[type:x]\nresults_days = 3\n"]
)
def test_it_lets_others_read_a_config_without_secrets(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.ini"
    path.write_text(text)
    path.chmod(0o644)
    assert configuration.load(path)


# Logs, pages, commands.


def test_it_masks_secrets_in_its_own_log() -> None:
    formatter = LineForm(Mask([SECRET]), "%(message)s")
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        record = logging.LogRecord("a", 40, "", 1, "said %s", (SECRET,), None)
        record.exc_info = (ValueError, error, error.__traceback__)
    text = formatter.format(record)
    assert text.startswith(f"said {MARK}") and f"ValueError: {MARK}" in text
    assert not Mask([SECRET]).hits(text)


def test_it_knows_the_secrets_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_SUMMARY_API_KEY", "of the environment")
    path = tmp_path / "config.ini"
    storage = "[storage]\nfiles = s3://key:s3%2Fcret@bucket\n"
    path.write_text(f"{SECRETS[0]}{storage}[huey]\nredis_url = redis://user:p%40ss@localhost/0\n")
    path.chmod(0o600)
    known = {"abcdef", "s3/cret", "p@ss", "of the environment"}
    assert set(configuration.load(path).secrets) == known
