"""The right of a consumer to run items: a lease, which its beats renew.

Where the rows are on a server, consumers may run on several machines, which cannot ask each other
for locks. So each beats once a second: one statement adds to `beat` in its row. Who finds that a
beat stood still for the length L of a lease adopts what that consumer held (keeper.py); and the
consumer itself ends all that it runs before that, whether it reaches anything or not. So no item
runs twice at once. That follows from the clock of each machine alone: the clocks need to run
equally fast, not to agree.

- A beat that is answered was sent at a time s, and no database makes it before s. From then on the
  consumer runs items until s + L - 5 s. An answer may be late or lost, and a beat that nobody
  answered may be made later: s is always the time of sending, of a beat that was answered.
- Whoever reads that beat has the answer after s, and counts from the answer on. A consumer reads
  the beats of all with each of its own, and so waits for no writer. Its keeper adopts after the
  answer to a later question, which was asked after s + L at the earliest. The adoption is made only
  if the beat is still that one, and locks the row: a beat at the same time is made before it, and
  then nothing is adopted, or after it, and then it finds no row.
- A look 4 times a second notices the end before s + L - 4.75 s. All processes are stopped before
  the first of them is waited for: that takes milliseconds, and 2 s at most where the kernel blocks
  one (END_LIMIT_S). 2.75 s are left for a busy machine, and for clocks that run at different
  speeds: 0.05 %, which is what ntpd allows itself, are 0.3 s in the longest lease.
- The clock goes on while the machine sleeps. What was stopped as a whole for longer than a lease
  was adopted meanwhile; its processes run until the first look after it goes on. The rows take
  nothing of them, as the attempt is another's.

An outage of less than L - 10 s ends nothing. The last beat before it was sent at most 1 s before it
began. After it, a connection or an answer that was waited for in vain is given up within 2 s
(AT_ONCE_S), and the next try follows 0.25 s later (AGAIN_S). With 1 s for a new connection, a beat
is made within 3.25 s of the end, less than 1 + (L - 10) + 3.25 = L - 5.75 s after s.

As long as there is one machine, its beats hold for ever, and say so: nobody adopts what such a
consumer runs but the keeper of its own machine, which knows that it is dead by a lock, or by having
taken its place. The first beat after another machine has joined ends that.

A lease that is over does not come back: the next beat begins another, of a higher number. What was
claimed under an earlier one does not begin any more, as it may have been adopted.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bellhop.base import times
from bellhop.base.errors import REMOVED, NotAMember
from bellhop.base.trouble import Trouble
from bellhop.consumer.stillness import Stillness
from bellhop.database.database import at_once, database, line_of
from bellhop.database.faults import is_login_refused
from bellhop.jobs import consumers
from bellhop.machines import members
from bellhop.storage.installation import Installation
from bellhop.system import children

BEAT_EVERY_S = 1.0
AGAIN_S = 0.25  # after a beat that failed
LOOK_EVERY_S = 0.25
# So long before others adopt what it runs, a consumer ends it.
SPARE_S = 5.0
log = logging.getLogger("bellhop.lease")


class Lease:
    """The lease of one consumer; `end_all` ends at once all that it runs, from any thread.

    Before `start`, and where the rows are in SQLite, it holds for ever.
    """

    def __init__(self, lasts_s: float, end_all: Callable[[], None]):
        self.lasts_s, self._end_all = lasts_s, end_all
        self._until, self._is_over = float("inf"), False
        self.number = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        said = "this consumer cannot renew its lease (%s)", "this consumer can renew its lease"
        self._beating = Trouble(log, *said)
        self._beats: threading.Thread | None = None

    def holds(self, number: int | None = None) -> bool:
        """Whether items may run at this moment: under the lease of that number, if one is given."""
        # In this order: the number has changed before there is another end.
        return times.since_boot_s() < self._until and number in (None, self.number)

    def renew(self, sent: float, holds_s: float | None) -> None:
        """A beat that was sent at `sent` (seconds since boot) was made and answered.

        Others adopt nothing for `holds_s` after it; None: there is nobody else.
        """
        self.look()
        with self._lock:
            self._until = float("inf") if holds_s is None else sent + holds_s - SPARE_S
            self._is_over = False

    def look(self) -> None:
        """End what runs, once the lease has ended; asks no database."""
        with self._lock:
            is_time = not self._is_over and times.since_boot_s() >= self._until
            if is_time:
                self._end()
        if is_time:
            log.error(
                "the database was out of reach for %.0f s, so this consumer ended what it ran; "
                "other machines may run it now",
                self.lasts_s - SPARE_S,
            )

    def end(self) -> None:
        """End it now, and all that runs."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self._until, self._is_over = float("-inf"), False
        self.number += 1
        self._end_all()
        self._is_over = True

    def start(self, beat: Callable[[], float]) -> None:
        """Hold from the first beat on; `beat` beats once and gives the seconds until the next."""
        self._until, self._is_over = float("-inf"), True
        wait_s = self._try(beat)  # at once, so that what the first bells wake finds it
        repeat = partial(self._repeat, beat, wait_s)
        self._beats = threading.Thread(target=repeat, name="beats", daemon=True)
        self._beats.start()
        threading.Thread(target=self._watch, name="fence", daemon=True).start()

    def _repeat(self, beat: Callable[[], float], wait_s: float) -> None:
        while not self._stopping.wait(wait_s):
            wait_s = self._try(beat)

    def _try(self, beat: Callable[[], float]) -> float:
        try:
            wait_s = beat()
            self._beating.note(None)
            return wait_s
        except Exception as error:  # whatever it is, it must not be the last one
            self._beating.note(line_of(error))
            return AGAIN_S

    def _watch(self) -> None:
        ending = Trouble(log, "running items cannot be ended (%s)", "running items can be ended")
        while True:  # until this process ends: what is left of a stop runs no longer than others
            time.sleep(LOOK_EVERY_S)
            try:
                self.look()
                ending.note(None)
            except Exception as error:
                ending.note(line_of(error))

    def stop_beats(self) -> None:
        """Beat no more; returns when the last one is over."""
        self._stopping.set()
        if self._beats:
            self._beats.join()


