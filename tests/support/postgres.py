"""A PostgreSQL for the tests: with TLS, standbys, crashes, and an end with the tests."""

from __future__ import annotations

import functools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

import pytest

from tests.support.certificates import certify
from tests.support.guarded import GuardedFolder
from tests.support.once import folder_made_by_one
from tests.support.running import Family, OnSqlite, wait_for

if TYPE_CHECKING:
    from tests.support.network import Host

OLDEST = 15
MISSING = f"PostgreSQL {OLDEST} or newer was not found: apt-get install postgresql"
ROLE, PASSWORD = "bellhop", "secret"
# Text sorts as in most installations, which is not the order of its bytes.
LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
ACCESS = """
local all,replication postgres trust
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
FROM_OTHERS = "hostssl all all samenet scram-sha-256\n"


class Postgres:
    """A cluster on 127.0.0.1, which keeps its port and its data over restarts until `close`.

    `ROLE` owns the databases and is not a superuser. `fast` is for tests about statements only:
    what it committed does not survive a power cut. `language`, such as "de", is that of its
    messages. `host` is one of a network, on which it runs and is reached by TLS alone. `settings`
    are those of postgresql.conf.
    """

    def __init__(
        self,
        *,
        fast: bool = False,
        upstream: Postgres | None = None,
        language: str = "",
        host: Host | None = None,
        **settings: str | int,
    ):
        self.port = unused_port()
        self._upstream, self._host = upstream, host
        self.address = host.address if host else "127.0.0.1"
        self._before = ("env", f"LANGUAGE={language}") if language else ()
        self._settings: dict[str, str | int] = {
            "listen_addresses": self.address,
            "ssl": "on",
            # A crash leaves nothing outside of the folder, and /dev/shm may be small.
            "dynamic_shared_memory_type": "mmap",
            **({"fsync": "off", "full_page_writes": "off"} if fast else {}),
            **({"lc_messages": "C.UTF-8"} if language else {}),
            **settings,
        }
        self._folder = GuardedFolder(host)
        self.data = self._folder.path / "data"
        self.certificate = self._folder.path / "ca.crt"
        self._socket = self._folder.path / "socket"
        self._log = self._folder.path / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._standbys: list[Postgres] = []

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Returns once it accepts connections; a standby accepts queries."""
        is_new = not self.data.exists()
        if is_new:
            self._copy(self._upstream) if self._upstream else self._create()
            shutil.copy(self.data / "ca.crt", self.certificate)
        place = ("-c", f"port={self.port}", "-c", f"unix_socket_directories={self._socket}")
        command = (*self._before, program("postgres"), "-D", self.data, *place)
        self._process = self._folder.start(*command, cwd=self.data, log=self._log)
        wait_for(self._is_ready)
        if is_new and not self._upstream:
            self.psql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'")

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def stop(self, mode: str = "fast") -> None:
        """End in order: `fast` ends sessions and writes all, `immediate` recovers at the start."""
        if self._process:
            self._process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
            self._process.wait(60)
            self._process = None

    def kill(self) -> None:
        """SIGKILL to the server and all its processes at once, as a crash of the machine would."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)  # it starts no more of them
            family = Family(self._process.pid)
            family.kill()
            self._process.wait()
            wait_for(lambda: not family.alive())
            self._process = None

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """End it and its standbys, and remove their data."""
        for standby in self._standbys:
            standby.close()
        self.stop("immediate")
        self._folder.close()

    def psql(self, sql: str, database: str = "postgres") -> list[str]:
        """The rows that the superuser gets for statements, as lines with | between columns."""
        to = ("-h", self._socket, "-p", str(self.port), "-U", "postgres", "-d", database)
        options = ("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1")
        return self._folder.run(program("psql"), *options, *to, given=sql).splitlines()

    def dump(self, database: str) -> str:
        """All that is in a database, as SQL."""
        to = ("-h", self._socket, "-p", str(self.port), "-U", "postgres", database)
        # Its first and last commands hold a word of each run's own.
        return re.sub(r"\\(un)?restrict .*", "", self._folder.run(program("pg_dump"), *to))

    def new_database(self, name: str, template: str = "template1") -> str:
        """The URL of a new database of `ROLE`, a copy of `template`, which nobody may be using."""
        self.psql(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Also ends the sessions in it."""
        self.psql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, database: str, *ports: int, tls: bool = True) -> str:
        """The URL of a database here, or behind the ports given, for `ROLE`.

        With several ports, such as that of a standby, it means the one that accepts writes.
        """
        hosts = ",".join(f"{self.address}:{port}" for port in ports or (self.port,))
        options = {"sslmode": "disable"}
        if tls:
            options = {"sslmode": "verify-full", "sslrootcert": str(self.certificate)}
        if len(ports) > 1:
            options["target_session_attrs"] = "read-write"
        return f"postgresql://{ROLE}:{PASSWORD}@{hosts}/{database}?{urlencode(options)}"

    def near(self, database: str) -> str:
        """The URL of a database for the superuser, past every network."""
        options = {"host": str(self._socket), "port": self.port, "user": "postgres"}
        return f"postgresql:///{database}?{urlencode(options)}"

    def standby(self, *, synchronous: bool) -> Postgres:
        """A running standby that has caught up; commits wait for it if it is synchronous."""
        standby = Postgres(upstream=self, host=self._host)
        self._standbys.append(standby)
        standby.start()
        self._let_catch_up(standby, synchronous=synchronous)
        return standby

    def rejoin(self, primary: Postgres) -> None:
        """Take part again, after a failover, as the synchronous standby of who was promoted.

        All that is here is thrown away, and comes from there.
        """
        shutil.rmtree(self.data)
        self._upstream = primary
        self.start()
        primary._let_catch_up(self, synchronous=True)

    def _let_catch_up(self, standby: Postgres, *, synchronous: bool) -> None:
        if synchronous:
            self.psql(f"ALTER SYSTEM SET synchronous_standby_names = '{_slot(standby)}'")
            self.psql("SELECT pg_reload_conf()")
        state = "sync" if synchronous else "async"
        seen = f"SELECT 1 FROM pg_stat_replication WHERE sync_state = '{state}' AND "
        this = f"state = 'streaming' AND application_name = '{_slot(standby)}'"
        wait_for(lambda: self.psql(seen + this))

    def promote(self) -> None:
        """Make a standby accept writes. Its upstream must not run any more."""
        assert self.psql("SELECT pg_promote()") == ["t"], self.log()

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _create(self) -> None:
        options = ("-U", "postgres", "--auth=trust", "--no-sync", *LOCALE)
        initdb = (program("initdb"), "-D", self.data, *options)
        folder_made_by_one("initdb", self.data, lambda: self._folder.run(*initdb))
        self._folder.run("mkdir", "-p", "-m", "700", self._socket)
        certify(self._folder, self.data, self._host.address if self._host else "")
        (self.data / "pg_hba.conf").write_text(ACCESS + (FROM_OTHERS if self._host else ""))
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in self._settings.items())

    def _copy(self, upstream: Postgres) -> None:
        self._folder.run("mkdir", "-p", "-m", "700", self._socket)
        source = f"host={upstream._socket} port={upstream.port} user=postgres"
        name = f"application_name={_slot(self)}"
        options = ("-c", "fast", "--no-sync", "-R", "-C", "-S", _slot(self))
        command = (program("pg_basebackup"), "-D", self.data, "-d", f"{source} {name}", *options)
        self._folder.run(*command)

    def _is_ready(self) -> bool:
        """Whether the server says so in its lock file, which a crash leaves behind."""
        assert self._process and self._process.poll() is None, self.log()
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(self._process.pid) and lines[7:8] == ["ready   "]


