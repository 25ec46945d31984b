"""The command `config`, which asks nobody and changes nothing."""

from __future__ import annotations

import json

import pytest

from bellhop.cli.main import main
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, write_record

Capture = pytest.CaptureFixture[str]


def listed(settings: Settings, *options: str) -> int:
    return main(["--config", str(settings.config_path), "config", *options])


@pytest.fixture(autouse=True)
def no_config_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELLHOP_CONFIG", "")  # which a command sets for its children


def test_it_prints_before_the_first_start_and_makes_no_folder(
    loaded: Settings, capsys: Capture
) -> None:
    assert listed(loaded) == 0
    assert "\n[server]\nhost = 127.0.0.1  # default\n" in capsys.readouterr().out
    assert not loaded.data_dir.exists()


def test_it_prints_json_of_an_installation(
    loaded: Settings, here: Installation, capsys: Capture
) -> None:
    write_record(here)
    before = sorted(loaded.data_dir.rglob("*"))
    assert listed(loaded, "--json") == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert list(first) == ["section", "key", "value", "source", "line"]
    assert sorted(loaded.data_dir.rglob("*")) == before


@pytest.mark.parametrize(
    ("text", "variable"),
    [("[server]\nports = 1\n", "NONE"), ("", "BELLHOP_SERVER_PORTS"), ("[serve]\n", "NONE")],
)
def test_it_refuses_what_a_start_refuses(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Capture, text: str, variable: str
) -> None:
    monkeypatch.setenv(variable, "1")
    loaded.config_path.write_text(text)
    assert listed(loaded) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "allowed are" in said.err
