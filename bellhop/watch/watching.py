"""One watched folder, round by round: what ended goes to its place, what is new becomes a job.

A file is taken by a rename into a place of its own, then copied into its job. The row that knows
both is written in the transaction of the job, so a file in its place without a row has no job yet.
When the job has ended, the row says where the file goes before it goes there, and goes itself when
the file is there. Whenever the process dies, the next one continues with what it finds.
"""

from __future__ import annotations

import errno
import itertools
import json
import logging
import os
import time
from collections.abc import Callable
from functools import partial

from bellhop.accounts.access import User
from bellhop.base.errors import Problem, said_of
from bellhop.base.texts import shown
from bellhop.jobs import queries
from bellhop.settings.apart import DONE, FAILED
from bellhop.settings.settings import Watch
from bellhop.system import proctree
from bellhop.watch import rows
from bellhop.watch.places import Places
from bellhop.watch.rows import Ending, Told
from bellhop.watch.shares import TOKEN, Folder, Held, opened
from bellhop.watch.stillness import State, Stillness
from bellhop.watch.submitting import Refused, Submitter, Unfinished

# Names that one look asks the share for, and for how long; files that a round takes or places.
MOST_LOOKED, LOOK_FOR_S, MOST_MOVED = 20_000, 1.0, 100
LOOK_EVERY_S, REST = 2.0, 20
# After which something is tried again that went wrong, and a watch without files is judged again.
AGAIN_S, JUDGE_EVERY_S = 60.0, 30.0
TELL_EVERY_S = 10.0
MOST_TOLD = 20
# What says that somebody still has a file open, on a share that knows.
IN_USE = (errno.EBUSY, errno.ETXTBSY, errno.EAGAIN)
# What is wrong with the whole share, and so with no file of it.
OF_SHARE = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN,
    errno.ENODEV, errno.ETIMEDOUT,
)  # fmt: skip
NO_FILE = "is not a file: Bellhop takes no links, pipes or devices"
CANCELLED = "The job was cancelled."
DELETED = "The job was deleted before Bellhop could say how it ended."
UNKNOWN = "The job failed."
log = logging.getLogger("bellhop.watch")


