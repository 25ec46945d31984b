"""Where the log goes: to standard error, or to a file that others may move away."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from bellhop.base.errors import StartRefused, said_of
from bellhop.base.masking import Mask
from bellhop.logs.forms import JsonForm, LineForm
from bellhop.settings.settings import Settings

# A pipe that nobody reads holds nobody up.
FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class LogFile(logging.Handler):
    """A file to which all processes of Bellhop append, each record in one write.

    Once it was moved away, as logrotate does, or removed, the next record begins another one.
    Without a signal: each record looks at the name of the file first. While nothing can be written
    there, records go to standard error.
    """

    def __init__(self, path: Path):
        super().__init__()
        self._path = path
        try:
            self._file = os.open(path, FLAGS, 0o600)
        except OSError as error:
            raise StartRefused(f"[server] log_file cannot be written: {said_of(error)}") from None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
            try:
                self._follow()
                os.write(self._file, line)
            except OSError:
                sys.stderr.buffer.write(line)
                sys.stderr.flush()
        except Exception:
            self.handleError(record)

    def _follow(self) -> None:
        """Open the file again that has the name by now."""
        known = os.fstat(self._file)
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != (known.st_dev, known.st_ino):
            before, self._file = self._file, os.open(self._path, FLAGS, 0o600)
            os.close(before)


def start(loaded: Settings, *, alone: bool, may_use_file: bool) -> None:
    """Log as the settings say, without secrets; `alone` ends what another program logs with.

    StartRefused when the file cannot be written.
    """
    # What no form shows need not be found out for each record.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    mask = Mask(loaded.secrets)
    file = loaded.log_file if may_use_file else None
    handler = LogFile(file) if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(_form(loaded, mask))
    logging.basicConfig(handlers=[handler], level=loaded.server.log_level.upper(), force=alone)
    # Their news of each bell and of each busy moment is not news to an operator.
    for name in ("huey", "waitress.queue"):
        logging.getLogger(name).setLevel(logging.ERROR)


def follow(changed: Settings, known: Iterable[str]) -> None:
    """Log as other settings say from now on; `known` are the secrets before, which stay secret."""
    root, form = logging.getLogger(), _form(changed, Mask([*changed.secrets, *known]))
    for handler in root.handlers:
        if isinstance(handler.formatter, JsonForm | LineForm):  # else another program logs
            handler.setFormatter(form)
            root.setLevel(changed.server.log_level.upper())


def _form(loaded: Settings, mask: Mask) -> logging.Formatter:
    return JsonForm(mask) if loaded.server.log_format == "json" else LineForm(mask)
