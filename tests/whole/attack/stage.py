"""An installation to attack: accounts, a victim's jobs, planted secrets, and who asks over HTTP."""

from __future__ import annotations

import atexit
import contextlib
import functools
import http.client
import json
import os
import secrets
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.nobody import NOBODY
from tests.support.places import ROOT
from tests.support.running import FINAL, Running, is_alive, readline, wait_for

TYPES = Path(__file__).parent / "types"
API = "/api/v1"
PASSWORDS = {name: f"correct horse of {name} 42" for name in ("ada", "mallory", "victor")}
ROLES = {"ada": "admin", "mallory": "member", "victor": "member"}
LOG_SHOWN = 6000
START_LIMIT_S = 60.0
CONFIG = """# {marker}
[limits]
requests_per_minute = 0
[jobtypes]
folder = types
writable = open
[queue:attack]
workers = 3
timeout_s = 60
memory_mb = 512
[queue:honest]
workers = 1
timeout_s = 5
"""


@dataclass(frozen=True)
class Answer:
    """What came back: `status` 0 when the connection failed."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Somebody who asks over HTTP, with a connection for each request."""

    def __init__(self, url: str, token: str = "", **headers: str):
        split = urlsplit(url)
        self.host, self.port = str(split.hostname), int(split.port or 80)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.headers |= headers

    def ask(
        self, method: str, path: str, document: Any = None, limit_s: float = 30.0, **headers: str
    ) -> Answer:
        """One request; an address below the API unless it begins with `//`."""
        target = path[1:] if path.startswith("//") else API + path
        sent, body = {**self.headers, **headers}, None
        if document is not None:
            sent["Content-Type"], body = "application/json", json.dumps(document)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=limit_s)
        try:
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, b"")
        finally:
            connection.close()

    def get(self, path: str, limit_s: float = 30.0) -> Answer:
        return self.ask("GET", path, limit_s=limit_s)

    def submit(self, type: str, *items: Any, kind: str = "json", **more: Any) -> str:
        """The id of a new job; fails where it is refused."""
        document = {"type": type, "items": [{kind: item} for item in items], **more}
        answer = self.ask("POST", "/jobs", document)
        assert answer.status == 202, (answer.status, answer.body[:500])
        return str(answer.json()["job_id"])

    def upload(self, type: str, name: str, content: bytes) -> Answer:
        """The answer to a form with one file."""
        mark = secrets.token_hex(8)
        head = f'--{mark}\r\nContent-Disposition: form-data; name="'
        body = f'{head}type"\r\n\r\n{type}\r\n{head}files"; filename="{name}"\r\n\r\n'.encode()
        body += content + f"\r\n--{mark}--\r\n".encode()
        headers = {**self.headers, "Content-Type": f"multipart/form-data; boundary={mark}"}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request("POST", f"{API}/jobs", body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        except (OSError, http.client.HTTPException):
            return Answer(0, {}, b"")
        finally:
            connection.close()

    def status(self, job_id: str) -> str:
        answer = self.get(f"/jobs/{job_id}")
        return str(answer.json()["status"]) if answer.status == 200 else f"HTTP {answer.status}"

    def final(self, job_id: str, limit_s: float = 60.0) -> str:
        """The status of a job once it is final, or the one it has when the time is over."""
        deadline = time.monotonic() + limit_s
        while (status := self.status(job_id)) not in FINAL and time.monotonic() < deadline:
            time.sleep(0.03)
        return status

    def tried(self, text: str, limit_s: float) -> object:
        """What an honest item gives, or why it was refused."""
        try:
            return self.done("honest", text, kind="text", limit_s=limit_s)
        except AssertionError as refused:
            return str(refused)[:100]

    def done(self, type: str, *items: Any, limit_s: float = 60.0, **more: Any) -> list[Any]:
        """The data of each item of a new job; of one that did not complete, its error as text."""
        job_id = self.submit(type, *items, **more)
        self.final(job_id, limit_s)
        answer = self.get(f"/jobs/{job_id}/items?limit=200")
        items = answer.json()["items"] if answer.status == 200 else []
        return [
            item["data"] if item["status"] == "completed" else str(item["error"]) for item in items
        ]


class Stage(Running):
    """An installation with accounts, as root or as nobody; `markers` are secrets it holds."""

    def __init__(self, folder: Path, *, is_root: bool = True, config: str = CONFIG):
        self.folder, self.is_root = folder, is_root or not can_be_nobody()
        self.markers: dict[str, str] = {}
        self.token_of: dict[str, str] = {}
        folder.chmod(0o755)
        for name in ("types", "open"):
            (folder / name).mkdir()
        for path in TYPES.glob("*.py"):
            shutil.copy(path, folder / "types")
        (folder / "config.ini").write_text(config.format(marker=self.mark("config.ini")))
        (folder / "config.ini").chmod(0o600)
        super().__init__(folder)
        for name in ("BELLHOP_JOBTYPES_FOLDER", "BELLHOP_JOBTYPES_WRITABLE"):
            del self.environment[name]
        self.environment["BELLHOP_CONFIG"] = str(folder / "config.ini")
        self.environment["ATTACK_SECRET"] = self.mark("the environment of the server")
        self.environment["HOME"] = str(folder)
        self.know_types()
        self.give(folder)

    def mark(self, where: str) -> str:
        """A secret that nobody else knows, planted at `where`."""
        self.markers[where] = f"sEcReT{secrets.token_hex(8)}"
        return self.markers[where]

    def give(self, path: Path) -> None:
        """Let everything at `path` belong to the user that Bellhop runs as."""
        if not self.is_root:
            for each in (path, *path.rglob("*")):
                os.chown(each, NOBODY, NOBODY, follow_symlinks=False)

    def start(self, *command: str) -> subprocess.Popen[str]:
        with (self.folder / "log").open("a") as log:
            process = subprocess.Popen(
                self._words(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, env=self.environment, text=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def run(
        self, *command: str, given: str = "", limit_s: float = START_LIMIT_S
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._words(*command), input=given, capture_output=True, env=self.environment,
            text=True, timeout=limit_s,
        )  # fmt: skip

    def _words(self, *command: str) -> list[str]:
        config = ["--config", str(self.folder / "config.ini")]
        words = [sys.executable, str(ROOT / "app.py"), *config, *command]
        return [*as_usual(), *words] if self.is_root else [*as_nobody(), *words]

    def add_accounts(self) -> None:
        """An admin, an attacker and a victim, each with a password and a token."""
        folder, self.token_of = _accounts()
        self.take(folder)
        self.give(self.data)
        self.markers["the token of the admin"] = self.token_of["ada"]
        ((password,),) = self.query("SELECT password FROM account WHERE name = 'ada'")
        self.markers["the password hash of the admin"] = password.rpartition("$")[2]

    def serve_quietly(self) -> bool:
        """Web and consumer under one parent; whether they came up."""
        process = self.start()
        self.ready_line = readline(process)
        return self.ready_line.startswith("Bellhop is ready at ")

    def caller(self, name: str = "", **headers: str) -> Caller:
        return Caller(self.url, self.token_of.get(name, ""), **headers)

    def pids(self) -> dict[str, int]:
        """The processes of the server by what they are."""
        top = self.processes[-1].pid
        found = {"parent": top}
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
                words = (path / "cmdline").read_text().split("\0")
                for half in ("web", "consumer"):
                    if parent == top and half in words:
                        found[half] = int(path.name)
        return found

    def rss_mb(self, half: str) -> float:
        """What a half holds in memory, in MiB."""
        text = Path(f"/proc/{self.pids()[half]}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1024

    def leaked(self, text: bytes | str) -> list[str]:
        """The planted secrets that stand in a text."""
        content = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        return [where for where, marker in self.markers.items() if marker.encode() in content]

    def kill_all(self) -> None:
        """End everything of this installation at once, and wait until it is gone."""
        pids = self.descendants()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        for process in self.processes:
            process.kill()
            process.wait()
        wait_for(lambda: not any(is_alive(pid) for pid in pids))


@functools.cache
def _accounts() -> tuple[Path, dict[str, str]]:
    """A data folder with the accounts, made once, and their tokens by name."""
    kept, tokens = Path(tempfile.mkdtemp(prefix="bellhop-attack-")), {}
    atexit.register(remove, kept)
    with stage(accounts=False) as on:
        for name, password in PASSWORDS.items():
            command = ("user", "add", name, "--role", ROLES[name], "--password-stdin")
            added = on.run(*command, given=f"{password}\n")
            assert added.returncode == 0, added.stderr
            tokens[name] = on.run("token", "add", name, "--days", "0").stdout.strip()
        shutil.copytree(on.data, kept, dirs_exist_ok=True)
        Running.databases.copy(on.data, kept)
    return kept, tokens


def as_usual() -> list[str]:
    """The command that runs another with what a machine with systemd has mounted, for it alone."""
    mount = 'mount -t tracefs none /sys/kernel/tracing 2>/dev/null; exec "$@"'
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


def as_nobody() -> list[str]:
    """The command that runs another as nobody, also with a Python that lies where only root may go.

    Such a Python is mounted, for that command alone, below a folder that everybody may pass.
    """
    user = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
    home = Path(sys.base_prefix)
    closed = next(
        (up for up in (home, *home.parents) if not up.stat().st_mode & stat.S_IXOTH), None
    )
    if closed is None:
        return user
    script = (
        'umask 022 && mount --bind "$1" /mnt && mount -t tmpfs -o mode=755 none "$2" && '
        'mkdir -p "$1" && '
        'mount --move /mnt "$1" && shift 2 && exec "$@"'
    )
    return ["unshare", "--mount", "sh", "-c", script, "sh", str(home), str(closed), *user]


@functools.cache
def can_be_nobody() -> bool:
    """Whether this is root, and may run Python as nobody: some containers do not let it."""
    if os.geteuid() != 0:
        return False
    command = [*as_nobody(), sys.executable, "-c", ""]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def stage(*, is_root: bool = True, config: str = CONFIG, accounts: bool = True) -> Iterator[Stage]:
    """A `Stage` in a folder of its own; nothing of it is left afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bellhop-attack-"))
    made = Stage(folder, is_root=is_root, config=config)
    try:
        if accounts:
            made.add_accounts()
        yield made
    except Exception as error:
        error.add_note(f"the log ends with\n{made.log()[-LOG_SHOWN:]}")
        raise
    finally:
        made.stop()
        for pid in made.descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        remove(folder)


def remove(folder: Path) -> None:
    """Remove a folder however deep and locked what hostile code left in it is."""
    subprocess.run(["chmod", "-R", "u+rwx", str(folder)], capture_output=True, check=False)
    subprocess.run(["rm", "-rf", str(folder)], capture_output=True, check=False)
