"""Hostile code tries what it may not, while it is described and while it runs, as root and not."""

from __future__ import annotations

import json
import os
import re
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest

from bellhop.accounts import accounts
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.jobs.newjob import NewItem
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.storage.models import Job
from bellhop.system import confine, namespaces
from tests.support.jobs import error_of, job_of, result_of, run_all
from tests.support.nobody import as_nobody
from tests.support.places import TYPES

Probes = dict[str, tuple[str, str]]
Answers = dict[str, str]
Reach = Callable[[Probes], Answers]
# What it does, and with what; the names in braces are those of the fixture `places`.
PROBES = {
    "the database": ("read", "{data}/bellhop.db"),
    "the config": ("read", "{config}"),
    "results of others": ("list", "{data}/results"),
    "permissions of the database": ("chmod", "{data}/bellhop.db"),
    "permissions of the config": ("chmod", "{config}"),
    "permissions of the data folder": ("chmod", "{data}"),
    "permissions elsewhere": ("chmod", "{elsewhere}"),
    "times of the database": ("times", "{data}/bellhop.db"),
    "times elsewhere": ("times", "{elsewhere}"),
    "attributes elsewhere": ("attribute", "{elsewhere}"),
    "another output folder": ("output", "{data}"),
    "a new file": ("write", "{elsewhere}.new"),
    "a file in /tmp": ("write", "/tmp/bellhop-probe"),
    "another environment": ("read", "/proc/{pid}/environ"),
    "another view": ("read", "/proc/{pid}/root/{data}/bellhop.db"),
    "open files of another": ("read", "/proc/{pid}/fd/0"),
    "memory of another": ("append", "/proc/{pid}/mem"),
    "a signal": ("signal", "{pid}"),
    "cores of another": ("cores", "{pid}"),
    "turns of another": ("turns", "{pid}"),
    "limits of another": ("kernel", "302 {pid}"),  # prlimit64
    "priority of another": ("kernel", "141 0 {pid} 19"),  # setpriority
    "priority of all": ("kernel", "141 2 0 19"),
    "names of new files": ("watch", "{data}/results"),
    "a terminal": ("terminal", "{terminal}"),
    "the network": ("connect", "{port}"),
    "leaving its parent": ("prctl", "36"),
    "hiding its memory": ("prctl", "4"),
    "files without a name": ("memfd", ""),
    "another namespace": ("namespace", ""),
    "more open files": ("limit", f"{int(resource.RLIMIT_NOFILE)}"),
    "more locked memory": ("limit", f"{int(resource.RLIMIT_MEMLOCK)}"),
}
# Numbers of x86_64: shmget, semget, msgget, mq_open, ptrace, keyctl, request_key, io_uring_setup,
# process_vm_readv, kcmp, pidfd_getfd, userfaultfd, bpf, setns, clone3, mount, open_tree, syslog.
CALLS = (29, 64, 68, 240, 101, 250, 249, 425, 310, 312, 438, 323, 321, 308, 435, 165, 428, 103)
PROBES |= {f"call {number}": ("kernel", str(number)) for number in CALLS}


@pytest.fixture(autouse=True)
def shared(here: Installation) -> None:
    accounts.add("ada", "admin", None)


@pytest.fixture
def places(loaded: Settings, here: Installation, tmp_path: Path) -> Iterator[dict[str, str]]:
    (tmp_path / "elsewhere").write_text("mine")
    here.database.touch()  # where the rows are in PostgreSQL, it is of before a move
    terminals = os.openpty()
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {
            "data": str(here.folder),
            "config": str(loaded.config_path),
            "elsewhere": str(tmp_path / "elsewhere"),
            "terminal": os.ttyname(terminals[1]),
            "port": str(server.getsockname()[1]),
            "pid": str(os.getpid()),
        }
    for terminal in terminals:
        os.close(terminal)


@pytest.fixture
def run(submit: Callable[..., Job], workers: Workers) -> Reach:
    """What the kernel says when a job tries each."""

    def ask(probes: Probes) -> Answers:
        job = submit(type="reach_all", items=[NewItem("x", {"data": probes})])
        run_all(workers)
        assert job_of(job.job_id).status == "completed", error_of(job)
        answers: Answers = result_of(job)
        return answers

    return ask


@pytest.fixture
def describe(config: Callable[[str], Settings], here: Installation, tmp_path: Path) -> Reach:
    """What it says when code at the top of a file of job types tries each."""
    own = tmp_path / "own"
    own.mkdir()

    def ask(probes: Probes) -> Answers:
        (own / "top.py").write_text(
            f"import json, sys; sys.path.insert(0, {str(TYPES)!r}); import confined\n"
            f"raise KeyError(json.dumps(list(confined.reached({probes!r}).items())))\n"
        )
        catalog = Catalog(config(f"[jobtypes]\nfolder = {own}\n"), here)
        catalog._stamps = lambda: {str(own / "top.py"): ()}  # type: ignore[method-assign]
        catalog.settle()
        reason = str(catalog.types()["top"].reason)
        return dict(json.loads(reason.removeprefix("KeyError: ").strip("'")))

    return ask


