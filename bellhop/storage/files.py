"""Where bytes live: uploads, results, scratch folders.

Bytes come before the row that names them and are renamed into place whole, so a crash
leaves litter, which the keeper removes, and never a row without its file.

    incoming/RANDOM/INDEX.SUFFIX               an upload that is still arriving
    incoming/RANDOM                            what a child works in that describes job types
    uploads/JOB/INDEX.SUFFIX                   what the user gave
    scratch/CONSUMER-RANDOM/{input,home,output}   what a job process reads, and works in
    results/JOB/INDEX-STEP-ATTEMPT/NAME        output files of a completed attempt
    results/JOB/INDEX-STEP-ATTEMPT.part        one of them that is still copied
    logs/JOB/INDEX-STEP-ATTEMPT                what an attempt printed

Uploads, results and logs may lie elsewhere (stores.py, objects.py), results as `fresh_name`
says. Job code writes in its scratch folder alone and may put anything there. So whatever is read,
changed or removed in it is reached through descriptors (folders.py), and results are copies of what
it wrote (publishing.py). The folders of the first level are the operator's, who may have replaced
one by a link to another disk.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bellhop.base.errors import StartRefused
from bellhop.storage.itemlog import ItemLog, LogSender, SentLog
from bellhop.stores.contents import Opened, content_of
from bellhop.stores.copying import copy, free_bytes
from bellhop.stores.filesystem import KINDS, OWN_NAME, FolderStore, own_entries
from bellhop.stores.folders import empty, files_below, open_folder, parts_of, remove_tree
from bellhop.stores.incoming import write_all
from bellhop.stores.objects import store_at
from bellhop.stores.publishing import Publication

# All that may lie on disks of their own.
PLACES = (*KINDS, "scratch", "incoming")
BLOCK_BYTES = 512  # of st_blocks, stat(2)
MOST_SEEN = 200_000


def attempt_name(index: int, step: int, attempt: int) -> str:
    """What the folder of an attempt's output files, and its log, are called."""
    return f"{index}-{step}-{attempt}"


