"""The settings as a config.ini: Bellhop reads the same values from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bellhop.origins.entries import Entry, entries
from bellhop.origins.written import lines
from bellhop.settings import configuration
from bellhop.settings.settings import Settings

Config = Callable[[str], Settings]


def values(settings: Settings) -> list[tuple[object, ...]]:
    return [entry[:3] for entry in entries(settings, settings, {})]


def test_it_can_be_saved_and_read_again(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELLHOP_RETRY_DELAYS_S", "0.5, 1e-7")
    settings = config(
        "[oidc]\nlabel = 'a # \"b\"'\n[lifetime]\nresults_days = 0.1234567\n[queue:my-Q]\n"
        '[watch:in]\nfolder = in\ntype = x\nparams = \'{"a": " ;"}\'\n[type:x]\nresults_days = 2\n'
        "old =\n[type:a]\nuploads_days = 1\nold =\n"
    )
    saved = tmp_path / "saved.ini"
    saved.write_text("\n".join(lines(entries(settings, settings, {}), settings.config_path)))
    monkeypatch.delenv("BELLHOP_RETRY_DELAYS_S")
    assert values(configuration.load(saved)) == values(settings)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (Entry("server", "port", 80, "default", None), "port = 80  # default"),
        (Entry("server", "port", 80, "/c.ini", 3), "port = 80  # line 3"),
        (Entry("retry", "delays_s", (0.0, 0.5), "home", None), "delays_s = 0, 0.5  # home"),
        (Entry("oidc", "label", "a # b", "V", None), 'label = "a # b"  # V'),
        (Entry("oidc", "client_secret", "***", "V", None), "# client_secret = ***  # V"),
        (Entry("type:x", "old", "a\nb", "V", None), "# old = a\nb  # V"),
    ],
)
def test_it_writes_one_key_with_its_origin(entry: Entry, line: str) -> None:
    assert list(lines([entry], Path("/c.ini")))[-1] == line


def test_it_writes_the_origin_before_a_value_that_can_have_no_comment() -> None:
    entry = Entry("type:x", "url", "http://h", "/c.ini", 2)
    assert list(lines([entry], Path("/c.ini")))[-2:] == ["# line 2", "url = http://h"]