class Beats:
    """The beats of one consumer, which renew its lease; made by one thread."""

    def __init__(
        self,
        here: Installation,
        lease: Lease,
        consumer: str,
        queues: Sequence[str],
        seen: Stillness,
        leave: Callable[[str], None] | None = None,
    ):
        """`seen` is told the beats of all; `leave` ends this process with a line, if it must."""
        self._here, self._lease, self._consumer, self._seen = here, lease, consumer, seen
        self._leave = leave or leave_with
        self._ask: Any = None
        known_as = consumer, os.getpid(), queues, here.machine, here.place
        self._register = partial(consumers.register, *known_as, lease_s=lease.lasts_s)
        self._drains = False

    def beat(self) -> float:
        """Beat once; in how many seconds again. Raises what the database says."""
        sent, asked = times.since_boot_s(), time.monotonic()
        self._ask = self._ask or at_once()
        try:
            made = consumers.beat(self._ask.ask, self._consumer, self._here, self._lease.lasts_s)
        except Exception as error:
            if not self._here.is_home and is_login_refused(error):
                self._lease.end()
                self._leave(REMOVED)  # its role went with its row
            raise
        if made is None:
            self._lose()
            return 0.0
        self._drains = made.is_draining
        self._lease.renew(sent, made.holds_s)
        self._seen.look(made.others, asked)
        return max(0.0, sent + BEAT_EVERY_S - times.since_boot_s())

    def close(self) -> None:
        """Close the connection of the beats."""
        if self._ask:
            self._ask.close()

    def _lose(self) -> None:
        """End all that runs, as it may run elsewhere; begin anew, if this is still a member."""
        self._lease.end()
        try:
            if problem := members.problem(self._here):
                self._leave(problem)
                return
            self._register(is_draining=self._drains)
        finally:
            database.close()
        log.error("other machines adopted what this consumer ran; it continues with other items")


def leave_with(problem: str) -> None:
    """End this process so that nobody starts it again, with all that it started."""
    sys.stderr.write(f"bellhop: {problem}\n")
    sys.stderr.flush()
    children.end_all()
    os._exit(NotAMember.exit_status)
