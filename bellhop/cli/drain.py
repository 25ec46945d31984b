"""The command `drain`: let this machine take no more work, and wait until nothing runs on it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from bellhop.base.errors import StartRefused
from bellhop.database.database import database, refusing, waited_out
from bellhop.jobs import consumers, queries
from bellhop.settings.settings import Settings
from bellhop.storage.installation import bind_rows, read_record

LOOK_EVERY_S = 0.2
WHO = "the command"


@refusing()
def run(settings: Settings) -> None:
    """Return when no item runs in a consumer of this moment, each of which takes no more.

    A consumer that is started later takes work again: restart to resume.
    """
    here = read_record(settings.data_dir)
    if here is None:
        raise StartRefused(f"there is no Bellhop in {settings.data_dir}")
    bind_rows(settings, here)
    with database.connection_context():
        drained = waited_out(lambda: consumers.drain(here.machine), WHO)
        wait_until_idle(lambda: queries.held_by(here, drained))
    print("nothing is running; Bellhop takes items again after a restart", file=sys.stderr)


def wait_until_idle(running: Callable[[], int]) -> None:
    """Return when nothing runs any more; says how many items do, also after an outage."""
    said = None
    while count := waited_out(running, WHO):
        if count != said:
            print(f"running items: {count}", file=sys.stderr)
            said = count
        time.sleep(LOOK_EVERY_S)
