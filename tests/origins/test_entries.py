"""Each setting with its value and where that comes from; a secret is nowhere in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bellhop.base.hidden import HIDDEN
from bellhop.catalog import description
from bellhop.catalog.description import Description
from bellhop.origins.entries import Entry, entries
from bellhop.settings import configuration
from bellhop.settings.sections import SECTIONS
from bellhop.settings.settings import QUEUES, Queue, Settings

Config = Callable[[str], Settings]
Types = Mapping[str, Description]
NO_TYPES: Types = {}
ALL = """
; a comment
[server]
PORT: 9000
allowed_hosts = a.example,
    b.example

[queue:my-queue]
workers = 3
[watch:in]
folder = in
type = word_count
[type:Summary]
results_days = 2
"""


def found(
    settings: Settings, types: Mapping[str, Description] = NO_TYPES
) -> dict[tuple[str, str], Entry]:
    return {(e.section, e.key): e for e in entries(settings, settings, types)}


def test_it_names_the_line_of_each_key_of_the_file(config: Config) -> None:
    settings = config(ALL)
    listed = found(settings)
    lines = settings.config_path.read_text().splitlines()
    for place, begin in (
        (("server", "port"), "PORT: 9000"),
        (("server", "allowed_hosts"), "allowed_hosts = a"),
        (("queue:my-queue", "workers"), "workers = 3"),
        (("watch:in", "type"), "type = word_count"),
        (("type:summary", "results_days"), "results_days = 2"),
    ):
        entry = listed[place]
        assert entry.source == str(settings.config_path)
        assert lines[(entry.line or 0) - 1].startswith(begin)


def test_it_has_every_key_also_where_nothing_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "HOME", tmp_path)
    listed = entries(settings := configuration.load(), settings, {})
    places = [*SECTIONS.items(), *((f"queue:{name}", Queue) for name in QUEUES)]
    assert [(e.section, e.key) for e in listed] == [
        (section, key.name) for section, declared in places for key in fields(declared)
    ]
    assert {(e.source, e.line) for e in listed} == {("default", None)}


@pytest.mark.parametrize(
    ("variable", "text", "place", "value"),
    [
        ("BELLHOP_SERVER_PORT", "7", ("server", "port"), 7),
        ("BELLHOP_QUEUE_MY_QUEUE_TIMEOUT_S", "9", ("queue:my-queue", "timeout_s"), 9),
        ("BELLHOP_WATCH_IN_OWNER", "ada", ("watch:in", "owner"), "ada"),
        ("BELLHOP_TYPE_SUMMARY_RESULTS_DAYS", "3", ("type:summary", "results_days"), 3),
        ("BELLHOP_TYPE_NEW_ONE_UPLOADS_DAYS", "4", ("type:new_one", "uploads_days"), 4),
    ],
)
def test_it_names_the_variable_that_overrides_a_key(
    config: Config,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    text: str,
    place: tuple[str, str],
    value: object,
) -> None:
    monkeypatch.setenv(variable, text)
    assert found(config(ALL))[place] == Entry(*place, value, variable, None)


def test_it_shows_no_secret_wherever_one_stands(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_SUMMARY_TOKEN", "hunter2-a")
    monkeypatch.setenv("BELLHOP_TYPE_UNKNOWN_API_KEY", "hunter2-b")
    monkeypatch.setenv("BELLHOP_OIDC_CLIENT_SECRET", "hunter2-c")
    listed = found(
        config(
            "[storage]\ndatabase = postgresql://u:hunter2@h/n?sslpass%77ord=hunter2&user=u\n"
            "files = s3://key:hunter2@bucket/prefix?endpoint=https://h\n"
            "[huey]\nredis_url = redis://h/0?password=hunter2\n"
            "[notices]\nsmtp_password = hunter2\napprise = a://hunter2, b://hunter2\n"
            '[watch:in]\nfolder = in\ntype = x\nparams = {"a": [{"api-key": "hunter2"}], "b": 1}\n'
            "[type:summary]\napi_key = hunter2\npin = hunter2\n"
        )
    )
    assert "hunter2" not in json.dumps(list(listed.values()))
    assert listed["storage", "database"].value.startswith("postgresql://***@h/n?")
    assert listed["watch:in", "params"].value == '{"a": [{"api-key": "***"}], "b": 1}'
    assert listed["oidc", "client_secret"].value == HIDDEN
    assert listed["type", "unknown_api_key"].source == "BELLHOP_TYPE_UNKNOWN_API_KEY"


def test_it_shows_of_a_type_what_that_declares_as_no_secret(config: Config) -> None:
    declared = {"base_url": "text", "pin": "secret", "api_key": "text"}
    summary = replace(description.unknown_type("summary"), settings=declared)
    text = "[type:summary]\nbase_url = http://u:pw1@h\npin = pw2\napi_key = pw3\nold = pw4\n"
    listed = found(config(text), {"summary": summary})
    shown = {key: entry.value for (section, key), entry in listed.items() if "type:" in section}
    assert shown == {"base_url": "http://***@h", "pin": "***", "api_key": "***", "old": "***"}


def test_it_hides_a_variable_that_is_a_secret_of_one_of_two_types(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_TYPE_A_B_PIN", "hunter2")
    monkeypatch.setenv("BELLHOP_TYPE_A_MODEL", "small")
    one = replace(description.unknown_type("a"), settings={"b_pin": "text", "model": "text"})
    other = replace(description.unknown_type("a_b"), settings={"pin": "secret"})
    listed = found(config(""), {"a": one, "a_b": other})
    assert "hunter2" not in json.dumps(list(listed.values()))
    assert listed["type:a", "model"].value == "small"


def test_it_shows_no_line_of_a_value_that_a_variable_overrides(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_SERVER_PORT", "7")
    assert found(config(ALL))["server", "port"].line is None