@pytest.fixture(params=["run", "describe"])
def reach(request: pytest.FixtureRequest) -> Reach:
    found: Reach = request.getfixturevalue(request.param)
    return found


def test_it_is_refused(reach: Reach, places: dict[str, str]) -> None:
    probes = {name: (how, what.format(**places)) for name, (how, what) in PROBES.items()}
    answers = reach(probes)
    allowed = {n: said for n, said in answers.items() if said not in ("PermissionError", "OSError")}
    assert answers.keys() == PROBES.keys() and not allowed


def test_it_is_refused_to_who_is_not_root(confined: ModuleType, ours: Path) -> None:
    """Each probe that needs no folder of another user, in a process that confined itself."""
    (ours / "hidden").mkdir()
    (ours / "own").mkdir()
    for path in (ours / "hidden" / "bellhop.db", ours / "config", ours / "elsewhere"):
        path.write_text("mine")
    given = confine.Bounds(
        [str(ours / "hidden"), str(ours / "config")], [], [str(ours / "own")], network=False
    )
    places = {
        "data": str(ours / "hidden"),
        "config": str(ours / "config"),
        "elsewhere": str(ours / "elsewhere"),
        "terminal": "/dev/tty1",
        "port": "1",
        "pid": str(os.getpid()),
    }
    for path in (ours, *ours.rglob("*")):
        os.chown(path, 65534, 65534)

    # So that all is imported that this user may not read.
    confined.use_pool("")
    confined.use_shared_memory("")
    "x".encode("idna")

    def try_all() -> bool:
        os.chdir(ours / "own")
        confine.confine(given.argument())
        said = {}
        for probe, (how, what) in PROBES.items():
            with confined.answered() as said[probe]:
                confined.REACHES[how](what.format(**places))
        reached = [probe for probe, answer in said.items() if answer == ["done"]]
        assert not reached, reached
        with confined.answered() as used:
            confined.use_shared_memory("")
            confined.use_pool("")
        return bool(used == ["done"])

    assert as_nobody(try_all)


@pytest.fixture
def confined() -> ModuleType:
    """The module with what job types try."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("confined", TYPES / "confined.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_may_use_what_libraries_use(reach: Reach) -> None:
    assert reach({"": ("everything", "")}) == {"": "done"}


def test_it_has_shared_memory_of_its_own(reach: Reach, tmp_path: Path) -> None:
    assert reach({"": ("leave", tmp_path.name)}) == {"": "done"}
    assert not (Path("/dev/shm") / tmp_path.name).exists()


def test_it_gives_no_shared_memory_where_there_are_no_namespaces(
    confined: ModuleType, ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(namespaces, "enter", lambda *_: False)

    def try_it() -> bool:
        confine.confine(confine.Bounds([str(ours)], [], [], network=False).argument())
        with confined.answered() as said:
            confined.REACHES["leave"]("bellhop-probe")
        with suppress(OSError):
            os.unlink("/dev/shm/bellhop-probe")
        return bool(said == ["PermissionError"])

    assert as_nobody(try_it)


def test_it_empties_what_is_masked(ours: Path) -> None:
    (ours / "keys").mkdir()
    for path in (ours / "keys" / "key", ours / "key"):
        path.write_text("secret")
    masked = (str(ours / "keys"), str(ours / "key"))
    hidden = ours / "hidden"

    def try_it() -> bool:
        given = confine.Bounds([str(hidden)], [], [], network=False, masked=masked)
        confine.confine(given.argument())
        return not (ours / "keys" / "key").exists() and (ours / "key").read_text() == ""

    assert as_nobody(try_it)


def test_it_holds_the_limits_of_the_bounds(ours: Path) -> None:
    (ours / "own").mkdir(mode=0o777)
    (ours / "own").chmod(0o777)
    # The stacks of threads of earlier tests count as data.
    (held_kb,) = re.findall(r"VmData:\s+(\d+) kB", Path("/proc/self/status").read_text())
    memory_mb = int(held_kb) // 1024 + 300
    own = [str(ours / "own")]
    given = confine.Bounds([], [], own, network=False, memory_mb=memory_mb, max_file_mb=1)

    def try_it() -> bool:
        confine.confine(given.argument())
        for kind in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE):
            with suppress(ValueError):
                resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        with suppress(MemoryError):
            return len(bytearray(400 << 20)) == 0
        try:
            (ours / "own" / "large").write_bytes(bytes(2 << 20))
        except OSError:
            return True
        return False

    assert as_nobody(try_it)


def test_it_says_what_is_enforced() -> None:
    assert set(confine.enforced()) == {"files", "network", "shared memory", "processes"}
    assert all(type(is_kept) is bool for is_kept in confine.enforced().values())
