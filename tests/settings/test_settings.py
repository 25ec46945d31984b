"""config.ini and the environment: every key declared once, every mistake one clear line."""

from __future__ import annotations

import configparser
import logging
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from bellhop.base import addresses, identity
from bellhop.base.errors import StartRefused
from bellhop.settings import configuration, values
from bellhop.settings.sections import SECTIONS
from bellhop.settings.settings import QUEUES, Queue, Settings, Watch
from tests.support.places import ROOT

Config = Callable[[str], Settings]
# By the form of a text, for keys that do not take just any.
EXAMPLES = {
    addresses.host: "jobs.example",
    addresses.served_host: "a.example, b.example",
    addresses.public_url: "https://jobs.example",
    addresses.cidr: "10.0.0.7, 10.1.0.0/16",
    addresses.host_or_cidr: "a.example, 10.1.0.0/16",
    addresses.mail: "a@jobs.example",
    values.time_of_day: "03:00, 15:30",
    identity.header: "Remote-User",
    identity.group_role: "staff:member, admins:admin",
    identity.issuer: "https://auth.example",
    identity.url: "https://jobs.example/logout",
}


def refusal(config: Config, text: str) -> str:
    with pytest.raises(StartRefused) as caught:
        config(text)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_it_needs_no_file_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configuration, "HOME", tmp_path)
    loaded = configuration.load()
    assert loaded.server.port == 8080
    assert loaded.data_dir == tmp_path / "data"


def test_it_refuses_a_named_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="no such file"):
        configuration.load(tmp_path / "none.ini")


def test_it_ships_a_config_with_every_key_at_its_default_and_explained() -> None:
    text = (ROOT / "config.ini").read_text()
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    expected = {name: {f.name for f in fields(cls)} for name, cls in SECTIONS.items()}
    expected |= {f"queue:{name}": {f.name for f in fields(Queue)} for name in QUEUES}
    assert {name: set(parser[name]) for name in parser.sections()} == expected
    for cls in (*SECTIONS.values(), Queue):
        for declared in fields(cls):
            assert f"# {declared.metadata['help']}" in text, declared.name


