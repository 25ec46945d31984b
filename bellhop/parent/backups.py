"""The backups that the parent starts by itself: each is a process of its own."""

from __future__ import annotations

import logging
import signal
import subprocess
import time

from bellhop.base.program import COMMAND
from bellhop.base.settings import Settings
from bellhop.rotation import rotation
from bellhop.storage.installation import Installation
from bellhop.system import children

LOOK_EVERY_S, AGAIN_S = 20.0, 600.0
log = logging.getLogger("bellhop.backup")


class Backups:
    """Starts `backup` whenever one is due, and again a while after one that failed."""

    def __init__(self, settings: Settings, here: Installation, settings_fd: int):
        self._settings, self._here, self._settings_fd = settings, here, settings_fd
        self._process: subprocess.Popen[bytes] | None = None
        self._look_at = 0.0
        self._is_wanted = settings.backup_folder is not None and here.is_home

    def wait_s(self) -> float | None:
        """For how long `look` is not needed; None: for ever."""
        return max(0.0, self._look_at - time.monotonic()) if self._is_wanted else None

    def look(self) -> None:
        """Start one that is due, and hear how the last one ended."""
        if not self._is_wanted or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        if self._process and (status := self._process.poll()) is not None:
            self._process = None
            if status < 0:  # it could say nothing
                killed = f"its process was ended by {signal.Signals(-status).name}"
                rotation.note_failure(self._here, killed)
            if status:
                log.warning("the backup failed; the next try is in %g minutes", AGAIN_S / 60)
                self._look_at = time.monotonic() + AGAIN_S
        elif not self._process and rotation.is_due(self._settings, self._here):
            self._process = children.start(
                [*COMMAND, "backup", "--settings-fd", str(self._settings_fd)],
                stdin=subprocess.DEVNULL,
                stdout=2,  # stdout belongs to the one line of the parent
                pass_fds=(self._settings_fd,),
                start_new_session=True,
            )

    def end(self) -> None:
        """End one that runs: the next start makes another."""
        if self._process:
            self._process.kill()
            self._process.wait()
