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

Job code writes in its scratch folder alone and may put anything there. So whatever is read, changed
or removed in it is reached through descriptors (folders.py), and results are copies of what it
wrote (publishing.py). The folders of the first level are the operator's, who may have replaced
one by a link to another disk.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import math
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bellhop.base.errors import NO_ROOM
from bellhop.storage.copying import copy, free_bytes
from bellhop.storage.folders import (
    empty,
    folder_beneath,
    open_beneath,
    open_file,
    open_folder,
    parts_of,
    remove_tree,
)
from bellhop.storage.publishing import Publication

# The folders with a folder for each job, and all that may lie on disks of their own.
KINDS = ("uploads", "results", "logs")
PLACES = (*KINDS, "scratch", "incoming")
BLOCK_BYTES = 512  # of st_blocks, stat(2)
MOST_SEEN = 200_000
# A second wall: whatever is removed lies in a folder of its own. What is called otherwise, such as
# the `lost+found` of a disk, is not ours.
OWN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass
class IncomingFile:
    """One file of an upload while it is written: its hash is computed on the way.

    `field` is the field of the form that it came in.
    """

    path: Path
    filename: str
    field: str

    def __post_init__(self) -> None:
        self.size = 0
        self._hash = hashlib.sha256()
        self._file = self.path.open("xb", buffering=0)

    def write(self, chunk: bytes | bytearray) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)
        left = memoryview(chunk)
        while left:  # a disk that is nearly full takes a part and says nothing
            left = left[self._file.write(left) :]

    def finish(self) -> str:
        """Put it on the disk for good; its SHA-256 in hex."""
        os.fsync(self._file.fileno())
        self._file.close()
        return self._hash.hexdigest()

    def close(self) -> None:
        self._file.close()


def attempt_name(index: int, step: int, attempt: int) -> str:
    """What the folder of an attempt's output files, and its log, are called."""
    return f"{index}-{step}-{attempt}"


