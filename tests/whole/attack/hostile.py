"""Hostile job code: named probes while it runs and while it is described, as root and as nobody."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import random
import re
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.nobody import NOBODY
from tests.support.places import ROOT
from tests.support.running import FINAL
from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import TYPES, Caller, Stage, can_be_nobody, stage

GROUPS = 12
DESCRIBED_LIMIT_S = 30.0
QUICK_ACTS, QUICK_ODDITIES = 6, 3
ACT_LIMIT_S = 100.0
HONEST_LIMIT_S = 20.0
MOST_READ = 1 << 16
IPC_PRIVATE, IPC_CREAT, IPC_RMID = 0, 0o1000, 0
LIBC = ctypes.CDLL(None, use_errno=True)
# What Bellhop writes itself; the rest of the data folder only changes for a job of its owner.
OWN_WRITES = re.compile(
    r"/data/(bellhop\.db|queue\.db|bell\.fifo|types\.json|address|consumers|scratch|incoming"
    r"|\w+\.lock)|/data/?$|__pycache__|/log$|/open(/|$)|/data/(uploads|results|logs)/?$"
)

KINDS = ("/data", "/data/uploads", "/data/results", "/data/logs")


def names_of_probes() -> list[str]:
    """The names as the file beside the hostile types has them, without running any here."""
    code = "import _changes, _reads, _reach, json; print(json.dumps(list(_reach.PROBES)))"
    return list(json.loads(_said(code)))


def names_of_acts() -> list[str]:
    """The same for what an item does as a whole."""
    return list(json.loads(_said("import _acts, json; print(json.dumps(list(_acts.ACTS)))")))


def _said(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=TYPES, capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
    )  # fmt: skip
    return done.stdout


class Scene:
    """A served stage with a victim's jobs, and everything that an attacker could reach for."""

    def __init__(self, on: Stage):
        self.on, self.token = on, on.mark("nowhere").lower()
        self.victim, self.attacker = on.caller("victor"), on.caller("mallory")
        self.admin = on.caller("ada")
        self._plant()

    def _plant(self) -> None:
        on = self.on
        (on.folder / "neighbour.txt").write_text(on.mark("a neighbour of the data folder"))
        closed = on.folder / "neighbours" / "closed"
        closed.mkdir(parents=True)
        (closed / "file.txt").write_text(on.mark("a neighbour's folder"))
        on.give(on.folder / "neighbours")
        closed.chmod(0o500)
        answer = self.victim.upload("honest_file", "a.txt", on.mark("an upload").encode())
        assert answer.status == 202, answer.body
        self.job = str(answer.json()["job_id"])
        self.texts = self.victim.submit("honest", on.mark("a result"), kind="text")
        for job in (self.job, self.texts):
            assert self.victim.final(job) == "completed"

    @contextlib.contextmanager
    def target(self) -> Iterator[None]:
        """Everything there is to reach for, written down for the attacker."""
        on = self.on
        held = self.victim.submit("busy", on.mark("the scratch folder of another"), kind="text")
        other = self._pid_of(held)
        shm = Path("/dev/shm") / f"victim-{self.token}"
        shm.write_text(on.mark("a file in /dev/shm"))
        if not on.is_root:
            os.chown(shm, NOBODY, NOBODY)
        shm.chmod(0o600)
        with _segment(on, on.mark("a segment of shared memory")) as segment, _server(self.token):
            pids = on.pids()
            known = {
                "folder": on.folder, "data": on.data, "token": self.token, "repository": ROOT,
                "consumer": pids["consumer"], "web": pids["web"], "parent": pids["parent"],
                "other": other, "shm": shm.name, "segment": segment, "port": self.victim.port,
                "upload": self._file("uploads", self.job), "log": self._file("logs", self.texts),
                "result": self._file("results", self.texts),
            }  # fmt: skip
            text = json.dumps({k: v if isinstance(v, int) else str(v) for k, v in known.items()})
            (on.folder / "types" / "target.json").write_text(text)
            on.give(on.folder / "types")
            try:
                yield
            finally:
                shm.unlink(missing_ok=True)
                self.victim.ask("POST", f"/jobs/{held}/cancel")

    def _file(self, kind: str, job: str) -> Path:
        return next(p for p in (self.on.data / kind / job).rglob("*") if p.is_file())

    def _pid_of(self, job: str) -> int:
        """The process of a job that runs: it works in a folder that holds what it was given."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for path in Path("/proc").glob("[0-9]*/cwd"):
                with contextlib.suppress(OSError):
                    folder = os.readlink(path)
                    if folder.startswith(str(self.on.folder)) and Path(folder, "held.txt").exists():
                        return int(path.parent.name)
            time.sleep(0.05)
        raise AssertionError(f"job {job} does not run: {self.victim.status(job)}")

    def honest(self, row: Row, when: str) -> None:
        """Everybody else's items go on, and give what they should."""
        began = time.monotonic()
        text = f"honest {when}"
        found = self.victim.tried(text, HONEST_LIMIT_S)
        row.expect(found == [{"text": text}], f"another's item gives {found} {when}")
        row.expect(
            time.monotonic() - began < HONEST_LIMIT_S, f"another's item takes too long {when}"
        )


