"""What jobs may do: real job processes try what they may not, and the kernel answers."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.accounts import accounts
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.jobprocess import process as jobprocess
from bellhop.jobs import lifecycle
from bellhop.jobs.newjob import NewItem
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files, Scratch
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system import confine, landlock, seccomp
from tests.support.jobs import error_of, items_of, job_of, result_of, run_all
from tests.support.nobody import as_nobody

# What is read-only (EROFS) in a view of its own; without one, Landlock refuses.
REFUSED = ("OSError", "PermissionError")
IO_URING_SETUP, X32_SOCKET = 425, 0x40000000 | 41
Submit = Callable[..., Job]
Reach = Callable[..., str]


@pytest.fixture(autouse=True)
def shared(here: Installation) -> None:
    """Files and other processes are kept from jobs from the first account on."""
    accounts.add("ada", "admin", None)


@pytest.fixture
def reach(submit: Submit, workers: Workers) -> Reach:
    """What the kernel says when a job does `how` with `what`: an error's name, or "done"."""

    def ask(how: str, what: object = "", type: str = "reach") -> str:
        item = NewItem("x", {"data": {"how": how, "what": str(what)}})
        job = submit(type=type, items=[item])
        run_all(workers)
        assert job_of(job.job_id).status == "completed", error_of(job)
        return str(result_of(job)["said"])

    return ask


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of a TCP server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def nothing(number: int) -> NewItem:
    """An item that needs nothing; another number is another input."""
    return NewItem("x", {"data": {"how": "socketpair", "what": str(number)}})


# Files


@pytest.mark.parametrize(
    "name", ["bellhop.db", "types.json", "start.lock", "results/other/secret", "logs/other/secret"]
)
def test_it_keeps_the_data_folder_from_jobs(reach: Reach, here: Installation, name: str) -> None:
    path = here.folder / name
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text("secret")
    assert reach("read", path) == "PermissionError"


def test_it_keeps_the_names_in_the_data_folder_from_jobs(reach: Reach, here: Installation) -> None:
    assert reach("list", here.folder / "results") == "PermissionError"


def test_it_keeps_config_ini_from_jobs(reach: Reach, loaded: Settings) -> None:
    assert loaded.config_path.exists()
    assert reach("read", loaded.config_path) == "PermissionError"


def test_it_keeps_a_config_that_was_replaced_from_jobs(
    reach: Reach, loaded: Settings, tmp_path: Path
) -> None:
    reach("scratch")  # by a process that lives on
    (tmp_path / "new").write_text("[server]\n")
    (tmp_path / "new").rename(loaded.config_path)
    assert reach("read", loaded.config_path) == "PermissionError"


def test_it_keeps_the_scratch_folder_of_another_process_from_jobs(
    reach: Reach, workers: Workers
) -> None:
    other = workers.files.new_scratch("c1")
    (other.output / "secret").write_text("secret")
    assert reach("read", other.output / "secret") == "PermissionError"


def test_it_keeps_a_part_of_the_data_folder_on_another_disk_from_jobs(
    reach: Reach, here: Installation, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "secret").write_text("secret")
    (here.folder / "results").rmdir()
    (here.folder / "results").symlink_to(tmp_path / "disk")
    assert reach("read", tmp_path / "disk" / "secret") == "PermissionError"


@pytest.mark.parametrize("how", ["symlink", "link", "in a child"])
def test_it_leaves_no_way_around(reach: Reach, here: Installation, how: str) -> None:
    refused = "OSError" if how == "link" else "PermissionError"  # EXDEV
    here.database.touch()  # where the rows are in PostgreSQL, it is of before a move
    assert reach(how, here.database) == refused


def test_it_keeps_the_data_folder_from_a_link_beside_it(
    reach: Reach, here: Installation, tmp_path: Path
) -> None:
    here.database.touch()
    (tmp_path / "link").symlink_to(here.folder)
    assert reach("read", tmp_path / "link" / "bellhop.db") == "PermissionError"