class Files:
    """The files of one installation.

    Those of jobs are where `files` says, as `[storage] files` does: in the data folder where it is
    empty, in a folder that machines share, or in a bucket. While that is away, StoreAway.
    """

    def __init__(self, folder: Path, files: str = ""):
        self._folder, self._incoming = folder, folder / "incoming"
        self._store = store_at(folder, files)
        self._sender = LogSender(self._store)

    @property
    def is_own(self) -> bool:
        """Whether all are in the data folder, which no other machine reads or writes."""
        return self._store.is_own

    @property
    def spool(self) -> Path:
        """Where the web server keeps request bodies that do not fit into memory."""
        return self._incoming

    def free_bytes(self) -> int:
        """What the disk of the data folder has left for Bellhop."""
        return free_bytes(self._folder)

    def upload_bytes_left(self) -> int:
        """What is left for an upload, where it arrives and where it stays."""
        return int(min(free_bytes(self._incoming), self._store.free_bytes()))

    def new_incoming(self) -> Path:
        path = self._incoming / secrets.token_hex(8)
        path.mkdir()
        return path

    def accept(self, incoming: Path, job_id: str) -> None:
        """Move an upload into place so that it survives a power cut; onto another disk as a copy.

        What is left of `incoming`, the caller removes.
        """
        self._store.move_in(incoming, f"uploads/{job_id}")

    def lend(self, files: Sequence[tuple[Path, str]], job_id: str) -> None:
        """Give local files, each with its stored name, to a job too; as lasting as by `accept`."""
        place = f"uploads/{job_id}"
        try:
            for path, name in files:
                self._store.put(path, f"{place}/{name}")
            self._store.settle(place, [name for _, name in files])
        except BaseException:
            self._store.remove(place)
            raise

    def upload(self, job_id: str, stored_name: str) -> Path:
        """Where an upload is, or would be, in the data folder."""
        return self._folder.joinpath("uploads", job_id, stored_name)

    def open_upload(self, job_id: str, stored_name: str) -> Opened:
        """What a user gave; raises FileNotFoundError like `open_result`."""
        return self._store.open(f"uploads/{job_id}/{stored_name}")

    @contextlib.contextmanager
    def local_upload(self, job_id: str, stored_name: str) -> Iterator[Path]:
        """A local file with what a user gave, for as long as the block; FileNotFoundError."""
        if self.is_own:
            content_of(self.open_upload(job_id, stored_name)).close()
            yield self.upload(job_id, stored_name)
            return
        folder = self.new_incoming()
        try:
            self._fetch(f"uploads/{job_id}/{stored_name}", folder / "0", lambda: None)
            yield folder / "0"
        finally:
            remove_tree(folder)

    def give(
        self, scratch: Scratch, job_id: str, stored_name: str, on_chunk: Callable[[], object]
    ) -> tuple[Path, str | None]:
        """A copy of an upload for a job alone; and its SHA-256, unless it is of the data folder.

        FileNotFoundError when it is gone. `on_chunk` is called now and then.
        """
        if self.is_own:
            return scratch.take_in(self.upload(job_id, stored_name)), None
        place = scratch.new_input(stored_name)
        return place, self._fetch(f"uploads/{job_id}/{stored_name}", place, on_chunk)

    def _fetch(self, key: str, target: Path, on_chunk: Callable[[], object]) -> str:
        """Write a file of the store to a new one; its SHA-256."""
        content, sha256 = content_of(self._store.open(key)), hashlib.sha256()
        try:
            with target.open("xb", buffering=0) as file:
                for data in content.chunks(0, content.size):
                    on_chunk()
                    sha256.update(data)
                    write_all(file, data)
        except BaseException:
            target.unlink(missing_ok=True)  # whoever tries again finds nothing in the way
            raise
        finally:
            content.close()
        return sha256.hexdigest()

    def upload_size(self, job_id: str, stored_name: str) -> int:
        """In bytes; FileNotFoundError when it is gone."""
        if self.is_own:
            return self.upload(job_id, stored_name).stat().st_size
        try:
            return self.upload_sizes(job_id)[stored_name]
        except KeyError:
            raise FileNotFoundError(errno.ENOENT, "no such upload", stored_name) from None

    def upload_sizes(self, job_id: str) -> dict[str, int]:
        """The uploads of a job by their stored names, in bytes; none when they are gone."""
        return self._store.sizes(f"uploads/{job_id}")

    def new_scratch(self, consumer: str) -> Scratch:
        """The folders of a job process of `consumer`."""
        return Scratch(self._folder / "scratch" / f"{consumer}-{secrets.token_hex(4)}")

    def fresh_name(self, attempt_name: str) -> str:
        """What to call the results of an attempt: outside the data folder, as no other ever is.

        So a machine that was given up, but still runs, changes nothing that another has recorded.
        """
        return attempt_name if self.is_own else f"{attempt_name}-{secrets.token_hex(6)}"

    def publish(
        self,
        output: Path,
        job_id: str,
        name: str,
        on_file: Callable[[], object],
        hides: Callable[[str], bool],
    ) -> tuple[list[dict[str, Any]], list[str | None]]:
        """Move what a job wrote into place, below `name`, which is a `fresh_name`.

        Returns the files, `[{"name", "size", "path"}]`, and the names of what was left out:
        only regular files with a name that can be shown count, for a link could name any
        file of this machine; nor what `hides` says of its name. None stands for more of them.
        `on_file` is called before each, and while a large one is copied.
        What a full disk stopped half-way may be called again.
        """
        place = f"results/{job_id}/{name}"
        publication = Publication(name, lambda path: f"{place}/{path}", self._store.take)
        publication.take_up(self._store.sizes(place))
        publication.take(output, on_file, hides)
        if publication.files:
            self._store.settle(place, publication.files)
        files = sorted(publication.files.values(), key=lambda file: file["name"].split("/"))
        return files, publication.left_out

    def reuse(
        self, files: list[dict[str, Any]], from_job: str, job_id: str, name: str
    ) -> list[dict[str, Any]]:
        """Give an attempt the output files of an earlier result, where they can be the same bytes.

        `name` is a `fresh_name`. Raises FileNotFoundError when they are gone meanwhile.
        """
        if not files:
            return []
        place = f"results/{job_id}/{name}"
        if self.is_own:  # elsewhere, nobody has had this name before
            self._store.remove(place)
        try:
            for file in files:
                parts_of(file["name"])
                self._store.copy(f"results/{from_job}/{file['path']}", f"{place}/{file['name']}")
        except BaseException:
            self._store.remove(place)
            raise
        self._store.settle(place, [file["name"] for file in files])
        return [{**file, "path": f"{name}/{file['name']}"} for file in files]

    def make_way(self, job_id: str, attempt_name: str) -> None:
        """Remove what there is of an attempt that nobody remembers.

        A power cut may forget a claim of the last moment, and an attempt gets its number again.
        """
        if self.is_own:
            self.withdraw(job_id, attempt_name)

    def withdraw(self, job_id: str, name: str) -> None:
        """Remove what an attempt made that was not recorded; `name` is that of its results."""
        for kind in ("results", "logs"):
            self._store.remove(f"{kind}/{job_id}/{name}")

    def result(self, job_id: str, path: str) -> Path:
        """Where an output file is, or would be, in the data folder."""
        return Path(f"{self._folder}/results/{job_id}/{path}")

    def open_result(self, job_id: str, path: str) -> Opened:
        """An output file by its stored path.

        Raises FileNotFoundError for a path that leads elsewhere, too.
        """
        return self._store.open(f"results/{job_id}/{path}")

    def new_log(self, job_id: str, attempt_name: str) -> ItemLog:
        """What an attempt prints; nothing is made of it before the first byte."""
        key = f"logs/{job_id}/{attempt_name}"
        if isinstance(self._store, FolderStore):
            return ItemLog(f"{self._store.root}/{key}")
        return SentLog(key, self._sender)

    def send_logs(self) -> None:
        """Send what has not been sent yet to a store that cannot append, once."""
        self._sender.send()

    def log(self, job_id: str, attempt_name: str) -> Path:
        """Where a log is, or would be, in the data folder."""
        return Path(f"{self._folder}/logs/{job_id}/{attempt_name}")

    def printed(self, job_id: str, attempt_name: str) -> bytes:
        """What an attempt printed."""
        try:
            content = content_of(self._store.open(f"logs/{job_id}/{attempt_name}"))
        except FileNotFoundError:
            return b""
        try:
            return b"".join(content.chunks(0, content.size))
        finally:
            content.close()

    def remove_job(self, job_id: str, kinds: Sequence[str] = KINDS) -> None:
        """Remove what belongs to a job; ValueError for what is the name of no job."""
        if not OWN_NAME.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is not the id of a job")
        self._store.remove(*(f"{kind}/{job_id}" for kind in kinds))

    def remove_jobs(self, job_ids: Iterable[str]) -> None:
        """Remove what belongs to jobs, together; what has the name of no job has no files."""
        own = filter(OWN_NAME.fullmatch, job_ids)
        self._store.remove(*(f"{kind}/{job_id}" for job_id in own for kind in KINDS))

    def remove_incoming(self) -> None:
        """Remove what dead processes left behind; only the new web may call this."""
        for entry in own_entries(self._incoming):
            remove_tree(entry.path)

    def has_uploads(self, job_id: str) -> bool:
        return bool(self.upload_sizes(job_id))

    def has_jobs(self) -> bool:
        """Whether anything of a job is here."""
        return any(True for kind in KINDS for _ in self._store.jobs(kind))

    def jobs_with(self, kind: str, age_s: float, chore: str = "") -> list[str]:
        """Job ids whose files of `kind`, one of `KINDS`, have not changed for `age_s`.

        In a bucket some of them, and others the next time that the same chore asks.
        """
        oldest = time.time() - age_s
        return [job for job, changed_at in self._store.jobs(kind, chore) if changed_at < oldest]

    def scratch_folders(self) -> dict[Path, str]:
        """Every scratch folder, and the consumer that made it."""
        found = own_entries(self._folder / "scratch")
        return {Path(entry.path): entry.name.partition("-")[0] for entry in found}

    def require(self, installation: str, *, is_new: bool) -> None:
        """Let the store be that of one installation; StartRefused if it is not, or cannot be used.

        `is_new`: nothing is in it yet, and from now on it has the mark of the installation.
        """
        if self.is_own:
            return
        marked = self._store.mark()
        if marked not in ("", installation):
            raise StartRefused(f"{self._store.where} holds the files of another Bellhop")
        if not (marked or is_new):
            raise StartRefused(
                f"{self._store.where} does not hold the files of this Bellhop; mount the right "
                "folder, or name the right place in [storage] files"
            )
        if not (marked or self._store.is_empty()):
            raise StartRefused(f"{self._store.where} is not empty; name another place")
        self._store.prepare()
        if not marked:
            self._store.set_mark(installation)