@contextlib.contextmanager
def _segment(on: Stage, text: str) -> Iterator[int]:
    """A segment of System V shared memory of the user that Bellhop runs as."""
    made = LIBC.shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0o600)
    LIBC.shmat.restype = ctypes.c_void_p
    ctypes.memmove(LIBC.shmat(made, None, 0), text.encode(), len(text))
    if not on.is_root:
        status = ctypes.create_string_buffer(120)
        LIBC.shmctl(made, 2, status)
        words = (ctypes.c_uint32 * 30).from_buffer(status)
        words[1], words[2] = NOBODY, NOBODY
        LIBC.shmctl(made, 1, status)
    try:
        yield made
    finally:
        LIBC.shmctl(made, IPC_RMID, None)


@contextlib.contextmanager
def _server(name: str) -> Iterator[None]:
    """A neighbour on an abstract socket who gives a descriptor to whoever connects."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        server.settimeout(0.2)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection, open("/etc/hostname", "rb") as file:
                        socket.send_fds(connection, [b"x"], [file.fileno()])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            is_over.set()
            thread.join()


class Manifest:
    """What lies outside the bounds of an attacker, with what each file holds and who may use it."""

    def __init__(self, scene: Scene):
        self._scene = scene
        self.before = self._look()

    def _look(self) -> dict[str, tuple[Any, ...]]:
        folder = self._scene.on.folder
        found = dict(entries(folder, OWN_WRITES))
        ours = {"__pycache__"}
        for package in (ROOT / "bellhop").rglob("*"):
            if not ours & set(package.parts):
                status = package.lstat()
                found[str(package)] = (status.st_size, status.st_mtime_ns, status.st_mode)
        return found

    def changes(self) -> list[str]:
        """What is not as it was; what came belongs to jobs, and is judged by what they publish."""
        after = self._look()
        changed = [f"{path} is gone" for path in self.before if path not in after]
        changed += [
            f"{path} is not what it was"
            for path, was in self.before.items()
            if path in after and after[path] != was
        ]
        made = [path for path in after if path not in self.before]
        foreign = [path for path in made if not any(f"{kind}/" in path for kind in KINDS[1:])]
        return changed + [f"{path} was made" for path in foreign]

    def strays(self) -> list[str]:
        """Files that the probes made elsewhere; they are removed."""
        token, found = self._scene.token, []
        places = ("/tmp", "/var/tmp", "/dev/shm", "/etc", "/etc/cron.d", "/var/spool/cron", "/run",
                  "/etc/systemd/system", "/root", str(ROOT / "bellhop/jobtypes/__pycache__"),
                  *[folder for folder in sys.path if folder.endswith("-packages")])  # fmt: skip
        for place in map(Path, places):
            if place.is_dir():
                names = [p for p in place.iterdir() if token in p.name and "victim" not in p.name]
                found += names
        for path in found:
            path.unlink()
        return [f"{path} was made" for path in found]


def entries(folder: Path, but: re.Pattern[str]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """What lies in a folder, without what Bellhop writes itself."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            if but.search(f"/{path.relative_to(folder)}"):
                continue
            status, content = path.lstat(), ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            yield str(path), (content, status.st_mode, status.st_uid, status.st_gid)
        at = [f"/{Path(place, name).relative_to(folder)}" for name in folders]
        folders[:] = [name for name, path in zip(folders, at, strict=True) if not but.search(path)
                      or path.endswith(KINDS)]  # fmt: skip


