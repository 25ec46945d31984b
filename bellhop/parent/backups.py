"""The backups that the parent starts by itself: each is a process of its own."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import time

from bellhop.base.errors import said_of
from bellhop.base.program import COMMAND
from bellhop.rotation import rotation
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.system import children

LOOK_EVERY_S, AGAIN_S = 20.0, 600.0
# The kernel may block the end of what waits for a disk.
END_LIMIT_S = 2.0
log = logging.getLogger("bellhop.backup")


class Backups:
    """Starts `backup` at each of its times, and again a while after one that failed.

    Whether one is due, that process finds out: the folder may be a share that does not answer,
    which must not hold up the parent.
    """

    def __init__(self, settings: Settings, here: Installation, settings_fd: int):
        self._settings, self._here, self._settings_fd = settings, here, settings_fd
        self._process: subprocess.Popen[bytes] | None = None
        self._look_at = 0.0
        # The time of the day for which the last one was started.
        self._started_for = 0.0
        self._is_wanted = settings.backup_folder is not None and here.is_home

    def wait_s(self) -> float | None:
        """For how long `look` is not needed; None: for ever."""
        return max(0.0, self._look_at - time.monotonic()) if self._is_wanted else None

    def look(self) -> None:
        """Start one at its time, and hear how the last one ended."""
        if not self._is_wanted or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        if self._process and (status := self._process.poll()) is not None:
            self._process = None
            if status < 0:  # it could say nothing
                self._failed(f"its process was ended by {children.ending(status)}")
            elif status:
                self._try_again()
        elif not self._process and rotation.last_time(self._settings) != self._started_for:
            self._start()

    def _start(self) -> None:
        self._started_for = rotation.last_time(self._settings)
        try:
            self._process = children.start(
                [*COMMAND, "backup", "--if-due", "--settings-fd", str(self._settings_fd)],
                stdin=subprocess.DEVNULL,
                stdout=2,  # stdout belongs to the one line of the parent
                pass_fds=(self._settings_fd,),
                start_new_session=True,
            )
        except OSError as error:
            self._failed(f"its process cannot be started: {said_of(error)}")

    def _failed(self, why: str) -> None:
        rotation.note_failure(self._here, why)
        self._try_again()

    def _try_again(self) -> None:
        log.warning("the backup failed; the next try is in %g minutes", AGAIN_S / 60)
        self._look_at, self._started_for = time.monotonic() + AGAIN_S, 0.0

    def end(self) -> None:
        """End one that runs, of which nobody hears: the next start makes another."""
        if self._process:
            self._process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_LIMIT_S)
            self._process, self._started_for = None, 0.0
