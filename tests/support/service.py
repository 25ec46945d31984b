"""What keeps a Bellhop alive, as systemd does."""

from __future__ import annotations

import contextlib
import subprocess
import threading

from tests.support.running import Running

RESTART_PAUSE_S = 0.1  # RestartSec of systemd.service(5)
STOP_LIMIT_S = 30.0


class Service:
    """Keeps the parent alive, whatever ends it, until `stop` or `let_go`.

    It starts one, unless it is given the first.
    """

    def __init__(self, bellhop: Running, first: subprocess.Popen[str] | None = None):
        self._bellhop = bellhop
        self._stopping = threading.Event()
        self._process = first or bellhop.start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    @property
    def parent(self) -> int:
        return self._process.pid

    def let_go(self) -> None:
        """Start no other when this one ends."""
        self._stopping.set()

    def stop(self) -> int:
        """Stop orderly; the exit status."""
        self.let_go()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            self._process.kill()
            self._thread.join()
        return self._process.returncode

    def _keep(self) -> None:
        # It ends also by itself: a start is refused while a dead one's web still holds the port.
        while True:
            self._process.wait()
            if self._stopping.wait(RESTART_PAUSE_S):
                return
            self._process = self._bellhop.start()