def test_it_lets_a_job_read_its_upload_and_not_change_it(
    submit: Submit, workers: Workers, here: Installation
) -> None:
    files = Files(here.folder)
    incoming = files.new_incoming()
    (incoming / "0.txt").write_text("mine")
    files.accept(incoming, "given")
    job = submit(type="reach_upload", items=[NewItem("a.txt", {"file": "0.txt"})], job_id="given")
    run_all(workers)
    result = result_of(job)
    assert result["text"] == "mine" and result["said"] in REFUSED


def test_it_lets_a_job_work_in_its_scratch_folder(reach: Reach) -> None:
    assert reach("scratch") == "done"


@pytest.mark.parametrize("how", ["write", "append", "truncate", "remove"])
def test_it_lets_a_job_change_nothing_elsewhere(reach: Reach, tmp_path: Path, how: str) -> None:
    (tmp_path / "there").write_text("mine")
    assert reach(how, tmp_path / "there") in REFUSED
    assert (tmp_path / "there").read_text() == "mine"


def test_it_lets_a_job_make_nothing_elsewhere(reach: Reach, tmp_path: Path) -> None:
    assert reach("write", tmp_path / "new") in REFUSED


def test_it_lets_a_job_write_to_a_folder_that_the_settings_name(
    reach: Reach, tmp_path: Path
) -> None:
    assert reach("write", tmp_path / "outside" / "new") == "done"


@pytest.mark.parametrize("how", ["shared memory", "pool"])
def test_it_leaves_room_for_many_processes(reach: Reach, how: str) -> None:
    assert reach(how) == "done"


def test_it_lets_a_job_write_to_nowhere(reach: Reach) -> None:
    assert reach("write", "/dev/null") == "done"


def test_it_lets_a_job_read_the_rest_of_the_machine(reach: Reach) -> None:
    assert reach("read", "/etc/passwd") == "done"


