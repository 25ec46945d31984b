"""The unit that `install-service` writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.base.errors import StartRefused
from bellhop.service.unit import Service

SERVICE = Service(
    command=["/opt/bellhop/bin/python", "-m", "bellhop", "serve"],
    folder=Path("/srv/bellhop"),
    writable=[Path("/srv/bellhop/data"), Path("/mnt/our backups")],
    used=[Path("/opt/bellhop")],
    user="bellhop",
    port=8080,
    stop_grace_s=8,
)


def lines(service: Service) -> list[str]:
    return service.text().splitlines()


def test_it_runs_as_its_user() -> None:
    assert {"User=bellhop", "WorkingDirectory=/srv/bellhop"} <= {*lines(SERVICE)}


def test_it_may_write_to_its_own_folders_alone() -> None:
    assert 'ReadWritePaths=-/srv/bellhop/data "-/mnt/our backups"' in lines(SERVICE)


def test_it_waits_for_the_grace_of_items_and_for_what_is_killed_then() -> None:
    assert "TimeoutStopSec=630" in lines(replace(SERVICE, stop_grace_s=600))


@pytest.mark.parametrize(
    ("part", "written"),
    [
        ("/plain", "/plain"),
        ("/with blank", '"/with blank"'),
        ('/a"b', '"/a\\"b"'),
        ("/100%", "/100%%"),
        ("/$HOME", "/$$HOME"),
        ("/back\\slash", '"/back\\\\slash"'),
        ("/it's", '"/it\'s"'),
    ],
)
def test_it_runs_a_program_whatever_its_folder_is_called(part: str, written: str) -> None:
    assert f"ExecStart={written} serve" in lines(replace(SERVICE, command=[part, "serve"]))


def test_it_may_write_to_a_folder_with_a_dollar_in_its_name() -> None:
    assert "ReadWritePaths=-/srv/a$b" in lines(replace(SERVICE, writable=[Path("/srv/a$b")]))


UNSAYABLE = ["/srv/a\nExecStartPre=/tmp/mine", "/srv/a\rb", "/srv/a\x00b", "/srv/a\\", "/srv/a "]


@pytest.mark.parametrize("path", UNSAYABLE)
@pytest.mark.parametrize("place", ["folder", "writable", "command"])
def test_it_has_no_line_that_the_name_of_a_folder_writes(place: str, path: str) -> None:
    changed: Any = {"folder": Path(path), "writable": [Path(path)], "command": [path]}[place]
    with pytest.raises(StartRefused, match="no unit of systemd can name"):
        replace(SERVICE, **{place: changed}).text()


@pytest.mark.parametrize("place", ["folder", "writable", "used"])
def test_it_sees_the_homes_of_users_where_a_part_of_it_lies_there(place: str) -> None:
    assert "ProtectHome=yes" in lines(SERVICE)
    at_home = Path("/home/vera/bellhop")
    changed: Any = {"folder": at_home, "writable": [at_home], "used": [at_home]}[place]
    assert "ProtectHome=read-only" in lines(replace(SERVICE, **{place: changed}))


def test_it_may_bind_a_port_that_is_for_root() -> None:
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in lines(replace(SERVICE, port=443))
    assert "AmbientCapabilities=" in lines(SERVICE)


def test_it_asks_the_manager_of_a_user_for_nothing_that_needs_root() -> None:
    of_user = lines(replace(SERVICE, user=""))
    for needs_root in ("User=", "ProtectSystem=", "CapabilityBoundingSet=", "DevicePolicy="):
        assert not [line for line in of_user if line.startswith(needs_root)]
    assert "WantedBy=default.target" in of_user
