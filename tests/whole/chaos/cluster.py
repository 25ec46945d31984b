"""A database that fails: a primary, its synchronous standby, and the network to both."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Self

from tests.support.network import Host
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.running import wait_for

NAME = "bellhop"
COMMITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
SESSIONS = f"""SELECT pid FROM pg_stat_activity
    WHERE datname = '{NAME}' AND application_name = 'bellhop' ORDER BY random()"""
RECEIVER = "SELECT pid FROM pg_stat_wal_receiver"
IN_STEP = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' AND state = 'streaming'"
# Of the statistics, which a crash forgets, and of the log, which it does not.
COUNTED = f"SELECT deadlocks FROM pg_stat_database WHERE datname = '{NAME}'"
LOGGED = "deadlock detected"
# A standby tries this soon again to reach a primary that was restarted; it is 5 s otherwise, for
# which every commit waits.
RECONNECTS = "100ms"
COMMIT_LIMIT_S = 5.0


class Cluster:
    """Two servers, of which one is the primary; `url` names both, with TLS, and means that one.

    Each is reached through a network of its own, or both run on one host, whose network is cut
    instead. Commits wait for the standby, but not between `promote` and `mend`, when there is none.
    """

    def __init__(self, host: Host | None = None) -> None:
        self._host, self._ways = host, dict[Postgres, Proxy]()
        self._stack = contextlib.ExitStack()
        self.swallowed = 0  # answers to a COMMIT
        self.is_cut = False

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            server = Postgres(host=self._host, wal_retrieve_retry_interval=RECONNECTS)
            self.primary = stack.enter_context(server)
            self.primary.new_database(NAME)
            self.standby = self.primary.standby(synchronous=True)
            self._servers = (self.primary, self.standby)
            if not self._host:
                for server in self._servers:
                    self._ways[server] = stack.enter_context(Proxy(server.port))
            ways = [self._ways.get(server, server) for server in self._servers]
            self.url = self.primary.url(NAME, *(way.port for way in ways))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def address(self) -> str:
        """The URL of the primary, past the networks."""
        return self.primary.near(NAME)

    def kill(self, pause_s: float) -> None:
        """SIGKILL to the primary, as a crash of its machine, and a start after a pause."""
        self.primary.kill()
        time.sleep(pause_s)
        self.primary.start()

    def kill_session(self) -> None:
        """SIGKILL to the process of one session; the primary then ends all, and recovers."""
        pid = int(wait_for(lambda: self.primary.psql(SESSIONS))[0])
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self._accepts(pid))

    def stop(self, pause_s: float) -> None:
        """An orderly restart of the primary."""
        self.primary.stop()
        time.sleep(pause_s)
        self.primary.start()

    def promote(self, *, is_planned: bool) -> None:
        """The standby takes the place of the primary, which was stopped or has crashed."""
        self.primary.stop() if is_planned else self.primary.kill()
        self.standby.promote()
        self.primary, self.standby = self.standby, self.primary

    def mend(self) -> None:
        """Returns once there is a synchronous standby, which is made anew after a promotion."""
        if not self.standby.is_running:
            self.standby.rejoin(self.primary)
        wait_for(lambda: self.primary.psql(IN_STEP))

    def cut(self, seconds: float) -> None:
        """Nothing arrives at the primary, and nothing from it, for a while."""
        self._ways[self.primary].cut()
        self.is_cut = True
        time.sleep(seconds)
        self.is_cut = False
        self._ways[self.primary].heal()

    def reset(self) -> None:
        """Break all connections to the primary."""
        self._ways[self.primary].reset()

    def swallow_commits(self) -> None:
        """Lose the answers to the COMMITs under way, which are made, and all connections.

        What is encrypted cannot be told apart by the network, so the standby stands still until
        there are COMMITs that wait for it.
        """
        way, (receiver,) = self._ways[self.primary], wait_for(lambda: self.standby.psql(RECEIVER))
        os.kill(int(receiver), signal.SIGSTOP)
        try:
            with contextlib.suppress(AssertionError):  # nobody writes now
                wait_for(self._commits, COMMIT_LIMIT_S)
            way.cut_one_way("to client")
            self.swallowed += self._commits()
        finally:
            os.kill(int(receiver), signal.SIGCONT)
        wait_for(lambda: not self._commits())
        way.reset()
        way.heal()

    def deadlocks(self) -> int:
        """How many there were on either server, ever."""
        counted = sum(int(s.psql(COUNTED)[0]) for s in self._servers if s.is_running)
        return max(counted, sum(server.log().count(LOGGED) for server in self._servers))

    def keep_rows(self, folder: Path) -> None:
        """Leave what happened, and the logs of both servers, in a folder."""
        for server in self._servers:
            (folder / f"postgres-{server.port}.log").write_text(server.log())
        for table in ("job", "item", "event") if self.primary.is_running else ():
            rows = self.primary.psql(f"COPY {table} TO STDOUT WITH (FORMAT csv, HEADER)", NAME)
            (folder / f"{table}.csv").write_text("\n".join(rows))

    def _commits(self) -> int:
        """How many have been made here and not yet there."""
        return int(self.primary.psql(COMMITS)[0])

    def _accepts(self, dead: int) -> bool:
        with contextlib.suppress(AssertionError):
            return str(dead) not in self.primary.psql(SESSIONS)
        return False
