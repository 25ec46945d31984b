"""The command `drain`: take no more work, and wait until nothing runs."""

from __future__ import annotations

import sys
import time

from bellhop.base.errors import StartRefused
from bellhop.base.settings import Settings
from bellhop.database.database import database, refusing, waited_out
from bellhop.jobs import consumers, queries
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
    said = None
    with database.connection_context():
        waited_out(consumers.drain, WHO)
        drained = [consumer.id for consumer in queries.consumers()]
        while running := waited_out(lambda: queries.held_by(here, drained), WHO):
            if running != said:
                print(f"running items: {running}", file=sys.stderr)
                said = running
            time.sleep(LOOK_EVERY_S)
    print("nothing is running; Bellhop takes items again after a restart", file=sys.stderr)
