"""Where `move-to`, `backup`, `restore` and an upload can be killed, and what is done by then."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from bellhop.base import killpoint
from bellhop.database.database import database

TO_POSTGRESQL = {
    "move-tables": "the tables are there, and not committed",
    "move-rows": "some rows are written, and not committed",
    "move-compared": "all rows are written, and not committed",
    "move-commit": "the rows are committed; the record names SQLite",
    "move-record": "the record names PostgreSQL; bellhop.db has its name",
}
TO_SQLITE = {
    "move-tables": "the file is there, without rows",
    "move-rows": "some rows are written, and not committed",
    "move-compared": "all rows are written, and not committed",
    "move-commit": "the rows are committed, in a file without its name",
    "move-named": "the file has its name; the record names PostgreSQL",
}
WITH_FILES = {"move-files": "the files are copied; the record names the data folder and SQLite"}
# And `backup`, and `restore`.
BACKUP = {
    "backup-rows": "the rows are copied",
    "backup-files": "the files are in FILE.part, without the rows",
    "backup-written": "FILE.part is whole, and has not its name",
}
BEFORE = {
    "before-written": "the rows are kept, in a file without its name",
    "before-kept": "the rows are kept, and not brought to the new schema",
}
UPLOAD = {"upload-arrived": "the bytes of the request are in place; the row knows none of them"}
RESTORE = {"restore-files": "all files are there; the folder is no installation"}
RESTORE_ON_SERVER = {
    **RESTORE,
    "move-rows": "some rows are on the server, and not committed",
    "restore-rows": "the rows are on the server; the folder is no installation",
}


def dies(act: Callable[[], object], point: str) -> None:
    """Do something in a process of its own, which dies at a point."""
    database.close_all()
    pid = os.fork()
    if not pid:
        killpoint._die_at = point
        try:
            act()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