class Databases(OnSqlite):
    """A database on a server for each data folder, until it is dropped."""

    def __init__(self, server: Postgres):
        self._server, self._made = server, 0
        self._names: dict[Path, str] = {}

    def of(self, data: Path) -> str:
        """The URL of the database of a data folder, which is empty at first."""
        if data not in self._names:
            self._made += 1
            self._names[data] = f"data_{self._made}"
            self._server.new_database(self._names[data])
        return self._server.url(self._names[data])

    def copy(self, data: Path, to: Path) -> None:
        """The database of `to` becomes a copy of that of `data`, if there is one."""
        if data in self._names:
            self.of(to)
            self._server.drop_database(self._names[to])
            self._server.new_database(self._names[to], self._names[data])

    def drop_below(self, folder: Path) -> None:
        """Drop those of the data folders in a folder, and end the sessions in them."""
        for data in [data for data in self._names if data.is_relative_to(folder)]:
            self._server.drop_database(self._names.pop(data))


def _slot(standby: Postgres) -> str:
    """What a standby is called at its upstream."""
    return f"standby_{standby.port}"


def unused_port() -> int:
    """A port that no connection gets as its own, so that it is free after a restart of a server.

    A client that tries a port of the others for long enough connects to itself.
    """
    first_of_clients = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, max(first_of_clients, 11_000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


@functools.cache
def program(name: str) -> str:
    """The path of a program of the newest PostgreSQL; fails where there is none."""
    of_debian = [folder / name for folder in Path("/usr/lib/postgresql").glob("*/bin")]
    candidates = of_debian or [Path(shutil.which(name) or name)]
    found = [path for path in candidates if os.access(path, os.X_OK)]
    version, path = max(((_version(path), str(path)) for path in found), default=(0, ""))
    if version < OLDEST:
        pytest.fail(MISSING)
    return path


def _version(path: Path) -> int:
    printed = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", printed)
    return int(found[1]) if found else 0
