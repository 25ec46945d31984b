"""`join`: what it refuses before it sends the token, and what it leaves behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.buckets import bucket
from bellhop.base.errors import StartRefused
from bellhop.cli import joining
from bellhop.client import Bellhop, NoAnswer, RequestFailed
from bellhop.machines.joining import KEY
from bellhop.settings import configuration
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder, read_record, write_record
from tests.support.postgres import Postgres

Config = Callable[[str], Settings]
MEASURE = joining._measure
HOME, TOKEN = "https://jobs.example.org", "bellhop_join_x"
DATABASE = "postgresql://bellhop_gpu-1_1:pw%2F1@192.0.2.1:1/b?sslmode=verify-full"
WELCOME: dict[str, Any] = {
    "name": "gpu-1",
    "machine": "m" * 16,
    "installation": "i" * 16,
    "is_closed": True,
    "database": DATABASE,
    "certificates": {"database": "-----BEGIN CERTIFICATE-----"},
    "files": "s3://key:secret@bucket/x?endpoint=https://s3.example.org",
    "bell": "sqlite",
    "redis_url": "",
    "queues": {
        "ai": {"workers": 2, "timeout_s": 120, "memory_mb": 2048},
        "gpu": {"workers": 1, "timeout_s": 33.5, "memory_mb": 4096},
    },
}


class Started(Exception):
    """The command went on as the machine, instead of which the test does."""


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """What a home that answers was asked."""
    found: list[tuple[str, Any]] = []

    def post(home: Any, path: str, document: Any) -> Any:
        found.append((path, document))
        return WELCOME

    def start(program: str, arguments: list[str]) -> None:
        raise Started

    monkeypatch.setattr(Bellhop, "post", post)
    monkeypatch.setattr(joining, "_measure", lambda settings: None)
    monkeypatch.setattr(os, "execv", start)
    return found


def refused(settings: Settings, said: str, url: str = HOME, data_dir: str | None = None) -> None:
    before = settings.config_path.read_text()
    with pytest.raises(StartRefused, match=said) as refusal:
        joining.run(settings, url, TOKEN, data_dir)
    assert "\n" not in str(refusal.value)
    assert settings.config_path.read_text() == before


def joined(settings: Settings, monkeypatch: pytest.MonkeyPatch, **options: Any) -> Settings:
    """The settings with which the machine starts after the command."""
    monkeypatch.setenv("BELLHOP_CONFIG", str(settings.config_path))
    with pytest.raises(Started):
        joining.run(settings, HOME, TOKEN, options.get("data_dir"))
    return configuration.load()


def test_it_writes_what_the_machine_needs(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = joined(config("[server]\nport = 1"), monkeypatch)
    certificate = loaded.data_dir / "database-ca.pem"
    assert loaded.storage.database == f"{DATABASE}&sslrootcert={certificate}"
    assert certificate.read_text() == WELCOME["certificates"]["database"]
    assert loaded.storage.files == WELCOME["files"]
    gpu = loaded.queues["gpu"]
    assert (gpu.workers, gpu.timeout_s, gpu.memory_mb) == (1, 33.5, 4096)
    assert loaded.server.port == 1  # what else the file says, it keeps


def test_it_names_each_certificate_where_it_has_written_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`../x` is no address of ours."""
    texts = {name: f"of {name}" for name in ("database", "files", "redis_url", "../x")}
    redis = {"bell": "redis", "redis_url": "rediss://:pw@redis.example.org/0"}
    monkeypatch.setattr(Bellhop, "post", lambda *_: {**WELCOME, **redis, "certificates": texts})
    loaded = joined(config(""), monkeypatch)
    folder = loaded.data_dir
    store = bucket(loaded.storage.files)
    assert (store.endpoint, store.ca) == ("https://s3.example.org", f"{folder}/files-ca.pem")
    assert loaded.huey.redis_url == f"{redis['redis_url']}?ssl_ca_certs={folder}/redis_url-ca.pem"
    assert {path.name: path.read_text() for path in folder.glob("*.pem")} == {
        f"{name}-ca.pem": f"of {name}" for name in ("database", "files", "redis_url")
    }


