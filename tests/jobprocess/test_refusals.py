"""What the bounds of a job refuse is said as that, with what allows it; and nothing else is."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.consumer.workers import Workers
from bellhop.jobprocess import refusals
from bellhop.jobs.newjob import NewItem
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system import confine, namespaces, seccomp
from tests.support.jobs import error_of, job_of, moves_of
from tests.support.nobody import NOBODY, as_nobody

Submit = Callable[..., Job]
Reach = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.skipif(not seccomp.is_there(), reason="this kernel refuses nothing")
needs_files = pytest.mark.skipif(
    not confine.enforced()["files"], reason="this kernel keeps no files from a process"
)


@pytest.fixture
def shared(here: Installation) -> None:
    """Files are kept from jobs from the first account on."""
    accounts.add("ada", "admin", None)


@pytest.fixture
def reach(submit: Submit, workers: Workers) -> Reach:
    """The error of an item that reached for `what`, after its first attempt."""

    def ask(how: str, what: object = "", type: str = "reaching") -> dict[str, Any]:
        item = NewItem("x", {"data": {"how": how, "what": str(what)}})
        job = submit(type=type, items=[item])
        workers.run_next()
        is_final = job_of(job.job_id).status == "failed"
        return {**error_of(job), "is_final": is_final, "moves": moves_of(job)}

    return ask


# The network


@pytest.mark.parametrize("how", ["connect", "requests", "urllib", "http.client", "asyncio"])
def test_it_says_that_it_refused_a_connection_and_which_word_allows_it(
    reach: Reach, how: str
) -> None:
    error = reach(how, 9)
    assert error["code"] == "network_refused" and error["is_final"]
    assert error["message"] == (
        "Bellhop refused a connection to 127.0.0.1:9. To allow it, add network=True to @job_type."
    )


def test_it_says_so_of_the_name_that_could_not_be_looked_up(reach: Reach) -> None:
    message = reach("look up", "api.example.org")["message"]
    assert message.startswith("Bellhop refused a connection to api.example.org:443. To allow it")


def test_it_says_so_of_a_socket_that_goes_nowhere_yet(reach: Reach) -> None:
    assert reach("datagram")["message"].startswith("Bellhop refused a connection. To allow it")


def test_it_refuses_no_connection_of_a_type_with_network(reach: Reach) -> None:
    error = reach("connect", 9, type="reaching_out")
    assert error["code"] == "unexpected_error" and not error["is_final"]
    assert "ConnectionRefusedError" in error["message"]


@pytest.mark.parametrize("how", ["recover", "fail meanwhile"])
def test_it_says_no_refusal_of_an_error_that_came_after_one(reach: Reach, how: str) -> None:
    error = reach(how, 9)
    assert error["code"] == "unexpected_error" and not error["is_final"]


# Files


@needs_files
@pytest.mark.parametrize(
    "how", ["write", "append", "make a folder", "wrap", "say nothing of it", "replace"]
)
def test_it_says_where_it_refused_to_write_and_where_a_type_may(
    shared: None, reach: Reach, tmp_path: Path, how: str
) -> None:
    place = tmp_path / "report.txt"
    error = reach(how, place)
    assert error["code"] == "write_refused" and error["is_final"]
    assert error["message"].startswith(f"Bellhop refused to write {place}. ")
    assert "context.output_dir" in error["message"]
    assert "[jobtypes] writable" in error["message"]


@needs_files
@pytest.mark.parametrize("how", ["write", "append", "remove", "move"])
def test_it_says_so_of_a_file_that_is_there(
    shared: None, reach: Reach, tmp_path: Path, how: str
) -> None:
    (tmp_path / "there").write_text("x")
    assert reach(how, tmp_path / "there")["code"] == "write_refused"


@needs_files
@pytest.mark.parametrize("name", ["bellhop.db", "results/other/secret"])
def test_it_says_that_the_data_folder_is_hidden(
    shared: None, reach: Reach, here: Installation, name: str
) -> None:
    (here.folder / name).parent.mkdir(exist_ok=True)
    (here.folder / name).touch()
    error = reach("read", here.folder / name)
    assert error["code"] == "file_hidden" and error["is_final"]
    assert error["message"].startswith(f"Bellhop refused access to {here.folder / name}: ")


@needs_files
def test_it_says_that_its_settings_are_hidden(shared: None, reach: Reach, loaded: Settings) -> None:
    assert reach("read", loaded.config_path)["code"] == "file_hidden"


@needs_files
def test_it_says_why_the_folder_above_its_data_cannot_be_listed(
    shared: None, reach: Reach, here: Installation
) -> None:
    assert reach("list", here.folder.parent)["code"] == "file_hidden"


@needs_files
def test_it_says_no_refusal_of_a_file_that_is_not_there(shared: None, reach: Reach) -> None:
    assert reach("read", "/nosuch/file")["code"] == "unexpected_error"


def refused_outside(place: Path, number: int, data: Path) -> refusals.Refusal | None:
    """What would be said of an error that no bounds made: this process has none."""
    bounds = confine.Bounds((str(data),), (), (), network=True)
    return refusals.of(OSError(number, os.strerror(number), str(place)), bounds)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
@pytest.mark.parametrize("is_hidden", [True, False])
def test_it_says_no_refusal_of_a_file_that_is_for_others(ours: Path, is_hidden: bool) -> None:
    """Who cannot read or write it anyway was not refused it by Bellhop."""
    (ours / "file").touch(0o600)
    data = ours if is_hidden else ours / "data"
    assert as_nobody(lambda: refused_outside(ours / "file", errno.EACCES, data) is None)
    os.chown(ours / "file", NOBODY, NOBODY)
    assert as_nobody(lambda: refused_outside(ours / "file", errno.EACCES, data) is not None)


MOUNTS = r"""20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
21 20 8:2 / /srv rw,relatime - ext4 /dev/sdb1 rw
22 21 8:3 / /srv/a\040disk ro,nosuid - ext4 /dev/sdc1 rw
23 21 8:4 / /srv/b rw,relatime - squashfs /dev/loop0 ro,errors=continue
24 23 8:5 / /srv/b rw - ext4 /dev/sdd1 rw
"""


@pytest.mark.parametrize(
    ("path", "is_read_only"),
    [("/srv/x", False), ("/srv/a disk/x", True), ("/srv/a disker", False), ("/srv/b/x", False)],
)
def test_it_knows_what_is_read_only_for_everybody(path: str, is_read_only: bool) -> None:
    """The last mount at a place counts."""
    assert namespaces.is_read_only(path, MOUNTS) is is_read_only
    assert namespaces.is_read_only("/srv/b/x", MOUNTS.partition("24 23")[0])


@needs_files
def test_it_says_no_refusal_of_a_process_that_is_not_there(shared: None, reach: Reach) -> None:
    assert reach("signal", 2**22 + 1)["code"] == "unexpected_error"


def test_it_refuses_no_file_while_nobody_shares_it(
    reach: Reach, tmp_path: Path, here: Installation
) -> None:
    (tmp_path / "folder").mkdir()
    assert reach("write", tmp_path / "folder")["code"] == "unexpected_error"