def test_its_shipped_config_says_what_the_program_would_do_without(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shipped = configuration.load(ROOT / "config.ini")
    monkeypatch.setattr(configuration, "HOME", tmp_path)
    bare = configuration.load()
    for name in SECTIONS:
        assert getattr(shipped, name) == getattr(bare, name)
    assert shipped.queues == bare.queues


def test_it_documents_every_key() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for section, cls in {**SECTIONS, "queue:NAME": Queue, "watch:NAME": Watch}.items():
        assert f"[{section}]" in text
        for declared in fields(cls):
            assert f"`{declared.name}`" in text, f"[{section}] {declared.name}"


def test_it_takes_each_key_from_the_environment(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    for section, cls in SECTIONS.items():
        for declared in fields(cls):
            default = declared.default
            value = declared.metadata["one_of"][-2:][0] if declared.metadata["one_of"] else "7"
            if isinstance(default, tuple):
                value = "7, 8"
            elif isinstance(default, int | float):
                value = str(max(7, declared.metadata["low"]))
            value = EXAMPLES.get(declared.metadata["form"], value)
            monkeypatch.setenv(f"BELLHOP_{section}_{declared.name}".upper(), value)
    loaded = config("")
    assert loaded.server.port == loaded.lifetime.results_days == 7
    assert loaded.retry.delays_s == (7.0, 8.0)
    assert loaded.server.allowed_hosts == ("a.example", "b.example")
    assert loaded.huey.storage == "redis"


@pytest.mark.parametrize("queue", ["parsing", "document_processing", "own_queue"])
def test_it_takes_the_keys_of_a_queue_from_the_environment(
    config: Config, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    monkeypatch.setenv(f"BELLHOP_QUEUE_{queue.upper()}_WORKERS", "9")
    monkeypatch.setenv(f"BELLHOP_QUEUE_{queue.upper()}_TIMEOUT_S", "2.5")
    assert config("[queue:own_queue]\n").queues[queue] == Queue(9, 2.5)


def test_it_knows_the_watch_folders(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_WATCH_MY_SCANS_OWNER", "ada")
    text = '[watch:my-scans]\nfolder = in\ntype = ocr\nparams = {"language": "de"}\n'
    found = config(text).watches["my-scans"]
    assert found == Watch(str(tmp_path / "in"), "ocr", '{"language": "de"}', "ada")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n[server]\nport = x", ["config.ini line 6 [server] port: found 'x'"]),
        (f"[server]\nport = {'9' * 9999}", [f"found '{'9' * 200}…'"]),
        ("[server]\ncolour = x", ["config.ini line 5: [server] has no key 'colour'"]),
        ("[server]\nhost = redis://:hunter2", ["found 'redis://***'"]),
        ("[server]\nhost = s3://k:hunter2@b?api-key=hunter2", ["found 's3://***@b?api-key=***'"]),
        ("[watch:a]\ntype = x", ["[watch:a] has no folder"]),
        ("[watch:a]\nfolder = x", ["[watch:a] has no type"]),
        ("[watch:a]\nfolder = x\ntype = x\nparams = [1]", ["params", "'[1]'", "a JSON object"]),
        ("[watch:a]\nfolder = x\ntype = x\nqueue = x", ["'queue'", "folder, type, params"]),
        ("[watch:a]\nfolder = .\ntype = x", ["shares files with the folder of config.ini"]),
        (
            "[server]\nlog_file = logs/a.log\n[watch:a]\nfolder = logs\ntype = x",
            ["shares files with the folder of [server] log_file"],
        ),
        (
            "[storage]\ndata_dir = in/done\n[watch:a]\nfolder = in\ntype = x",
            ["/in/done, which Bellhop itself uses"],
        ),
        ("[watch:a]\nfolder = data/uploads\ntype = x", ["/data, which Bellhop itself uses"]),
        (
            "[storage]\ndatabase = postgresql://u:p@h/d\nfiles = /mnt/files\n"
            "[watch:a]\nfolder = /mnt/files\ntype = x",
            ["shares files with /mnt/files, which Bellhop itself uses"],
        ),
        (
            "[watch:a]\nfolder = x\ntype = x\n[watch:b]\nfolder = y/../x\ntype = x",
            ["[watch:b]", "shares files with the folder of [watch:a]"],
        ),
        (
            "[watch:a]\nfolder = x\ntype = x\n[watch:b]\nfolder = x/done\ntype = x",
            ["[watch:b]", "shares files with the folder of [watch:a]"],
        ),
        ("[server]\nprot = 1", ["[server]", "'prot'", "port"]),
        ("[sever]\nport = 1", ["[sever]", "server"]),
        ("[server]\nport = x", ["[server] port", "'x'", "0 to 65535"]),
        ("[server]\nport = 70000", ["'70000'", "0 to 65535"]),
        ("[server]\nport =", ["[server] port", "''"]),
        ("[server]\nmax_items = 1.5", ["max_items", "whole number"]),
        ("[server]\nstop_grace_s = nan", ["stop_grace_s", "'nan'"]),
        ("[storage]\ndata_dir =", ["[storage] data_dir", "''"]),
        ("[huey]\nstorage = postgres", ["'postgres'", "sqlite, redis, auto"]),
        ("[retry]\ndelays_s = 1, x", ["delays_s", "'x'"]),
        ("[retry]\ndelays_s = -1", ["delays_s", "'-1'"]),
        ("[queue:parsing]\nworkers = 257", ["[queue:parsing] workers", "'257'", "0 to 256"]),
        ("[queue:parsing]\nspeed = 1", ["'speed'", "workers, timeout_s"]),
        ("[queue:]\nworkers = 1", ["[queue:]"]),
        ("[server]\nport = 1\nport = 2", ["config.ini: line ", "repeats port; keep one"]),
        ("[cache]\n[server]\n[cache]", ["config.ini: line ", "repeats [cache]; keep one"]),
        ("port = 1", ["config.ini"]),
        ("[server\nport = 1", ["config.ini"]),
    ],
)
def test_it_names_what_was_found_and_what_is_allowed(
    config: Config, text: str, words: list[str]
) -> None:
    line = refusal(config, text)
    assert all(word in line for word in ["config.ini", *words])


MAY_BE_SECRET = (
    "x://u:hunter2@h/?token=hunter2&x=1", '{"api-key": "hunter2", ', 'token = {"a": "hunter2"}',
    "password: hunter2", '[1, {"to\\u006ben": "hunter2"', '[{"secret": ["hunter2"]}]',
)  # fmt: skip


@pytest.mark.parametrize("section", [*SECTIONS, "queue:x", "watch:x"])
def test_it_shows_no_secret_of_a_value_that_it_refuses(config: Config, section: str) -> None:
    cls = SECTIONS.get(section) or (Queue if section == "queue:x" else Watch)
    others = "folder = in\ntype = x\n" if cls is Watch else ""
    lines = []
    for key in fields(cls):
        for value in MAY_BE_SECRET:
            try:
                config(f"[{section}]\n{others}{key.name} = {value}\n")
            except StartRefused as refused:
                lines.append(str(refused))
    assert [line for line in lines if "hunter2" in line] == []


def test_it_shows_what_it_refuses_as_far_as_that_is_no_secret(config: Config) -> None:
    line = refusal(config, '[watch:a]\nfolder = x\ntype = x\nparams = {"a": 1, "token": "hunter2",')
    assert """found '{"a": 1, "token": ***'""" in line


def test_it_keeps_the_params_of_a_watch_as_secret_as_other_secrets(config: Config) -> None:
    params = '{"a": [{"api-key": "hunter2"}], "url": "http://u:hunter3@h"}'
    settings = config(f"[watch:a]\nfolder = x\ntype = x\nparams = {params}\n")
    assert {"hunter2", "hunter3"} <= set(settings.secrets)  # for the mask of the log
    settings.config_path.chmod(0o644)
    with pytest.raises(StartRefused, match=r"contains a secret \(\[watch:a\] params\)"):
        configuration.load(settings.config_path)


def test_it_refuses_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StartRefused, match=r"config\.ini"):
        configuration.load(path)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("BELLHOP_SERVER_PROT", "1", ["BELLHOP_SERVER_PROT", "'prot'", "port"]),
        ("BELLHOP_SERVER_PORT", "x", ["BELLHOP_SERVER_PORT", "'x'", "0 to 65535"]),
        ("BELLHOP_QUEUE_NOWHERE_WORKERS", "1", ["BELLHOP_QUEUE_NOWHERE_WORKERS", "parsing"]),
        ("BELLHOP_QUEUE_PARSING_SPEED", "1", ["BELLHOP_QUEUE_PARSING_SPEED", "workers"]),
    ],
)
def test_it_names_a_wrong_variable(
    config: Config, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: list[str]
) -> None:
    monkeypatch.setenv(variable, value)
    line = refusal(config, "")
    assert all(word in line for word in words)


