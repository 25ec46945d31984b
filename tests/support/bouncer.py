"""A PgBouncer for the tests, which ends with them."""

from __future__ import annotations

import os
import shutil
import socket
from typing import Self

import pytest

from tests.support.guarded import GuardedFolder
from tests.support.postgres import PASSWORD, ROLE, Postgres, unused_port
from tests.support.running import wait_for

MISSING = "PgBouncer was not found: apt-get install pgbouncer"
# As it is installed, but for these. Its default for `pool_mode` is session.
SETTINGS = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = {folder}/users.txt
client_tls_sslmode = allow
client_tls_cert_file = {data}/server.crt
client_tls_key_file = {data}/server.key
"""


class Bouncer:
    """In front of a running server, in transaction mode; `server.url(name, bouncer.port)`.

    `settings` are further ones of pgbouncer.ini.
    """

    def __init__(self, server: Postgres, **settings: str):
        self.port = unused_port()
        self._server, self._settings = server, settings

    def __enter__(self) -> Self:
        path = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
        if path is None:
            pytest.fail(MISSING)
        self._guarded = GuardedFolder()
        folder, log = self._guarded.path, self._guarded.path / "log"
        places = {"server": self._server.port, "data": self._server.data, "folder": folder}
        further = "".join(f"{name} = {value}\n" for name, value in self._settings.items())
        text = SETTINGS.format(port=self.port, **places) + further
        written = {"users.txt": f'"{ROLE}" "{PASSWORD}"\n', "settings.ini": text}
        for name, content in written.items():
            (folder / name).write_text(content)
            (folder / name).chmod(0o644)  # another user reads them, whatever the umask is
        self._process = self._guarded.start(path, folder / "settings.ini", cwd=folder, log=log)
        try:
            wait_for(self._listens)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._guarded.close()

    def _listens(self) -> bool:
        assert self._process.poll() is None, (self._guarded.path / "log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
