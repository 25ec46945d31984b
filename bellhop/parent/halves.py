"""One half of Bellhop, web or consumer, as its parent has it."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import time

from bellhop.base.errors import said_of
from bellhop.reloading.handed import READY
from bellhop.system import children

MOST_SAID_BYTES = 65536
FIRST_BACKOFF_S = 0.1
MOST_BACKOFF_S = 10.0
# A child that was ready this long starts with the first back-off again: it was killed, and
# people wait for it. One that dies on its way up is given more and more time.
STEADY_S = 0.5
log = logging.getLogger("bellhop.supervisor")


class Child:
    """One half, web or consumer, and when it may be started again."""

    def __init__(self, name: str, command: list[str], pass_fds: tuple[int, ...] = ()):
        self.name, self._command, self._pass_fds = name, command, pass_fds
        self.is_ready = self.was_ready = False
        # The number of the last reload that it has heard of, and why it took nothing.
        self.heard = (0, "")
        self.process: subprocess.Popen[bytes] | None = None
        self.ready_fd = -1
        self.exit_status = 0
        self._sent: set[int] = set()
        self.start_at = 0.0
        self._ready_at = float("inf")
        self._backoff_s = FIRST_BACKOFF_S

    def start(self) -> bool:
        """Start it; False, and later again, where that cannot be done now."""
        try:
            self.process, self.ready_fd = self._started()
        except OSError as error:
            log.error("%s cannot be started: %s", self.name, said_of(error))
            self._back_off()
            return False
        self._sent.clear()
        self._ready_at = float("inf")
        return True

    def _started(self) -> tuple[subprocess.Popen[bytes], int]:
        """Its process, and the descriptor of what that says."""
        heard, said = os.pipe()
        try:
            started = children.start(
                [*self._command, "--ready-fd", str(said)],
                stdin=subprocess.PIPE,
                stdout=2,  # stdout belongs to the one line of the parent
                pass_fds=(said, *self._pass_fds),
                start_new_session=True,  # Ctrl-C reaches the parent alone
            )
        except OSError:
            os.close(heard)
            raise
        finally:
            os.close(said)
        return started, heard

    def hear(self) -> bool:
        """Take what the child said; False when it has died."""
        if said := os.read(self.ready_fd, MOST_SAID_BYTES):
            for line in said.decode().splitlines():
                self._take(line)
            return True
        assert self.process is not None
        self.exit_status = self.process.wait()
        children.end_strangers()  # what a dead consumer left
        self.close()
        if time.monotonic() - self._ready_at > STEADY_S:
            self._backoff_s = FIRST_BACKOFF_S
        # One that has just been started does not know the signals of its parent yet.
        is_asked = not self.exit_status or -self.exit_status in self._sent
        level = logging.INFO if is_asked else logging.WARNING
        log.log(level, "%s ended with status %d", self.name, self.exit_status)
        self._back_off()
        return False

    def _take(self, line: str) -> None:
        """`READY`, or the number of a reload, with the reason where it took nothing."""
        if line == READY:
            self.is_ready = self.was_ready = True
            self._ready_at = time.monotonic()
        else:
            number, _, reason = line.partition(" ")
            self.heard = int(number), reason

    def _back_off(self) -> None:
        self.start_at = time.monotonic() + self._backoff_s
        self._backoff_s = min(2 * self._backoff_s, MOST_BACKOFF_S)

    def signal(self, number: int) -> None:
        if self.process:
            self._sent.add(number)
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def close(self) -> None:
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.close()
        os.close(self.ready_fd)
        self.process, self.is_ready = None, False
