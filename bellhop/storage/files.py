"""Where bytes live: uploads, results, scratch folders.

Bytes come before the row that names them and are renamed into place whole, so a crash
leaves litter, which the keeper removes, and never a row without its file.

    incoming/RANDOM/INDEX.SUFFIX               an upload that is still arriving
    uploads/JOB/INDEX.SUFFIX                   what the user gave
    scratch/CONSUMER-RANDOM/{home,output}      what a job process works in
    results/JOB/INDEX-STEP-ATTEMPT/NAME        output files of a completed attempt
    logs/JOB/INDEX-STEP-ATTEMPT                what an attempt printed
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bellhop.base.errors import NO_ROOM

# The folders with a folder for each job.
KINDS = ("uploads", "results", "logs")
# A second wall: whatever is removed lies in a folder of its own.
JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Control characters, half surrogate pairs (bytes that are no UTF-8), and backslashes.
UNSHOWABLE = re.compile("[\x00-\x1f\x7f\\\\\ud800-\udfff]")


@dataclass
class IncomingFile:
    """One file of an upload while it is written: its hash is computed on the way."""

    path: Path
    filename: str

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

    @property
    def spool(self) -> Path:
        """Where the web server keeps request bodies that do not fit into memory."""
        return self._folder / "incoming"

    def free_bytes(self) -> int:
        """What the disk of the data folder has left for Bellhop."""
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    def new_incoming(self) -> Path:
        path = self._folder / "incoming" / secrets.token_hex(8)
        path.mkdir()
        return path

    def accept(self, incoming: Path, job_id: str) -> None:
        """Move an upload into place so that it survives a power cut."""
        _sync(incoming)
        os.rename(incoming, self._folder / "uploads" / job_id)
        _sync(self._folder / "uploads")

    def upload(self, job_id: str, stored_name: str) -> Path:
        return self._folder / "uploads" / job_id / stored_name

    def upload_bytes(self, job_id: str) -> int:
        """What the uploads of a job hold."""
        return sum(entry.stat().st_size for entry in os.scandir(self._folder / "uploads" / job_id))

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
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Move what a job wrote into place.

        Returns the files, `[{"name", "size", "path"}]`, and the names of what was left out:
        only regular files with a name that can be shown count, for a link could name any
        file of this machine; nor what `hides` says of its name. `on_file` is called before each,
        as fsync may take its time.
        What a full disk stopped half-way may be called again.
        """
        home = self._folder / "results" / job_id
        place = home / attempt_name
        output = place if place.exists() else output
        found: list[dict[str, Any]] = []
        left_out: list[str] = []
        for path in sorted(output.rglob("*")) if os.listdir(output) else []:
            name = path.relative_to(output).as_posix()
            if _is_folder(path):
                continue
            is_plain = path.is_file() and not path.is_symlink()
            if not is_plain or UNSHOWABLE.search(name) or hides(name):
                left_out.append(name.encode("utf-8", "replace").decode())
                continue
            on_file()
            path.chmod(0o600)
            _sync(path)
            size = path.stat().st_size
            found.append({"name": name, "size": size, "path": f"{attempt_name}/{name}"})
        if found:
            home.mkdir(exist_ok=True)
            # Every folder on the way to a file, or a power cut leaves a row without it.
            for folder in (output, *(path for path in output.rglob("*") if _is_folder(path))):
                _sync(folder)
            if output != place:
                os.rename(output, place)
            _sync(home)
            _sync(home.parent)
        return found, left_out

    def reuse(
        self, files: list[dict[str, Any]], from_job: str, job_id: str, attempt_name: str
    ) -> list[dict[str, Any]]:
        """Give an attempt the output files of an earlier result, as links to the same bytes.

        Raises FileNotFoundError when they are gone meanwhile.
        """
        if not files:
            return []
        home = self._folder / "results" / job_id
        place = home / attempt_name
        remove_tree(place)
        for file in files:
            target = place / file["name"]
            target.parent.mkdir(parents=True, exist_ok=True)
            _link(self.result(from_job, file["path"]), target)
        for folder in (place, *(path for path in place.rglob("*") if _is_folder(path))):
            _sync(folder)
        _sync(home)
        _sync(home.parent)
        return [{**file, "path": f"{attempt_name}/{file['name']}"} for file in files]

    def withdraw(self, job_id: str, attempt_name: str) -> None:
        """Remove what there is of an attempt that was not recorded.

        A power cut may forget a claim of the last moment, and an attempt gets its number again.
        """
        remove_tree(self._folder / "results" / job_id / attempt_name)
        self.log(job_id, attempt_name).unlink(missing_ok=True)

    def result(self, job_id: str, path: str) -> Path:
        return self._folder / "results" / job_id / path

    def log(self, job_id: str, attempt_name: str) -> Path:
        return self._folder / "logs" / job_id / attempt_name

    def remove_job(self, job_id: str, kinds: Sequence[str] = KINDS) -> None:
        """Remove what belongs to a job; ValueError for what is the name of no job."""
        if not JOB_ID.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is not the id of a job")
        for kind in kinds:
            remove_tree(self._folder / kind / job_id)

    def remove_incoming(self) -> None:
        """Remove uploads that a dead web left behind; only the new web may call this."""
        for path in (self._folder / "incoming").iterdir():
            remove_tree(path)

    def has_uploads(self, job_id: str) -> bool:
        return (self._folder / "uploads" / job_id).exists()

    def has_jobs(self) -> bool:
        """Whether anything of a job is here."""
        return any(any((self._folder / kind).iterdir()) for kind in KINDS)

    def jobs_with(self, kind: str, age_s: float) -> list[str]:
        """Job ids whose folder of `kind`, one of `KINDS`, is older than `age_s`.

        What is named as no job is, such as `lost+found`, is not ours.
        """
        oldest = time.time() - age_s
        folders = os.scandir(self._folder / kind)
        ours = (entry for entry in folders if JOB_ID.fullmatch(entry.name))
        return [entry.name for entry in ours if entry.stat().st_mtime < oldest]

    def scratch_folders(self) -> dict[Path, str]:
        """Every scratch folder, and the consumer that made it."""
        found = (self._folder / "scratch").iterdir()
        return {path: path.name.partition("-")[0] for path in found}


class Scratch:
    """The two folders of a job process: empty when an attempt begins."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.home, self.output = folder / "home", folder / "output"
        for path in (folder, self.home, self.output):
            path.mkdir()

    def clear(self) -> None:
        """Make them empty again; OSError when something in them resists."""
        for path in (self.home, self.output):
            # Most attempts leave nothing, and a folder is expensive to make.
            if not path.exists() or os.listdir(path):
                remove_tree(path)
                path.mkdir()

    def remove(self) -> None:
        remove_tree(self.folder)


def remove_tree(path: str | Path) -> None:
    """Remove a folder, also when a job took the rights to its parts away."""
    shutil.rmtree(path, ignore_errors=True)
    if not os.path.lexists(path):
        return
    os.chmod(path, 0o700)
    for parent, folders, _ in os.walk(path):
        for folder in folders:
            inner = Path(parent, folder)
            if not inner.is_symlink():  # its target is not ours to change
                inner.chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


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
    match = re.search(r"\.[A-Za-z0-9]{1,16}$", filename)
    return match.group().lower() if match else ""


def _link(source: Path, target: Path) -> None:
    """Give a file another name, or a copy where the disk knows no links, or no more of them."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno == errno.ENOENT or error.errno in NO_ROOM:
            raise
        shutil.copyfile(source, target)
        _sync(target)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _sync(path: Path) -> None:
    """Put a file, or the names in a folder, on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
