"""What is written in config.ini and in variables: read as it is meant, or refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.base.errors import StartRefused
from bellhop.settings import configuration
from bellhop.settings.settings import Settings

Config = Callable[[str], Settings]
# A value as somebody writes it, and the name of the folder that is meant.
FOLDERS = {
    "data": "data",
    "data # here": "data",
    "data ; here": "data",
    "data\t# here": "data",
    '"data"': "data",
    "'data'": "data",
    '"data" # here': "data",
    '"data"# here': "data",
    '"my data"': "my data",
    "my data": "my data",
    "'data # here'": "data # here",
    '"Vera\'s data"': "Vera's data",
    "data#1": "data#1",
    "data;1": "data;1",
    "100%": "100%",
    "%(here)s": "%(here)s",
    "$HOME": "$HOME",
    "données": "données",
    "data\u00a0": "data",
}
# What could be meant in two ways, or in none.
UNCLEAR = [
    "",
    "# here",
    '""',
    '"data',
    'data"',
    "'data\"",
    '"da"ta"',
    "“data”",
    "«data»",
    "`data`",
    "data\n  reserve_mb = 5",
    "da\x00ta",
    "data\u200b",
    "~nobody-here/data",
]
NUMBERS = ["81", '"81"', "'81'", "81 # web", "81 ; web", '"81" ; web']


def refusal(config: Config, text: str) -> str:
    with pytest.raises(StartRefused) as caught:
        config(text)
    line = str(caught.value)
    assert "\n" not in line
    return line


@pytest.mark.parametrize("written", FOLDERS)
def test_it_reads_the_value_that_is_meant(config: Config, tmp_path: Path, written: str) -> None:
    loaded = config(f"[storage]\ndata_dir = {written}\n")
    assert loaded.data_dir == tmp_path / FOLDERS[written]


@pytest.mark.parametrize("written", FOLDERS)
def test_it_reads_a_variable_as_it_reads_the_file(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("BELLHOP_STORAGE_DATA_DIR", written)
    assert config("").data_dir == tmp_path / FOLDERS[written]


@pytest.mark.parametrize("written", UNCLEAR)
def test_it_refuses_a_value_that_is_not_clear(config: Config, written: str) -> None:
    line = refusal(config, f"[storage]\ndata_dir = {written}\n")
    assert "config.ini line 5 [storage] data_dir: found " in line and "; allowed is " in line


@pytest.mark.parametrize("written", [text for text in UNCLEAR if "\x00" not in text])
def test_it_refuses_a_variable_that_is_not_clear(
    config: Config, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("BELLHOP_STORAGE_DATA_DIR", written)
    assert "environment BELLHOP_STORAGE_DATA_DIR: found " in refusal(config, "")


@pytest.mark.parametrize("written", NUMBERS)
def test_it_reads_a_number_with_quotes_or_a_comment(config: Config, written: str) -> None:
    assert config(f"[server]\nport = {written}\n").server.port == 81


@pytest.mark.parametrize("written", ["INFO", "Info", '"INFO"', "INFO # loud"])
def test_it_reads_words_in_any_case(
    config: Config, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    assert config(f"[server]\nlog_level = {written}\n").server.log_level == "info"
    monkeypatch.setenv("BELLHOP_SERVER_LOG_LEVEL", written)
    assert config("").server.log_level == "info"


@pytest.mark.parametrize(
    "written",
    ["a, b", '"a", "b"', '"a, b"', "a, # first\n  b # second", "a,\n  # between\n  b", "a,,b,"],
)
def test_it_reads_a_list(config: Config, written: str) -> None:
    assert config(f"[server]\nallowed_hosts = {written}\n").server.allowed_hosts == ("a", "b")


def test_it_reads_a_list_of_numbers_with_a_comment(config: Config) -> None:
    assert config('[retry]\ndelays_s = 1, "2" # slowly\n').retry.delays_s == (1, 2)


# The file.


def test_it_reads_a_file_that_begins_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "config.ini"
    path.write_bytes(b"\xef\xbb\xbf[server]\r\nport = 81\r\n")
    assert configuration.load(path).server.port == 81


@pytest.mark.parametrize("section", ["Server", "SERVER", " server "])
@pytest.mark.parametrize("key", ["port", "Port", "PORT"])
def test_it_reads_sections_and_keys_in_any_case(config: Config, section: str, key: str) -> None:
    assert config(f"[{section}] # web\n{key} = 81\n").server.port == 81


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("server", "Server"),
        ("queue:mine", "queue:Mine"),
        ("queue:my-queue", "queue:my_queue"),
        ("type:mine", "type:Mine"),
    ],
)
def test_it_refuses_two_sections_that_a_variable_cannot_tell_apart(
    config: Config, one: str, other: str
) -> None:
    line = refusal(config, f"[{one}]\n[{other}]\n")
    assert "config.ini" in line and f"[{other}]" in line


@pytest.mark.parametrize("name", ["Parsing", "document-processing"])
def test_it_refuses_a_queue_that_looks_like_one_of_bellhop(config: Config, name: str) -> None:
    assert f"[queue:{name}]" in refusal(config, f"[queue:{name}]\nworkers = 2\n")


@pytest.mark.parametrize("section", ["queue:my queue", "queue:", "type:", "type:a b", "server:x"])
def test_it_refuses_a_section_that_names_nothing(config: Config, section: str) -> None:
    assert f"section [{section}] is unknown" in refusal(config, f"[{section}]\n")


# Queues.


@pytest.mark.parametrize("name", ["my-queue", "MyQueue", "my_queue", "2nd-Queue"])
def test_it_reads_a_queue_by_the_name_that_is_written(
    config: Config, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    variable = f"BELLHOP_QUEUE_{name.upper().replace('-', '_')}_WORKERS"
    assert config(f"[queue:{name}]\nworkers = 3\n").queues[name].workers == 3
    monkeypatch.setenv(variable, "4")
    assert config(f"[queue:{name}]\nworkers = 3\n").queues[name].workers == 4


# Settings of job types.


@pytest.mark.parametrize("key", ["base_url", "Base_URL", "BASE_URL"])
def test_it_gives_a_type_its_settings_in_any_case(config: Config, key: str) -> None:
    loaded = config(f"[type:CamelCase]\n{key} = http://a\nresults_days = 3 # days\n")
    assert loaded.for_type("CamelCase", ["base_url"]) == {"base_url": "http://a"}
    assert loaded.for_type("CamelCase", ["Base_URL"]) == {"Base_URL": "http://a"}
    assert loaded.lifetime_of("CamelCase").results_days == 3


def test_it_gives_a_type_in_capitals_the_days_of_the_environment(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_CAMELCASE_RESULTS_DAYS", "2")
    assert config("").lifetime_of("CamelCase").results_days == 2


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("pa%ss", "pa%ss"),
        ('"secret"', "secret"),
        ("'a #b'", "a #b"),
        ('"a" or "b"', '"a" or "b"'),
        ("say 'a'", "say 'a'"),
        ("a#b;c", "a#b;c"),
        ("a\n  b", "a\nb"),
    ],
)
def test_it_gives_a_type_what_is_written(config: Config, written: str, meant: str) -> None:
    loaded = config(f"[type:summary]\nprompt = {written}\n")
    assert loaded.for_type("summary", ["prompt"]) == {"prompt": meant}


@pytest.mark.parametrize("written", ["secret # mine", "#secret", "a ;b"])
def test_it_refuses_in_the_settings_of_a_type_what_may_be_a_comment(
    config: Config, written: str
) -> None:
    """It may also be a part of a password, and is not shown."""
    line = refusal(config, f"[type:summary]\napi_key = {written}\n")
    assert "[type:summary] api_key" in line and written not in line


def test_it_masks_a_secret_without_its_quotes(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_SUMMARY_API_KEY", '"from environment"')
    loaded = config("")
    assert loaded.for_type("summary", ["api_key"]) == {"api_key": "from environment"}
    assert "from environment" in loaded.secrets


@pytest.mark.parametrize("written", ['"redis://:hunter2hunter2@a', "'redis://u:hunter2hunter2@a\""])
def test_it_shows_no_password_of_an_address_that_it_refuses(config: Config, written: str) -> None:
    assert "hunter2" not in refusal(config, f"[huey]\nredis_url = {written}\n")


def test_it_finds_a_secret_in_quotes_in_a_file_that_others_read(
    config: Config, tmp_path: Path
) -> None:
    config('[huey]\nredis_url = "redis://:hunter2hunter2@a" # ours\n')
    (tmp_path / "config.ini").chmod(0o644)
    with pytest.raises(StartRefused, match="other users can read it"):
        configuration.load(tmp_path / "config.ini")