def test_it_records_of_whom_it_is_a_machine(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = joined(config(""), monkeypatch)
    here = Installation(loaded.data_dir, "i" * 16, "sqlite", "", is_closed=True,
                        rows="192.0.2.1:1/b", machine="m" * 16, home=HOME,
                        files="s3://bucket/x?endpoint=https://s3.example.org")  # fmt: skip
    assert read_record(loaded.data_dir) == here and not here.is_home


def test_it_lets_nobody_else_read_its_settings(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = config("")
    settings.config_path.chmod(0o644)
    joined(settings, monkeypatch)
    assert stat.S_IMODE(settings.config_path.stat().st_mode) == 0o600


def test_it_takes_the_data_folder_that_it_is_given(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    loaded = joined(config(""), monkeypatch, data_dir=str(tmp_path / "elsewhere"))
    assert loaded.data_dir == tmp_path / "elsewhere" and read_record(loaded.data_dir)


@pytest.mark.parametrize("url", ["http://jobs.example.org", "http://192.0.2.1:8080"])
def test_it_sends_no_token_in_the_clear(
    config: Config, asked: list[tuple[str, Any]], url: str
) -> None:
    refused(config(""), "is not encrypted; use the https:// address", url)
    assert not asked


def test_it_may_join_on_the_same_machine_without_tls(
    config: Config, asked: list[tuple[str, Any]]
) -> None:
    with pytest.raises(Started):
        joining.run(config(""), "http://127.0.0.1:8080", TOKEN, None)
    ((path, document),) = asked
    assert (path, document["token"]) == ("/api/v1/machines/join", TOKEN)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[storage]\ndatabase = postgresql://me@host/b", r"sets \[storage\] database already"),
        ("[storage]\nfiles = /mnt", r"sets \[storage\] files already"),
        ("[huey]\nstorage = redis", r"sets \[huey\] storage already"),
        ("[storage]\nfiles = /mnt\n[huey]\nstorage = redis", r"files, \[huey\] storage already"),
    ],
)
def test_it_overrides_no_setting(
    config: Config, asked: list[tuple[str, Any]], text: str, said: str
) -> None:
    refused(config(text), said)
    assert not asked


def test_it_keeps_the_installation_of_a_data_folder(
    config: Config, asked: list[tuple[str, Any]]
) -> None:
    settings = config("")
    write_record(Installation(make_folder(settings), "own", "sqlite", ""))
    refused(settings, "is the data folder of a Bellhop already; name another with --data-dir")
    assert not asked


def test_it_says_how_a_machine_starts_that_has_joined_already(
    config: Config, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]]
) -> None:
    """Who types the line again, as the first start failed."""
    loaded = joined(config(""), monkeypatch)
    del asked[:]
    refused(loaded, rf"is that of a machine of {HOME} already; start it with: ")
    assert not asked


def test_it_goes_on_where_the_database_refuses_it(config: Config, postgres: Postgres) -> None:
    """The start that follows says what is wrong."""
    url = postgres.url("nothing_of_this_name")
    MEASURE(config(f"[storage]\ndatabase = {url}"))


def test_it_refuses_two_data_folders(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLHOP_STORAGE_DATA_DIR", "/one")
    refused(config(""), "names another folder than --data-dir", data_dir="/other")


def test_it_says_what_the_home_says(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    def say(*_: Any) -> None:
        raise RequestFailed(403, "join-refused", "This join token ended.")

    monkeypatch.setattr(Bellhop, "post", say)
    refused(config(""), r"https://jobs.example.org says: This join token ended\.$")


def test_it_says_what_to_do_when_an_answer_was_lost(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(*_: Any) -> None:
        raise NoAnswer("https://jobs.example.org does not answer: timed out")

    monkeypatch.setattr(Bellhop, "post", say)
    refused(config(""), "timed out; type the same line again: within its hour, also if only the")


def test_it_is_the_same_machine_at_the_second_try(
    config: Config, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]]
) -> None:
    def lose(home: Any, path: str, document: Any) -> Any:
        asked.append((path, document))
        raise NoAnswer("timed out")

    settings = config("")
    with monkeypatch.context() as patched:
        patched.setattr(Bellhop, "post", lose)
        refused(settings, "timed out")
        key = settings.data_dir / "join.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    joined(settings, monkeypatch)
    first, second = asked
    assert first == second and first[1]["key"]
    assert not key.exists()


def test_it_has_another_key_than_every_other_machine(
    config: Config, monkeypatch: pytest.MonkeyPatch, asked: list[tuple[str, Any]], tmp_path: Path
) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        settings = replace(config(""), data_dir=tmp_path / name)
        with pytest.raises(Started):
            joining.run(settings, HOME, TOKEN, None)
    one, other = (document["key"] for _, document in asked)
    assert one != other and KEY.fullmatch(one)


@pytest.mark.parametrize("url", ["jobs.example.org", "ftp://x", "https://", "https://[x"])
def test_it_takes_no_address_that_is_none(config: Config, url: str) -> None:
    refused(config(""), ".", url)