class Files:
    """The folders of one installation."""

    def __init__(self, folder: Path):
        self._folder = folder
        self._incoming, self._uploads = folder / "incoming", folder / "uploads"

    @property
    def spool(self) -> Path:
        """Where the web server keeps request bodies that do not fit into memory."""
        return self._incoming

    def free_bytes(self) -> int:
        """What the disk of the data folder has left for Bellhop."""
        return free_bytes(self._folder)

    def upload_bytes_left(self) -> int:
        """What is left for an upload, where it arrives and where it stays."""
        return min(map(free_bytes, (self._incoming, self._uploads)))

    def new_incoming(self) -> Path:
        path = self._incoming / secrets.token_hex(8)
        path.mkdir()
        return path

    def accept(self, incoming: Path, job_id: str) -> None:
        """Move an upload into place so that it survives a power cut; onto another disk as a copy.

        What is left of `incoming`, the caller removes.
        """
        place = self._uploads / job_id
        sync(incoming)
        try:
            os.rename(incoming, place)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_files(incoming, place)
        sync(place.parent)

    def upload(self, job_id: str, stored_name: str) -> Path:
        return self._uploads.joinpath(job_id, stored_name)

    def open_upload(self, job_id: str, stored_name: str) -> int:
        """A descriptor of what a user gave; raises FileNotFoundError like `open_result`."""
        return open_beneath(self._uploads, f"{job_id}/{stored_name}")

    def upload_bytes(self, job_id: str) -> int:
        """What the uploads of a job hold."""
        found = os.scandir(self._uploads / job_id)
        return sum(entry.stat(follow_symlinks=False).st_size for entry in found)

    def new_scratch(self, consumer: str) -> Scratch:
        """The folders of a job process of `consumer`."""
        return Scratch(self._folder / "scratch" / f"{consumer}-{secrets.token_hex(4)}")

    def publish(
        self,
        output: Path,
        job_id: str,
        attempt_name: str,
        on_file: Callable[[], object],
        hides: Callable[[str], bool],
    ) -> tuple[list[dict[str, Any]], list[str | None]]:
        """Move what a job wrote into place.

        Returns the files, `[{"name", "size", "path"}]`, and the names of what was left out:
        only regular files with a name that can be shown count, for a link could name any
        file of this machine; nor what `hides` says of its name. None stands for more of them.
        `on_file` is called before each, and while a large one is copied.
        What a full disk stopped half-way may be called again.
        """
        place = self.result(job_id, attempt_name)
        publication = Publication(place)
        if place.exists():
            publication.take_up()
        publication.take(output, on_file, hides)
        if publication.files:
            _sync_way(place, publication.files)
        files = sorted(publication.files.values(), key=lambda file: file["name"].split("/"))
        return files, publication.left_out

    def reuse(
        self, files: list[dict[str, Any]], from_job: str, job_id: str, attempt_name: str
    ) -> list[dict[str, Any]]:
        """Give an attempt the output files of an earlier result, as links to the same bytes.

        Raises FileNotFoundError when they are gone meanwhile.
        """
        if not files:
            return []
        place = self.result(job_id, attempt_name)
        remove_tree(place)
        for file in files:
            target = place.joinpath(*parts_of(file["name"]))
            target.parent.mkdir(parents=True, exist_ok=True)
            self._link(f"{from_job}/{file['path']}", target)
        _sync_way(place, [file["name"] for file in files])
        return [{**file, "path": f"{attempt_name}/{file['name']}"} for file in files]

    def withdraw(self, job_id: str, attempt_name: str) -> None:
        """Remove what there is of an attempt that was not recorded.

        A power cut may forget a claim of the last moment, and an attempt gets its number again.
        """
        for kind in ("results", "logs"):
            remove_tree(f"{self._folder}/{kind}/{job_id}/{attempt_name}")

    def result(self, job_id: str, path: str) -> Path:
        return Path(f"{self._folder}/results/{job_id}/{path}")

    def open_result(self, job_id: str, path: str) -> int:
        """A descriptor of an output file by its stored path.

        Raises FileNotFoundError for a path that leads elsewhere, too.
        """
        return open_beneath(self._folder / "results", f"{job_id}/{path}")

    def log(self, job_id: str, attempt_name: str) -> Path:
        return Path(self.log_path(job_id, attempt_name))

    def log_path(self, job_id: str, attempt_name: str) -> str:
        """The same as a text: most items print nothing, and nobody looks for it."""
        return f"{self._folder}/logs/{job_id}/{attempt_name}"

    def printed(self, job_id: str, attempt_name: str) -> bytes:
        """What an attempt printed."""
        try:
            descriptor = open_beneath(self._folder / "logs", f"{job_id}/{attempt_name}")
        except FileNotFoundError:
            return b""
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def remove_job(self, job_id: str, kinds: Sequence[str] = KINDS) -> None:
        """Remove what belongs to a job; ValueError for what is the name of no job."""
        if not OWN_NAME.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is not the id of a job")
        for kind in kinds:
            remove_tree(self._folder / kind / job_id)

    def remove_incoming(self) -> None:
        """Remove what dead processes left behind; only the new web may call this."""
        for entry in self._own("incoming"):
            remove_tree(entry.path)

    def has_uploads(self, job_id: str) -> bool:
        return (self._uploads / job_id).exists()

    def has_jobs(self) -> bool:
        """Whether anything of a job is here."""
        return any(map(self._own, KINDS))

    def jobs_with(self, kind: str, age_s: float) -> list[str]:
        """Job ids whose folder of `kind`, one of `KINDS`, is older than `age_s`."""
        oldest = time.time() - age_s
        return [entry.name for entry in self._own(kind) if _changed_at(entry) < oldest]

    def scratch_folders(self) -> dict[Path, str]:
        """Every scratch folder, and the consumer that made it."""
        found = self._own("scratch")
        return {Path(entry.path): entry.name.partition("-")[0] for entry in found}

    def _own(self, place: str) -> list[os.DirEntry[str]]:
        """What Bellhop made in one of `PLACES`."""
        found = os.scandir(self._folder / place)
        return [entry for entry in found if OWN_NAME.fullmatch(entry.name)]

    def _link(self, path: str, target: Path) -> None:
        """Give a result another name, or a copy where the disk has no links, or no more of them."""
        with folder_beneath(self._folder / "results", path) as (dir_fd, name):
            source = open_file(name, dir_fd)
            try:
                os.link(name, target, src_dir_fd=dir_fd, follow_symlinks=False)
            except OSError as error:
                if error.errno == errno.ENOENT or error.errno in NO_ROOM:
                    raise
                with target.open("xb") as file:
                    copy(source, file.fileno())
            finally:
                os.close(source)


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

    def take_in(self, given: Path) -> Path:
        """A copy of a file for the job alone; where the disk can, a clone (copy_file_range(2)).

        Not a link: whatever the job does to its file, the next attempt finds what was given.
        """
        self._made.pop(self.input, None)  # sooner than the clock of a file system may tell
        place = self.input / given.name
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
            for seen, entry in enumerate(_files_below(self.home, self.output)):
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


def _changed_at(entry: os.DirEntry[str]) -> float:
    """Seconds since the epoch; of what was removed meanwhile, infinity."""
    try:
        return entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return math.inf


def _sync_way(place: Path, paths: Iterable[str]) -> None:
    """Sync every folder on the way to files, or a power cut leaves a row without its file."""
    inner = {above for path in paths for above in PurePosixPath(path).parents}
    for folder in (*(place / name for name in sorted(inner)), place.parent, place.parent.parent):
        sync(folder)


def _files_below(*folders: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below these folders that is not a folder; OSError for one that resists."""
    found = [str(folder) for folder in folders]
    for folder in found:  # which grows meanwhile
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    found.append(entry.path)
                else:
                    yield entry


def _copy_files(folder: Path, place: Path) -> None:
    """A copy of a folder of files, on the disk and whole, or nothing of it."""
    place.mkdir()
    try:
        for path in folder.iterdir():
            with path.open("rb") as source, (place / path.name).open("xb") as target:
                copy(source.fileno(), target.fileno())
        sync(place)
    except BaseException:
        remove_tree(place)
        raise


def sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