class Scratch:
    """The folders of a job process: empty when an attempt begins, but for what it is given."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.input, self.home, self.output = folder / "input", folder / "home", folder / "output"
        folder.mkdir()
        self._folders = self.input, self.home, self.output
        for path in self._folders:
            path.mkdir()
        self._made = {path: _changed(os.lstat(path)) for path in (folder, *self._folders)}

    def new_input(self, name: str) -> Path:
        """Where a file for the job alone is to be written."""
        self._made.pop(self.input, None)  # sooner than the clock of a file system may tell
        return self.input / name

    def take_in(self, given: Path) -> Path:
        """A copy of a file for the job alone; where the disk can, a clone (copy_file_range(2)).

        Not a link: whatever the job does to its file, the next attempt finds what was given.
        """
        place = self.new_input(given.name)
        with given.open("rb", buffering=0) as source, place.open("xb", buffering=0) as target:
            copy(source.fileno(), target.fileno(), is_lasting=False)
        return place

    def clear(self) -> bool:
        """Make them empty again; OSError when something resists.

        False when they had to be made anew: a process may use those that it began with, and no
        others.

        """
        if all(map(self._is_as_made, (self.folder, *self._folders))):
            return True
        folder = open_folder(self.folder)
        try:
            if _changed(os.fstat(folder)) != self._made[self.folder]:
                self._restore(folder)
                return False
            for path in self._folders:
                status = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
                if _changed(status) != self._made.get(path):
                    empty(path.name, folder)
        finally:
            os.close(folder)
        return True

    def has_output(self) -> bool:
        """Whether anything may be in the output folder, or something else in its place."""
        return not self._is_as_made(self.output)

    def _is_as_made(self, folder: Path) -> bool:
        """Whether a folder has not changed since it was made, and so is empty.

        A process takes longer to start than the clock of a file system to tick, and nobody can set
        back the time of a change.
        """
        try:
            return _changed(os.lstat(folder)) == self._made.get(folder)
        except OSError:
            return False

    def _restore(self, folder: int) -> None:
        """Make them again in `folder`, a descriptor, and remove what else is there."""
        for name in os.listdir(folder):
            remove_tree(name, folder)
        if os.listdir(folder):
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), self.folder)
        for path in self._folders:
            os.mkdir(path.name, dir_fd=folder)

    def remove(self) -> None:
        remove_tree(self.folder)

    def free_bytes(self) -> int:
        """What is left for what the job writes; its disk may be another than that of the rest."""
        return free_bytes(self.folder)

    def holds_more(self, most_bytes: int) -> bool:
        """Whether a job wrote more than that; so does what is too much or too deep to look at."""
        try:
            for seen, entry in enumerate(files_below(self.home, self.output)):
                with contextlib.suppress(FileNotFoundError):  # the job goes on meanwhile
                    most_bytes -= entry.stat(follow_symlinks=False).st_blocks * BLOCK_BYTES
                if most_bytes < 0 or seen > MOST_SEEN:
                    return True
        except OSError:
            return True
        return most_bytes < 0


def write_atomically(path: Path, content: bytes) -> None:
    """Replace `path` so that a crash leaves the old content or the new, on the disk."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def safe_suffix(filename: str) -> str:
    """The suffix of a display name as it may stand in a path: `.csv`, or empty."""
    match = re.search(r"\.[A-Za-z0-9]{1,64}$", filename)
    return match.group().lower() if match else ""


def _changed(folder: os.stat_result) -> tuple[int, int]:
    """What is another as soon as a name in a folder, or its rights, have changed."""
    return folder.st_ino, folder.st_ctime_ns