class WatchedFolder:
    """The files of one section [watch:NAME]; `address` gives where people find jobs, as a URL.

    `places` are those of all watches.
    """

    def __init__(
        self,
        name: str,
        watch: Watch,
        own_id: str,
        submitter: Submitter,
        *,
        address: Callable[[], str],
        places: Places,
    ):
        self._name, self._watch, self._own_id = name, watch, own_id
        self._submitter, self._address, self._places = submitter, address, places
        self._mark = ""
        self._taken: list[str] = []
        self._has_listed = self._has_rows = False
        self._stillness = Stillness()
        # Files that were still at the last look and are not taken yet, and when to look again.
        self._ready: dict[str, State] = {}
        self.look_at = self._began = float("-inf")
        # By the name of a file or the token of one that was taken: until when, and what is wrong.
        self._wrong: dict[str, tuple[float, str]] = {}
        self._judged_at = float("-inf")
        # Why no file can be submitted for a while, and until when.
        self._passing: tuple[float, str] = (float("-inf"), "")
        self._waiting = 0
        self._told: tuple[float, Told | None] = (float("-inf"), None)

    def round(self) -> bool:
        """Do what is to be done now; whether there is more of it at once."""
        held, is_more = None, False
        self._began = time.monotonic()
        had_listed, self._has_listed = self._has_listed, False
        try:
            require = partial(self._places.take, self._name, self._watch.folder)
            is_known = self._is_known()
            with opened(self._watch.folder, self._own_id, require, is_known=is_known) as folder:
                self._list(folder, had_listed=had_listed)
                self._has_listed = True
                is_more = self._settle(folder)
                is_more |= self._submit_new(folder)
        except Held as trouble:
            held = str(trouble)
        except Problem as problem:  # it passes, and no other file could be submitted now
            held, self._has_listed = problem.detail, False
            self._passing = time.monotonic() + (problem.retry_after_s or AGAIN_S), held
        except OSError as error:
            held, self._has_listed = said_of(error), False
        except BaseException:
            self._has_listed = False
            raise
        if held is not None:
            self._rest()
        self._tell(held)
        return is_more and held is None

    def _rest(self) -> None:
        """Look again after many times what this round has taken: a slow share costs no more."""
        now = time.monotonic()
        self.look_at = now + max(LOOK_EVERY_S, REST * (now - self._began))

    def _is_known(self) -> bool:
        self._mark = self._mark or rows.mark_of(self._name, self._watch.folder)
        return bool(self._mark)

    def _list(self, folder: Folder, *, had_listed: bool) -> None:
        """What is taken of it, by the folder and by the rows; after each start and each trouble."""
        if had_listed and folder.mark == self._mark:
            return
        self._places.take_mark(self._name, folder)
        if folder.mark != self._mark:
            rows.set_mark(self._name, self._watch.folder, folder.mark)
            self._mark = folder.mark
        self._ready = {}
        rows.mend(folder.mark)
        tokens = folder.tokens()  # before the rows: a row goes after its file
        known = rows.known(folder.mark)
        self._taken = [token for token in tokens if token not in known]
        self._has_rows = bool(known)

    # What has ended.

    def _settle(self, folder: Folder) -> bool:
        """Put the files of ended jobs into their places; whether there may be more of them."""
        if not self._has_rows:
            return False
        self._place(folder, rows.with_target(folder.mark, MOST_MOVED))
        ended = queries.ended_of_watched(folder.mark, MOST_MOVED)
        endings: list[Ending] = []
        for token, job_id, status, error in ended:
            where, why = DONE, None
            if status != "completed":
                said = {"cancelled": CANCELLED, None: DELETED}.get(status) or _message(error)
                where, why = FAILED, f"{said}\n{self._address()}/jobs/{job_id}\n"
            promised = {each.name.lower() for each in endings if each.where == where}
            name = folder.free_name(where, folder.name_of(token) or "", promised)
            endings.append(Ending(token, where, name, why))
        rows.set_targets(endings)
        self._place(folder, endings)
        self._has_rows = rows.has_any(folder.mark)
        return len(ended) == MOST_MOVED

    def _place(self, folder: Folder, endings: list[Ending]) -> None:
        if not endings:
            return
        placed = [ending.token for ending in endings if self._is_placed(folder, ending)]
        folder.sync()
        rows.delete(placed)

    def _is_placed(self, folder: Folder, ending: Ending) -> bool:
        """Put one file into its place; False when that has to be tried again."""
        if not self._is_due(ending.token):
            return False
        try:
            folder.place(ending.token, ending.where, ending.name, ending.why)
        except FileExistsError:  # somebody was faster with this name
            other = folder.free_name(ending.where, folder.name_of(ending.token) or ending.name)
            rows.set_targets([Ending(ending.token, ending.where, other, ending.why)])
            return False
        except OSError as error:
            self._note_wrong(ending.token, ending.name, error)
            return False
        self._wrong.pop(ending.token, None)
        return True

    # What is new.

    def _submit_new(self, folder: Folder) -> bool:
        now = time.monotonic()
        is_look = not self._ready or now >= self.look_at
        names = self._dropped(folder) if is_look else []
        is_any = self._ready or names or self._taken
        if not is_any and now < self._judged_at + JUDGE_EVERY_S:
            return False
        user = self._submitter.judge(self._name, self._watch)
        self._judged_at = now
        if now < self._passing[0]:
            raise Held(self._passing[1])
        if is_look:
            self._ready = self._still(folder, names)
            self._rest()
        self._take_ready(folder)
        for token in list(self._taken):
            if self._is_due(token):
                self._submit(folder, token, user)
        return bool(self._ready)

    def _dropped(self, folder: Folder) -> list[str]:
        """The names of dropped files; notes what is none."""
        names, others = folder.dropped()
        self._rest()
        self._waiting = len(names)
        present = {*names, *others, *self._taken}
        self._wrong = {
            name: wrong
            for name, wrong in self._wrong.items()
            if name in present or TOKEN.fullmatch(name)
        }
        for name in others:
            self._note(name, f"{shown(name)} {NO_FILE}")
        return names

    def _still(self, folder: Folder, names: list[str]) -> dict[str, State]:
        """The files that have stopped growing, and as what."""
        states: dict[str, State] = {}
        until = time.monotonic() + LOOK_FOR_S
        for name in sorted(filter(self._is_due, names))[:MOST_LOOKED]:
            try:
                status = folder.status(name)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._note_wrong(name, name, error)
                continue
            states[name] = status.st_size, status.st_mtime_ns
            if time.monotonic() > until:
                break
        still = self._stillness.look(states, time.monotonic())
        return {name: states[name] for name in still}

    def _take_ready(self, folder: Folder) -> None:
        """Take some of the files that were still, as far as nobody on this machine writes them."""
        names = list(itertools.islice(self._ready, MOST_MOVED))
        if not names:
            return
        written = proctree.written_below(folder.path)
        real = os.path.realpath(folder.path)
        ready = {name: self._ready.pop(name) for name in names}
        self._take(folder, {n: s for n, s in ready.items() if os.path.join(real, n) not in written})

    def _take(self, folder: Folder, ready: dict[str, State]) -> None:
        for name, state in ready.items():
            try:
                status = folder.status(name)
                if (status.st_size, status.st_mtime_ns) != state:
                    continue
                self._taken.append(folder.take(name))
                self._wrong.pop(name, None)
            except FileNotFoundError:
                continue  # somebody took it back
            except OSError as error:
                self._note_wrong(name, name, error)
        if ready:
            folder.sync()

    def _submit(self, folder: Folder, token: str, user: User) -> None:
        name = folder.name_of(token)
        if name is None:
            folder.forget(token)
            self._taken.remove(token)
            return None
        try:
            self._read_into_job(folder, token, name, user)
        except Refused as refused:
            ending = Ending(token, FAILED, folder.free_name(FAILED, name), f"{refused}\n")
            rows.refuse(folder.mark, ending)
            log.info("watch=%s file=%s is refused: %s", self._name, shown(name), refused)
        except Unfinished:
            return self._note(token, f"{shown(name)} is still written")
        except FileNotFoundError:
            return None
        except OSError as error:
            self._note_wrong(token, name, error)
            return None
        self._taken.remove(token)
        self._wrong.pop(token, None)
        self._has_rows = True

    def _read_into_job(self, folder: Folder, token: str, name: str, user: User) -> None:
        source = folder.read(token, name)
        try:
            first = partial(rows.accept, token, folder.mark)
            self._submitter.submit(self._name, self._watch, user, source, name, first)
        finally:
            os.close(source)

    # What is wrong.

    def _is_due(self, name: str) -> bool:
        """Whether nothing is wrong with a file, or it is time to try again."""
        return name not in self._wrong or time.monotonic() >= self._wrong[name][0]

    def _note_wrong(self, key: str, name: str, error: OSError) -> None:
        """Note what the system said of a file; raises it where it is true of the whole share."""
        if error.errno in OF_SHARE:
            raise error
        if error.errno not in IN_USE:
            self._note(key, f"{shown(name)}: {error.strerror}")

    def _note(self, key: str, said: str) -> None:
        if self._wrong.get(key, (0, ""))[1] != said:
            log.warning("watch=%s %s; Bellhop tries again", self._name, said)
        self._wrong[key] = time.monotonic() + AGAIN_S, said

    def _tell(self, held: str | None) -> None:
        """Write down what is true now; in the log what held or holds all files, once."""
        problems = [said for _, said in self._wrong.values()]
        told = Told(
            self._waiting, held, sorted(problems)[:MOST_TOLD], max(0, len(problems) - MOST_TOLD)
        )
        told_at, before = self._told
        if told == before:
            return
        was_held = before.held if before else None
        if held and held != was_held:
            log.warning("watch=%s files wait: %s", self._name, held)
        elif was_held and not held:
            log.info("watch=%s works again", self._name)
        is_news = before is None or held != was_held or told.problems != before.problems
        if is_news or time.monotonic() > told_at + TELL_EVERY_S:
            self._told = time.monotonic(), told
            rows.tell(self._name, self._watch.folder, told)


def _message(error: str | None) -> str:
    """What the error of an item says, for people."""
    try:
        found = json.loads(error or "{}")
        return str(found["message"]) if found.get("message") else UNKNOWN
    except (ValueError, AttributeError):
        return UNKNOWN
