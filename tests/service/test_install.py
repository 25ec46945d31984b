"""`install-service`: what it refuses, before it changes anything, and what it writes."""

from __future__ import annotations

import argparse
import os
import pwd
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import StartRefused
from bellhop.cli import service
from bellhop.service import install
from bellhop.settings.settings import Settings, Watch
from tests.support.nobody import NOBODY, as_nobody

THEM = pwd.getpwuid(NOBODY).pw_name


@pytest.fixture
def units(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of units; systemd does not run."""
    folder = tmp_path / "units"
    monkeypatch.setattr(install, "OF_MACHINE", folder)
    monkeypatch.setattr(service, "BOOTED", tmp_path / "not there")
    monkeypatch.setattr(install, "_require_that_it_runs", lambda account: None)
    return folder


def set_up(
    loaded: Settings, user: str | None = THEM, name: str = "bellhop", *, only_print: bool = False
) -> None:
    given = argparse.Namespace(user=user, name=name, only_print=only_print)
    assert service.run(loaded, given) == 0


def test_it_gives_its_user_the_data_folder(loaded: Settings, units: Path) -> None:
    loaded.data_dir.rmdir() if loaded.data_dir.exists() else None
    set_up(loaded)
    assert loaded.data_dir.stat().st_uid == NOBODY
    assert loaded.data_dir.stat().st_mode & 0o077 == 0


def test_it_gives_its_user_no_folder_that_they_link_to_meanwhile(
    loaded: Settings, units: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.data_dir.rmdir() if loaded.data_dir.exists() else None
    other, mkdir = tmp_path / "of somebody else", os.mkdir
    other.mkdir()

    def make(path: str | Path, *args: Any, **more: Any) -> None:
        mkdir(path, *args, **more)
        if Path(path).name == loaded.data_dir.name:
            loaded.data_dir.rmdir()
            loaded.data_dir.symlink_to(other)

    monkeypatch.setattr(os, "mkdir", make)
    with pytest.raises(StartRefused):
        set_up(loaded)
    assert other.stat().st_uid == os.geteuid()


def test_it_says_what_starts_it_where_systemd_does_not_run(
    loaded: Settings, units: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(loaded)
    said = capsys.readouterr().out.splitlines()
    assert said[-2:] == ["  systemctl daemon-reload", "  systemctl enable --now bellhop.service"]


def test_it_writes_its_own_unit_anew(loaded: Settings, units: Path) -> None:
    set_up(loaded)
    set_up(loaded)
    assert [path.name for path in units.iterdir()] == ["bellhop.service"]
    assert (units / "bellhop.service").stat().st_mode & 0o777 == 0o644


def test_it_leaves_the_unit_of_somebody_else(loaded: Settings, units: Path) -> None:
    units.mkdir()
    (units / "bellhop.service").write_text("[Unit]\n")
    with pytest.raises(StartRefused, match="choose another name with --name"):
        set_up(loaded)
    assert (units / "bellhop.service").read_text() == "[Unit]\n"
    set_up(loaded, name="second")


def test_it_prints_the_unit_and_changes_nothing(
    loaded: Settings, units: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(loaded, only_print=True)
    assert f"User={THEM}" in capsys.readouterr().out
    assert not units.exists()


def test_it_runs_nothing_as_root_by_itself(loaded: Settings, units: Path) -> None:
    with pytest.raises(StartRefused, match="name the user that Bellhop runs as"):
        set_up(loaded, user=None)


def test_it_refuses_a_user_whom_nobody_knows(loaded: Settings, units: Path) -> None:
    with pytest.raises(StartRefused, match="there is no user vera"):
        set_up(loaded, user="vera")


def test_it_refuses_the_data_folder_of_another_user(loaded: Settings, units: Path) -> None:
    loaded.data_dir.mkdir(exist_ok=True)
    with pytest.raises(StartRefused, match=f"does not belong to {THEM}: chown -R {THEM}: "):
        set_up(loaded)
    assert not units.exists()


def test_it_refuses_a_program_that_its_user_cannot_run(
    loaded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir(0o700)
    (secret / "bellhop").write_text("#!/bin/sh\n")
    (secret / "bellhop").chmod(0o755)
    monkeypatch.setattr(install, "AS_STARTED", [str(secret / "bellhop")])
    with pytest.raises(StartRefused, match=f"{THEM} cannot run .*: Permission denied"):
        install._require_that_it_runs(pwd.getpwnam(THEM))


def test_it_runs_a_program_as_the_groups_of_its_user_let_it(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = ours / "shared"
    shared.mkdir()
    (shared / "bellhop").write_text("#!/bin/sh\n")
    (shared / "bellhop").chmod(0o755)
    os.chown(shared, 0, 54321)
    shared.chmod(0o750)
    monkeypatch.setattr(install, "AS_STARTED", [str(shared / "bellhop")])
    monkeypatch.setattr(os, "getgrouplist", lambda name, group: [group, 54321])
    install._require_that_it_runs(pwd.getpwnam(THEM))


def test_it_refuses_a_user_without_a_name(
    loaded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container that runs as any number."""
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    for user in (None, "vera"):
        with pytest.raises(StartRefused, match="user 54321 has no name"):
            set_up(loaded, user, only_print=True)


def test_it_leaves_nothing_where_it_cannot_write_the_unit(
    loaded: Settings, units: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(StartRefused, match="cannot be written: No space left on device"):
        set_up(loaded)
    assert not list(units.iterdir())


def test_it_lets_root_alone_choose_who_it_runs_as(loaded: Settings) -> None:
    def refused() -> bool:
        with pytest.raises(StartRefused, match="only root can install a service that runs as root"):
            set_up(loaded, "root", only_print=True)
        return True

    assert as_nobody(refused)


def test_it_writes_the_unit_of_a_user_into_their_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert install._folder() == tmp_path / "systemd" / "user"


def test_it_may_write_to_each_folder_that_the_settings_name_for_files(
    loaded: Settings, units: Path, tmp_path: Path
) -> None:
    scans = Watch(folder=str(tmp_path / "scans"), type="word_count")
    named = replace(
        loaded,
        watches={"scans": scans},
        backup_folder=tmp_path / "backups",
        log_file=tmp_path / "log" / "bellhop.log",
    )
    (written,) = [
        line.split() for line in install.service_of(named, THEM).text().splitlines()
        if line.startswith("ReadWritePaths=")
    ]  # fmt: skip
    assert {f"-{tmp_path / name}" for name in ("scans", "backups", "log")} <= set(written)


@pytest.mark.parametrize("place", ["program", "job types", "certificates"])
def test_it_hides_no_home_in_which_something_lies_that_it_reads(
    loaded: Settings, units: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    for name in ("executable", "base_prefix"):
        monkeypatch.setattr(sys, name, "/usr/bin/true")
    monkeypatch.setattr(install, "AS_STARTED", ["/usr/bin/python3", "/srv/bellhop/app.py"])
    assert "ProtectHome=yes" in install.service_of(loaded, THEM).text()
    if place == "program":
        monkeypatch.setattr(install, "AS_STARTED", ["/usr/bin/python3", "/home/ada/bellhop/app.py"])
    elif place == "job types":
        loaded = replace(loaded, jobtypes_folder=Path("/home/ada/types"))
    else:
        loaded = replace(loaded, notices=replace(loaded.notices, smtp_ca="/home/ada/ca.pem"))
    assert "ProtectHome=read-only" in install.service_of(loaded, THEM).text()