def test_it_warns_of_a_variable_of_no_section(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BELLHOP_NONSENSE", "1")
    with caplog.at_level(logging.WARNING):
        config("")
    assert "BELLHOP_NONSENSE" in caplog.text


def test_it_says_nothing_of_variables_that_are_no_settings(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("BELLHOP_URL", "BELLHOP_TOKEN", "BELLHOP_DIE_AT", "BELLHOP_CONFIG"):
        monkeypatch.setenv(name, "x")
    config("")
    assert caplog.text == ""


def test_it_reads_the_file_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other.ini").write_text("[server]\nport = 9999\n")
    monkeypatch.setenv("BELLHOP_CONFIG", str(tmp_path / "other.ini"))
    assert configuration.load().server.port == 9999


def test_it_prefers_the_file_of_the_command_line_to_that_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "given.ini").write_text("[server]\nport = 9998\n")
    monkeypatch.setenv("BELLHOP_CONFIG", str(tmp_path / "other.ini"))
    assert configuration.load(tmp_path / "given.ini").server.port == 9998


def test_it_refuses_a_file_that_the_environment_names_and_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_CONFIG", str(tmp_path / "other.ini"))
    with pytest.raises(StartRefused, match="there is no such file"):
        configuration.load()


def test_it_gives_a_type_its_settings_environment_first(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = config("[type:summary]\nbase_url = http://a\napi_key = from file\n")
    monkeypatch.setenv("BELLHOP_TYPE_SUMMARY_API_KEY", "from environment")
    assert loaded.for_type("summary", ["base_url", "api_key", "model"]) == {
        "base_url": "http://a",
        "api_key": "from environment",
        "model": None,
    }


def test_it_reads_the_days_of_a_type_from_the_environment_alone(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_WORD_COUNT_RESULTS_DAYS", "2")
    monkeypatch.setenv("BELLHOP_TYPE_SUMMARY_UPLOADS_ON_SUCCESS", "remove")
    loaded = config("")
    assert loaded.lifetime_of("word_count").results_days == 2
    assert loaded.lifetime_of("word_count").uploads_days == 7
    assert loaded.lifetime_of("summary").uploads_on_success == "remove"


@pytest.mark.parametrize(
    ("database", "ways"),
    [
        ("postgresql://me@host/jobs", []),
        ("postgresql://me@%2Frun%2Fown:5433,host:1/jobs", ["/run/own"]),
        ("postgresql://me@[::1]:5433/jobs?host=/run/a,/run/b", ["/run/a", "/run/b"]),
        ("postgresql://h/jobs?sslkey=/k/x&passfile=/k/p&sslrootcert=/k/ca", ["/k/x", "/k/p"]),
        ("postgresql:///jobs?host=/var/tmp/", ["/var/tmp//.s.PGSQL.*"]),
    ],
)
def test_it_knows_what_leads_to_the_rows(config: Config, database: str, ways: list[str]) -> None:
    """Also of an address without one: a server usually listens there as well."""
    found = config(f"[storage]\ndatabase = {database}").ways_to_rows()
    assert found == [*ways, "/run/postgresql", "/tmp/.s.PGSQL.*"]


def test_it_hides_no_folder_with_its_own_files_as_a_way_to_the_rows(config: Config) -> None:
    folder = config("").data_dir.parent
    found = config(f"[storage]\ndatabase = postgresql:///jobs?host={folder}").ways_to_rows()
    assert found[0] == f"{folder}/.s.PGSQL.*"


def test_it_has_no_ways_to_rows_that_are_in_its_data_folder(config: Config) -> None:
    assert config("").ways_to_rows() == []


def test_it_reads_paths_from_the_folder_of_the_file(config: Config, tmp_path: Path) -> None:
    loaded = config("[storage]\ndata_dir = state\n[jobtypes]\nfolder = own\n")
    assert loaded.data_dir == tmp_path / "state"
    assert loaded.jobtypes_folder == tmp_path / "own"


@pytest.mark.parametrize(("files", "is_hidden"), [("/mnt/bellhop", True), ("", False)])
def test_it_hides_a_shared_folder_from_jobs_as_it_does_the_data_folder(
    config: Config, files: str, is_hidden: bool
) -> None:
    settings = config(f"[storage]\nfiles = {files}")
    assert ("/mnt/bellhop" in settings.private_places) is is_hidden
    assert str(settings.data_dir) in settings.private_places


def test_it_says_which_line_is_in_no_unicode(config: Config) -> None:
    path = config("").config_path
    path.write_bytes(b"[oidc]\nlabel = \xe9t\xe9\n")
    with pytest.raises(StartRefused, match=r"config\.ini: line 2 is not UTF-8"):
        configuration.load(path)


def test_it_says_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match=r"cannot be read: Is a directory$"):
        configuration.load(tmp_path)


def test_it_waits_for_nobody_who_would_write_the_file(tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "config.ini")
    with pytest.raises(StartRefused, match=f"^{path} cannot be read: it is a pipe, a socket or"):
        configuration.load(path)


def test_it_reads_a_file_with_the_line_ends_of_any_system(config: Config) -> None:
    path = config("").config_path
    path.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 7\r\nmax_items = 8\rtime = 9")
    with pytest.raises(StartRefused, match=r"line 4: \[server\] has no key 'time'"):
        configuration.load(path)


def test_it_is_content_with_a_file_that_is_gone_once_it_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with all of its folder, in whose place there is a file."""
    (folder := tmp_path / "etc").mkdir()
    (folder / "config.ini").write_text("[huey]\nredis_url = redis://:x@127.0.0.1:1/0\n")
    text = configuration._read_file(folder / "config.ini", must_exist=True)
    (folder / "config.ini").unlink()
    folder.rmdir()
    folder.touch()
    assert configuration.of_text(folder / "config.ini", text).text == text


@pytest.mark.parametrize("text", ["", ",", "# none"])
def test_it_needs_a_time_for_backups(config: Config, text: str) -> None:
    """Without a folder, Bellhop makes none; with one, the parent asks when the last time was."""
    said = refusal(config, f"[backup]\nat = {text}")
    assert "[backup] at: found" in said
    assert "allowed is one value or several" in said