def test_it_lets_a_job_import_from_a_folder_around_the_data(
    reach: Reach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the program's own: the data folder lies in it."""
    (tmp_path / "beside_the_data.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert reach("list", tmp_path) == "PermissionError"
    assert reach("import", "beside_the_data") == "done"


def test_it_keeps_the_network_from_the_child_that_describes_a_file(
    config: Callable[[str], Settings], here: Installation, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "curious.py").write_text(
        "from jobtypes import Context, job_type\nimport socket\nsocket.socket()\n"
    )
    catalog = Catalog(config(f"[jobtypes]\nfolder = {tmp_path / 'own'}\n"), here)
    catalog.settle()
    assert "PermissionError" in str(catalog.types()["curious"].reason)


def test_it_leaves_nothing_of_a_description(
    config: Callable[[str], Settings], here: Installation, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    here.described_types.unlink()
    Catalog(config(""), here).settle()
    assert [*(tmp_path / "temporary").iterdir(), *(here.folder / "incoming").iterdir()] == []


# Other processes


def test_it_keeps_the_environment_of_the_consumer_from_jobs(reach: Reach) -> None:
    assert Path(f"/proc/{os.getpid()}/environ").read_bytes()
    assert reach("read", f"/proc/{os.getpid()}/environ") == "PermissionError"


def test_it_keeps_the_memory_of_the_consumer_from_jobs(reach: Reach) -> None:
    assert reach("append", f"/proc/{os.getpid()}/mem") in REFUSED


@pytest.mark.parametrize("name", ["maps", "auxv", "smaps_rollup"])
def test_it_keeps_what_shows_memory_from_jobs(reach: Reach, name: str) -> None:
    """Also from root, whom a newer kernel would show it all."""
    assert reach("read", f"/proc/{os.getpid()}/{name}") == "PermissionError"


def test_it_leaves_root_no_power_over_the_machine(reach: Reach) -> None:
    assert reach("chroot", "/tmp") == "PermissionError"


def test_it_keeps_signals_of_jobs_from_other_processes(reach: Reach) -> None:
    assert reach("signal", os.getpid()) == "PermissionError"


def test_it_keeps_abstract_sockets_of_others_from_jobs(reach: Reach) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0bellhop-{os.getpid()}")
        server.listen()
        assert reach("abstract", f"bellhop-{os.getpid()}") == "PermissionError"


@pytest.fixture
def of_server(tmp_path: Path) -> Iterator[Path]:
    """The socket of a PostgreSQL that lets in who runs Bellhop, in a folder of its own."""
    (tmp_path / "sockets").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sockets" / ".s.PGSQL.5432"))
        server.listen()
        yield tmp_path / "sockets" / ".s.PGSQL.5432"


def told(workers: Workers, database: str) -> None:
    """Let the workers believe that the rows are there."""
    settings = workers._settings
    storage = replace(settings.storage, database=database)
    workers._settings = replace(settings, storage=storage)


@pytest.mark.parametrize("type", ["reach", "reach_out"])
def test_it_keeps_the_socket_of_its_database_from_jobs(
    reach: Reach, workers: Workers, of_server: Path, type: str
) -> None:
    """Where a server asks only which user of the system comes, a job would be Bellhop."""
    told(workers, f"postgresql:///jobs?host={of_server.parent}")
    assert reach("local", of_server, type=type) == "FileNotFoundError"


def test_it_keeps_a_socket_beside_its_own_files_from_jobs(
    reach: Reach, workers: Workers, of_server: Path, tmp_path: Path
) -> None:
    beside = tmp_path / of_server.name
    of_server.rename(beside)
    told(workers, f"postgresql:///jobs?host={tmp_path}")
    assert reach("local", beside) == "ConnectionRefusedError"


def test_it_keeps_the_keys_to_its_database_from_jobs(
    reach: Reach, workers: Workers, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("secret")
    told(workers, f"postgresql://me@host/jobs?sslkey={tmp_path / 'key'}")
    assert reach("is empty", tmp_path / "key") == "done"


def test_it_lets_a_job_use_the_socket_of_another_database(
    reach: Reach, workers: Workers, of_server: Path
) -> None:
    told(workers, "postgresql://me@host/jobs")
    assert reach("local", of_server) == "done"


def test_it_lets_a_job_rename_a_file_into_its_output(reach: Reach) -> None:
    assert reach("into output") == "done"


# The network


@pytest.mark.parametrize("how", ["connect", "datagram"])
def test_it_keeps_the_network_from_jobs(reach: Reach, listening: int, how: str) -> None:
    assert reach(how, listening) == "PermissionError"


def test_it_gives_the_network_to_a_type_that_says_so(reach: Reach, listening: int) -> None:
    assert reach("connect", listening, type="reach_out") == "done"


def test_it_keeps_the_data_folder_also_from_a_type_with_the_network(
    reach: Reach, here: Installation
) -> None:
    here.database.touch()
    assert reach("read", here.database, type="reach_out") == "PermissionError"


def test_it_lets_a_job_use_a_pair_of_local_sockets(reach: Reach) -> None:
    assert reach("socketpair") == "done"


@pytest.mark.parametrize("number", [IO_URING_SETUP, X32_SOCKET])
def test_it_refuses_calls_that_would_go_around(reach: Reach, number: int) -> None:
    assert reach("kernel", number) == "PermissionError"


def test_it_never_lends_a_process_with_the_network_to_a_type_without(
    submit: Submit, workers: Workers
) -> None:
    item = NewItem("x", {"data": {"how": "socketpair", "what": ""}})
    jobs = [
        submit(type=type, items=[item]) for type in ("reach", "reach_out", "reach", "reach_out")
    ]
    run_all(workers)
    first, out, second, out_again = (result_of(job)["pid"] for job in jobs)
    assert (first, out) == (second, out_again)
    assert first != out


# How much


def test_it_ends_a_job_that_writes_too_large_a_file(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scratch, "free_bytes", lambda scratch: 0)
    job = submit("65", type="large_file")
    run_all(workers)
    assert error_of(job)["code"] == "file_too_large"
    assert "larger than 64 MiB" in error_of(job)["message"]
    assert items_of(job)[0].attempt == 1


def test_it_lets_a_file_grow_to_what_the_disk_has_beyond_the_reserve(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scratch, "free_bytes", lambda scratch: (100 + 70) << 20)
    within, beyond = submit("70", type="large_file"), submit("71", type="large_file")
    run_all(workers)
    assert job_of(within.job_id).status == "completed"
    assert error_of(beyond)["code"] == "file_too_large"


def test_it_looks_at_the_disk_again_for_each_item(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit("65", type="large_file")
    with monkeypatch.context() as full:
        full.setattr(Scratch, "free_bytes", lambda scratch: 0)
        run_all(workers)
    lifecycle.retry(job.job_id)
    run_all(workers)
    assert job_of(job.job_id).status == "completed"


def test_it_bounds_open_files_and_processes(submit: Submit, workers: Workers) -> None:
    job = submit(type="told_limits")
    run_all(workers)
    limits = result_of(job)
    assert 0 < limits["files"] <= confine.MOST_OPEN_FILES
    assert threading.active_count() < limits["processes"] < 1 << 20


def test_it_replaces_a_process_that_has_lived_for_long(
    submit: Submit, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is new beside the data folder is readable for new processes."""
    monkeypatch.setattr(jobprocess, "AGE_LIMIT_S", 0)
    jobs = [submit(type="reach", items=[nothing(number)]) for number in range(2)]
    run_all(workers)
    assert result_of(jobs[0])["pid"] != result_of(jobs[1])["pid"]


# Other kernels, other users


def in_a_child(action: Callable[[], bool]) -> bool:
    """What `action` says in a process of its own, for it cannot be taken back."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        os._exit(0 if action() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def bounds_of(folder: Path) -> str:
    """Bounds that hide `folder/hidden` and give `folder/own`."""
    for name in ("hidden", "own"):
        (folder / name).mkdir()
    (folder / "hidden" / "secret").write_text("secret")
    (folder / "open").write_text("open")
    hidden, own = str(folder / "hidden"), str(folder / "own")
    return confine.Bounds([hidden], [], [own], network=False).argument()


def is_confined(folder: Path) -> bool:
    (folder / "own" / "new").write_text("x")
    assert (folder / "open").read_text() == "open"
    try:
        (folder / "hidden" / "secret").read_text()
    except PermissionError:
        return True
    return False


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6])
def test_it_takes_what_an_earlier_kernel_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    argument = bounds_of(tmp_path)
    monkeypatch.setattr(landlock, "version", lambda: version)

    def try_it() -> bool:
        confine.confine(argument)
        return is_confined(tmp_path)

    assert in_a_child(try_it)


def test_it_runs_where_the_kernel_has_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    argument = bounds_of(tmp_path)
    monkeypatch.setattr(landlock, "version", lambda: 0)
    monkeypatch.setattr(seccomp, "is_there", lambda: False)

    def try_it() -> bool:
        confine.confine(argument)
        socket.socket().close()
        return not is_confined(tmp_path)

    assert in_a_child(try_it)


def test_it_confines_also_who_is_not_root(ours: Path) -> None:
    def try_it() -> bool:
        confine.confine(bounds_of(ours))
        try:
            socket.socket()
        except PermissionError:
            return is_confined(ours)
        return False

    assert as_nobody(try_it)


def test_it_keeps_no_file_from_jobs_while_nobody_shares_it(
    reach: Reach, tmp_path: Path, listening: int
) -> None:
    accounts.reopen()
    assert reach("write", tmp_path / "new") == "done"
    assert reach("connect", listening) == "PermissionError"


def test_it_tells_the_bounds_on_the_command_line_without_a_secret(loaded: Settings) -> None:
    given = confine.bounds(loaded, readable=(), writable=[Path("own")], is_shared=True)
    told: dict[str, Any] = json.loads(given.argument())
    assert set(told) == {
        "hidden", "readable", "writable", "network", "memory_mb", "max_file_mb", "masked"
    }  # fmt: skip