def attack(plan: Plan) -> list[Row]:
    """One row for each user that Bellhop can run as."""
    return [_attack_as(plan, is_root) for is_root in _users()]


def _users() -> list[bool]:
    """Whether Bellhop shall run as root, for each user to try; else it is nobody, or who tests."""
    return [False, True] if can_be_nobody() else [True]


def _attack_as(plan: Plan, is_root: bool) -> Row:
    probes, acts, oddities = names_of_probes(), names_of_acts(), dict(ODDITIES)
    if plan.is_quick:
        order = random.Random(plan.seed)
        acts = [] if is_root and len(_users()) > 1 else order.sample(acts, QUICK_ACTS)
        oddities = {} if not acts else dict(order.sample(sorted(ODDITIES.items()), QUICK_ODDITIES))
    user = "root" if is_root and os.geteuid() == 0 else "a plain user"
    row = Row(f"hostile job code, as {user}", "0 reads or changes outside its bounds")
    with stage(is_root=is_root) as on:
        assert on.serve_quietly(), on.log()
        scene = Scene(on)
        before = on.pids()
        with scene.target():
            manifest = Manifest(scene)
            run_probes(scene, row, probes)
            describe_probes(scene, row, probes)
            run_acts(scene, row, acts, plan)
        describe_oddities(scene, row, oddities)
        scene.honest(row, "after all attacks")
        row.misses += manifest.changes() + manifest.strays()
        row.expect(on.pids() == before, "a process of the server was replaced")
        for place in (*row.misses,):
            row.expect(not on.leaked(place), f"a secret got out: {on.leaked(place)}")
        row.misses += [f"the log holds {where}" for where in on.leaked(on.log())]
        row.expect("\x1b" not in on.log(), "the log holds escapes of a terminal")
    row.found = f"{len(row.misses)} of {2 * len(probes) + len(acts) + len(oddities)}"
    return row


def run_probes(scene: Scene, row: Row, names: list[str]) -> None:
    """Each probe while an item runs."""
    size = -(-len(names) // GROUPS)
    items = [{"names": names[at : at + size]} for at in range(0, len(names), size)]
    said: dict[str, str] = {}
    for data in scene.attacker.done("probes", *items, limit_s=ACT_LIMIT_S):
        said |= data if isinstance(data, dict) else {}
    judge(row, "runs", names, said)


def describe_probes(scene: Scene, row: Row, names: list[str]) -> None:
    """Each probe at the top of a type file, while it is described."""
    folder = scene.on.folder / "types"
    size = -(-len(names) // GROUPS)
    groups = {n: names[at : at + size] for n, at in enumerate(range(0, len(names), size))}
    for number, group in groups.items():
        (folder / f"described{number}.py").write_text(DESCRIBED.format(names=group, group=number))
    scene.on.give(folder)
    said: dict[str, str] = {}
    limit = time.monotonic() + DESCRIBED_LIMIT_S
    while len(said) < len(names) and time.monotonic() < limit:
        time.sleep(0.3)
        known = types_of(scene.attacker)
        for number, group in groups.items():
            for index, name in enumerate(group):
                if found := known.get(f"said_{number}_{index}"):
                    said[name] = found["label"]
    judge(row, "is described", names, said)
    for number in groups:
        (folder / f"described{number}.py").unlink()


DESCRIBED = '''"""Described by probes."""
import _changes, _reads, _reach
from bellhop import job_type

def make(number, name, said):
    def function(text: str, context):
        return {{}}
    function.__name__ = f"said_{group}_{{number}}"
    return job_type(label=said[:150])(function)

for number, (name, said) in enumerate(_reach.every({names!r}).items()):
    globals()[f"said{{number}}"] = make(number, name, said)
'''


def types_of(caller: Caller) -> dict[str, Any]:
    answer = caller.get("/types")
    return {t["type"]: t for t in answer.json()["types"]} if answer.status == 200 else {}


def judge(row: Row, when: str, names: list[str], said: dict[str, str]) -> None:
    for name in names:
        words = said.get(name, "no answer")
        row.expect(words.startswith("held"), f"{name}, while it {when}: {words[:100]}")


def run_acts(scene: Scene, row: Row, names: list[str], plan: Plan) -> None:
    """Each act as an item of its own; then what came of it is read as its owner may."""
    jobs: dict[str, str] = {}
    for name in names:
        kind = "brief_act" if name in BRIEF else "act"
        data: dict[str, Any] = {"name": name, "token": scene.token, "other": scene.texts}
        data["count"] = 2000 if plan.is_quick else 100_000
        jobs[name] = scene.attacker.submit(kind, data)
    deadline = time.monotonic() + ACT_LIMIT_S
    for name, job in jobs.items():
        status = scene.attacker.final(job, max(1.0, deadline - time.monotonic()))
        row.expect(status in FINAL or name in WAIT, f"{name}: it is still {status}")
        if name in MUST_FAIL:
            row.expect(status == "failed", f"{name}: it is {status}")
        row.misses += [f"{name}: {miss}" for miss in looked_at(scene, job)]
    scene.honest(row, "after the acts")
    kept = [j for n, j in jobs.items() if n == "publishes a file and keeps it open"]
    for job in kept:
        content = scene.attacker.get(f"/jobs/{job}/items/0/files/kept.txt").body
        row.expect(content == b"published", f"a published file became {content[:20]!r}")


# They ask to run later, and end after a day.
WAIT = {
    "raises another try in no time", "raises another try at the end of time",
    "raises another try before now",
}  # fmt: skip
BRIEF = {
    "replaces what its process runs with",
    "stops itself", "raises what is never told to the end", "starts threads without end",
    "forges bytes",
}  # fmt: skip
MUST_FAIL = {
    "fills memory", "fills memory in spite of its limit", "fills /dev/shm",
    "fills a file in memory", "fills shared pages", "fills memory in many processes",
}  # fmt: skip


def looked_at(scene: Scene, job: str) -> list[str]:
    """What is wrong with anything that its owner can read of a job."""
    caller, wrong = scene.attacker, []
    paths = ("", "/items", "/result", "/events?include=traceback", "/items/0/log", "/deliveries")
    for path in paths:
        answer = caller.get(f"/jobs/{job}{path}")
        if answer.status in (0, 500, 503):
            wrong.append(f"GET {path or '/'} answers {answer.status}")
        wrong += [f"GET {path or '/'} tells {where}" for where in scene.on.leaked(answer.body)]
        if path == "/items" and answer.status == 200:
            for item in answer.json()["items"]:
                wrong += _files(scene, item["files"] or [])
    return wrong


def _files(scene: Scene, files: list[dict[str, Any]]) -> list[str]:
    wrong = []
    for file in files[:60]:
        url = file["url"].partition("/api/v1")[2]
        answer = scene.attacker.ask("GET", url, Range=f"bytes=0-{MOST_READ}")
        if answer.status in (0, 500, 503):
            wrong.append(f"its file {file['name']!r:.60} answers {answer.status}")
        wrong += [f"its file {file['name']!r} holds {w}" for w in scene.on.leaked(answer.body)]
        if answer.body.startswith(b"SQLite format 3"):
            wrong.append(f"its file {file['name']!r} is a database")
    return wrong


HEAD = "from bellhop import job_type, Context\nimport os, sys, time\n"
TYPE = "@job_type(label={label}, {more})\ndef {name}(text: str, context: Context, *, a: int = {default}) -> dict:\n    {doc}\n    return {{}}\n"  # noqa: E501


def _type(name: str, label: str = "'x'", more: str = "", default: str = "1", doc: str = "") -> str:
    return HEAD + TYPE.format(name=name, label=label, more=more, default=default, doc=repr(doc))


ODDITIES = {
    "a label of 50 MB": _type("odd", "'x' * 50_000_000"),
    "a docstring of 5 MB": _type("odd", doc="d" * 5_000_000),
    "a label with escapes": _type("odd", r"'\x1b[2J\u202egnp\r\nx'"),
    "a label that is no text": _type("odd", "object()"),
    "a label nested deep": _type("odd", "eval('[' * 90 + ']' * 90)"),
    "a default that is NaN": _type("odd", default="float('nan')"),
    "a default of 5,000 digits": _type("odd", default="10 ** 4999"),
    "a limit that is NaN": _type("odd", more="timeout_s=float('nan')"),
    "a limit without end": _type("odd", more="timeout_s=float('inf'), memory_mb=10**30"),
    "a limit below nothing": _type("odd", more="timeout_s=-1, memory_mb=-1"),
    "100,000 delays": _type("odd", more="delays_s=[0.0] * 100_000"),
    "a delay that is none": _type("odd", more="delays_s=['x', None, float('nan')]"),
    "100,000 suffixes": _type("odd", more="accepts=['.x%d' % n for n in range(100_000)]"),
    "a suffix that is none": _type("odd", more="accepts=['../../x', 5]"),
    "a queue that is none": _type("odd", more="queue=['x']"),
    "a viewer that leads away": _type("odd", more="viewer='../../../config'"),
    "a package that is none": _type("odd", more="requires={5: object()}"),
    "settings that are none": _type("odd", more="settings={'a\\nb': object(), 7: str}"),
    "10,000 types": HEAD + "for n in range(10_000):\n    def f(text: str, context: Context): ...\n"
    "    f.__name__ = f't{n}'; globals()[f't{n}'] = job_type(label='x')(f)\n",
    "an end of the process": "import os\nos._exit(0)\n",
    "a crash": "import ctypes\nctypes.string_at(0)\n",
    "an exit": "raise SystemExit('\\x1b[2J')\n",
    "a loop": "while True: pass\n",
    "an error that is never told": "class E(Exception):\n    def __str__(self):\n        while 1: pass\nraise E\n",  # noqa: E501
    "an error of 50 MB": "raise RuntimeError('x' * 50_000_000)\n",
    "output without end": "import os\nwhile True: os.write(1, b'x' * 65536)\n",
    "output on every descriptor": "import os\nfor n in range(1, 30):\n    try: os.write(n, b'{\"types\": [], \"error\": null}')\n    except OSError: pass\nos._exit(0)\n",  # noqa: E501
    "no descriptors": "import os\nos.closerange(0, 100)\n",
    "a process that stays": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork(): os._exit(0)\n    os.execv('/bin/sleep', ['TOKEN', '300'])\n",  # noqa: E501
    "memory without end": "x = []\nwhile True: x.append(bytearray(10**8))\n",
    "bytes that are no text": "\udcff = 1\n",
    "nothing": "",
}  # fmt: skip


def describe_oddities(scene: Scene, row: Row, oddities: dict[str, str]) -> None:
    """Files that describe themselves as nothing should: only they are unavailable."""
    if not oddities:
        return
    folder = scene.on.folder / "types"
    for number, text in enumerate(oddities.values()):
        named = text.replace("def odd(", f"def odd{number}(").replace("TOKEN", f"atk{scene.token}")
        (folder / f"odd{number}.py").write_bytes(named.encode("utf-8", "surrogateescape"))
    scene.on.give(folder)
    time.sleep(7)  # each has 5 s
    began = time.monotonic()
    answer = scene.attacker.get("/types")
    row.expect(answer.status == 200, f"the types answer {answer.status} after odd files")
    row.expect(len(answer.body) <= 8 << 20, f"the types are {len(answer.body):,} bytes")
    row.expect(time.monotonic() - began < 5, "the types take too long")
    if answer.status == 200:
        known = {t["type"]: t for t in answer.json()["types"]}
        for name in ("honest", "act", "word_count"):
            row.expect(known.get(name, {}).get("available"), f"{name} is no more available")
    page = scene.attacker.get("//").status
    row.expect(page in (200, 303), f"the page answers {page} after odd files")
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().startswith(f"atk{scene.token}".encode()):
                row.misses.append("a process outlives the description that started it")
                os.kill(int(path.parent.name), 9)
    scene.honest(row, "after odd files")
    for number in range(len(oddities)):
        (folder / f"odd{number}.py").unlink()
