"""Uploads that survive: files that arrive in parts and wait until a job takes them.

A row says whose a file is, how long it will be, and how much of it is on the disk for good. What
was written since then is lost only with the machine, so in the same boot the file itself says how
much is there: a web that is killed loses nothing of what had arrived.

The file comes before its row and goes after it. A job takes a file as a link, and the row goes in
the transaction that accepts the job: refused or interrupted, the upload is as it was.

A schedule keeps the uploads that its job names: from then on they are nobody's to find, take or
remove, they expire never, and each of its jobs gets links to them.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bellhop.base.errors import Problem, invalid_field
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, named, query
from bellhop.storage.files import Files, safe_suffix
from bellhop.storage.models import Upload
from bellhop.system.boot import boot
from bellhop.uploads.metadata import metadata, sha256_in
from bellhop.uploads.parts import Part, Parts, sha256_of

# Of one owner; far more than a job may have items.
MOST_UPLOADS = 10_000
LATER_S = 60
# When the uploads expire that a schedule keeps, which no other do.
KEPT = "9999-12-31T23:59:59.999999Z"
NO_BYTES = hashlib.sha256().hexdigest()
LOCKED = Problem(
    "upload-locked", "Bellhop still saves what another request sent; ask for the offset again."
)
GONE = Problem("not-found", "There is no upload with this id, or it has expired.")


class Altered(Problem):
    """A whole file that is not what its client announced."""


ALTERED = Altered(
    "checksum-mismatch",
    "The SHA-256 of the file is not the one in Upload-Metadata; Bellhop removed the file.",
)
INSERT = """
    INSERT INTO upload
        (id, owner, filename, metadata, length, stored_bytes, boot, sha256, expires_at)
    VALUES (:id, :owner, :filename, :metadata, :length, :stored_bytes, :boot, :sha256, :expires_at)
    RETURNING *"""
LOST = Problem(
    "expired", "A file of this schedule is gone; edit the schedule and choose its files again."
)
FIND = f"SELECT * FROM upload WHERE id = :id AND owner = :owner AND expires_at != '{KEPT}'"
FIND_KEPT = f"SELECT * FROM upload WHERE id = :id AND expires_at = '{KEPT}'"
KNOWN = "SELECT id FROM upload WHERE owner = :owner AND sha256 = :sha256 LIMIT 1"
OF_SCHEDULES = f"SELECT * FROM upload WHERE owner = :owner AND expires_at = '{KEPT}'"
COUNT = f"SELECT count(*) FROM upload WHERE owner = :owner AND expires_at != '{KEPT}'"
BEGIN_AGAIN = "UPDATE upload SET stored_bytes = :offset, boot = :boot WHERE id = :id"
KEEP = f"""UPDATE upload SET stored_bytes = :stored_bytes, boot = :boot, sha256 = :sha256,
    expires_at = :expires_at WHERE id = :id AND expires_at != '{KEPT}' RETURNING *"""
KEEP_FOREVER = f"""UPDATE upload SET owner = :owner, expires_at = '{KEPT}'
    WHERE id = :id AND expires_at != '{KEPT}' RETURNING id"""
REMOVE = f"DELETE FROM upload WHERE id = :id AND expires_at != '{KEPT}' RETURNING id"
LET_GO = f"DELETE FROM upload WHERE id = :id AND expires_at = '{KEPT}' RETURNING id"
FORGET = "DELETE FROM upload WHERE id = :id"
FORGET_OLD = "DELETE FROM upload WHERE expires_at < :now"
EVERY_FILE = "SELECT id, stored_bytes FROM upload ORDER BY id"
EVERY_ID = "SELECT id FROM upload"


@dataclass(frozen=True)
class Given:
    """An upload as the file of a new job; `path` ends with the name that it will have there."""

    upload: Upload
    path: Path
    field: str

    @property
    def filename(self) -> str:
        return str(self.upload.filename)

    @property
    def size(self) -> int:
        return int(self.upload.length)

    @property
    def is_kept(self) -> bool:
        """Whether a schedule keeps it."""
        return str(self.upload.expires_at) == KEPT


class Uploads:
    """The uploads of one installation, in its web, whose requests write them."""

    def __init__(self, data: Path):
        self._parts = Parts(data)
        self._open: dict[str, Part] = {}
        self._lock = threading.Lock()

    def find(self, owner: str, upload_id: str) -> Upload:
        """Raises the problem of one that is not there, or not theirs."""
        found = named(FIND, {"id": upload_id, "owner": owner})
        if not found or not self.has(upload_id):
            raise GONE
        return Upload(**found[0])

    def has(self, upload_id: str) -> bool:
        """Whether the file of an upload is there."""
        return self._parts.path(upload_id).exists()

    @contextlib.contextmanager
    def known(
        self, owner: str, sha256: str, length: int, files: Files, jobs: Sequence[str]
    ) -> Iterator[Path | None]:
        """A file with this content, for a block: an upload of this owner, or of one of `jobs`."""
        if found := query(KNOWN, {"owner": owner, "sha256": sha256}):
            path = self._parts.path(found[0][0])
            yield path if path.exists() and path.stat().st_size == length else None
            return
        with contextlib.ExitStack() as opened:
            paths = _uploads_of(files, jobs, length, opened)
            yield next((path for path in paths if sha256_of(path) == sha256), None)

    def add(
        self,
        owner: str,
        filename: str,
        length: int,
        metadata: str,
        admit: Callable[[], object],
        known: tuple[Path, str] | None = None,
    ) -> Upload:
        """A new upload, empty; or whole, with the content of a `known` file, of that SHA-256.

        `admit` raises the problem of one too many, in the transaction that writes the row.
        """
        upload_id = secrets.token_hex(16)
        content, sha256 = known or (None, None if length else NO_BYTES)
        self._parts.add(upload_id, content)
        row = {
            "id": upload_id, "owner": owner, "filename": filename, "metadata": metadata,
            "length": length, "stored_bytes": length if sha256 else 0, "boot": boot(),
            "sha256": sha256, "expires_at": timestamp(DAY_S),
        }  # fmt: skip
        try:
            with database.atomic():
                _require_few(owner)
                admit()
                return Upload(**named(INSERT, row)[0])
        except Problem:
            self._parts.remove(upload_id)
            raise

    def offset(self, upload: Upload) -> int:
        """How much of it is there; the problem when its file is gone."""
        try:
            size = self._parts.size(upload.id)
        except FileNotFoundError:
            raise GONE from None
        return int(min(size, upload.length if upload.boot == boot() else upload.stored_bytes))

    def begin(self, upload: Upload, offset: int, *, unproved: bool = False) -> Part:
        """Take what a request sends from `offset` on; the one before it is cut off.

        What is `unproved`, as its checksum is compared later, counts only once it is kept. Raises
        the problem of another offset, or of a request that has arrived and is being kept.
        """
        with self._lock:
            if (before := self._open.get(upload.id)) and not before.cut():
                raise LOCKED
            if (at := self.offset(upload)) != offset:
                said = f"Bellhop has {at} bytes of this upload, so it continues at {at}."
                raise Problem("offset-conflict", said)
            part = self._open[upload.id] = Part(self._parts.path(upload.id), at)
        counts_in = "" if unproved else boot()
        if upload.boot != counts_in:
            query(BEGIN_AGAIN, {"id": upload.id, "offset": at, "boot": counts_in})
        return part

    def end(self, part: Part) -> None:
        """No more comes; what came stays where it is."""
        with self._lock:
            part.close()
            if self._open.get(part.path.name) is part:
                del self._open[part.path.name]

    def keep(self, upload: Upload, part: Part) -> Upload:
        """Put what came on the disk for good, and note it; the upload as it is now.

        Removes a whole one that is not what its client announced, and raises the problem.
        """
        part.sync()
        sha256 = upload.sha256
        if part.offset == upload.length and not sha256:
            sha256 = sha256_of(part.path)
            if sha256 != (sha256_in(metadata(upload.metadata)) or sha256):
                self.remove(upload.id)
                raise ALTERED
        row = {
            "id": upload.id, "stored_bytes": part.offset, "boot": boot(), "sha256": sha256,
            "expires_at": timestamp(DAY_S),
        }  # fmt: skip
        if not (kept := named(KEEP, row)):
            raise GONE
        return Upload(**kept[0])

    def remove(self, upload_id: str) -> None:
        """Forget it, and remove its file; GONE when there is none."""
        if not query(REMOVE, {"id": upload_id}):
            raise GONE
        self._parts.remove(upload_id)

    def given(
        self,
        owner: str,
        ids: Sequence[tuple[str, str]],
        before: int = 0,
        kept: Collection[str] = (),
    ) -> list[Given]:
        """The files of a new job, after `before` others, by (field, id of an upload).

        Each is free and this owner's, or one of those that are `kept` for the job.
        """
        if len({upload_id for _, upload_id in ids}) < len(ids):
            raise invalid_field("upload", "the same upload is given twice")
        found = []
        for number, (field, upload_id) in enumerate(ids, before):
            upload = _kept(upload_id) if upload_id in kept else self._whole(owner, upload_id)
            path = Path(f"{number}{safe_suffix(upload.filename)}")
            found.append(Given(upload, path, field))
        return found

    def _whole(self, owner: str, upload_id: str) -> Upload:
        try:
            upload = self.find(owner, upload_id)
        except Problem:
            said = f"there is no upload {upload_id!r}, or it has expired"
            raise invalid_field("upload", said) from None
        if upload.sha256 is None and self.offset(upload) == upload.length:
            upload = self._settled(upload)
        if upload.sha256 is None:
            raise invalid_field("upload", f"{upload.filename} has not arrived completely yet")
        return upload

    def _settled(self, upload: Upload) -> Upload:
        """Keep what arrived while nobody could be told: a web was killed, or a session ended."""
        part = self.begin(upload, upload.length)
        try:
            return self.keep(upload, part)
        except Altered:
            said = f"{upload.filename} did not arrive as it was sent; send it again"
            raise invalid_field("upload", said) from None
        finally:
            self.end(part)

    @contextlib.contextmanager
    def taken(
        self, given: Sequence[Given], files: Files, job_id: str
    ) -> Iterator[Callable[[], None]]:
        """Around the acceptance of a job that takes what it is `given` among its `files`.

        Call what is given in the transaction of the job: it forgets their rows, and raises the
        problem of one that another job has taken meanwhile.
        """
        if given:
            self.lend(given, files, job_id)

        def take() -> None:
            for file in given:
                if not query(REMOVE, {"id": file.upload.id}):
                    raise _gone(file)

        yield take
        for file in given:
            self._parts.remove(file.upload.id)

    def lend(self, given: Sequence[Given], files: Files, job_id: str) -> None:
        """Give what a job is given to its `files` too, so that it survives a power cut there."""
        try:
            files.lend([(self._parts.path(g.upload.id), g.path.name) for g in given], job_id)
        except FileNotFoundError:
            for file in given:
                if not self._parts.path(file.upload.id).exists():
                    raise _gone(file) from None
            raise

    def remove_files(self, ids: Iterable[str]) -> None:
        """Remove the files of uploads whose rows are gone."""
        for upload_id in ids:
            self._parts.remove(upload_id)


def keep_forever(owner: str, files: Sequence[Given]) -> None:
    """Let a schedule of `owner` keep files, in the transaction that writes it.

    Raises the problem of one that is not there any more.
    """
    for file in files:
        values = {"id": file.upload.id, "owner": owner}
        if not query(FIND_KEPT if file.is_kept else KEEP_FOREVER, values):
            raise _gone(file)


def let_go(ids: Iterable[str]) -> list[str]:
    """Forget uploads that a schedule keeps no longer, in its transaction; those that were there."""
    return [upload_id for upload_id in ids if query(LET_GO, {"id": upload_id})]


def kept(owner: str) -> dict[str, Upload]:
    """The files that the schedules of an owner keep, by their ids."""
    return {row["id"]: Upload(**row) for row in named(OF_SCHEDULES, {"owner": owner})}


def sent(files: Sequence[Given]) -> list[tuple[Given, str]]:
    """The files of a job, each with its SHA-256."""
    return [(file, str(file.upload.sha256)) for file in files]


def every_file() -> list[tuple[str, int]]:
    """The key of the file of each upload, such as uploads/.parts/ID, and what is there for good."""
    return [(f"uploads/.parts/{upload_id}", size) for upload_id, size in query(EVERY_FILE)]


def forget_old() -> None:
    """Forget uploads that nobody took within a day; their files are litter then."""
    query(FORGET_OLD, {"now": timestamp()})


def remove_litter(data: Path, age_s: float) -> None:
    """Remove files without a row that are older than `age_s`, and rows without a file."""
    parts = Parts(data)
    if not parts.is_there():  # nor is anything lost while its disk is not mounted
        return
    old = parts.older_than(age_s)
    # Asked after the folder: a file comes before its row.
    known = {upload_id for (upload_id,) in query(EVERY_ID)}
    for upload_id in set(old) - known:
        parts.remove(upload_id)
    for upload_id in known:
        if not parts.path(upload_id).exists():
            query(FORGET, {"id": upload_id})


def _uploads_of(
    files: Files, jobs: Iterable[str], length: int, opened: contextlib.ExitStack
) -> Iterator[Path]:
    """The uploads of jobs with this length, as local files until `opened` ends."""
    for job in jobs:
        for name, size in files.upload_sizes(job).items():
            with contextlib.suppress(FileNotFoundError):  # they expire meanwhile
                if size == length:
                    yield opened.enter_context(files.local_upload(job, name))


def _kept(upload_id: str) -> Upload:
    found = named(FIND_KEPT, {"id": upload_id})
    if not found:
        raise LOST
    return Upload(**found[0])


def _gone(file: Given) -> Problem:
    if file.is_kept:
        return LOST
    return invalid_field("upload", f"another job has taken {file.filename}")


def _require_few(owner: str) -> None:
    if query(COUNT, {"owner": owner})[0][0] >= MOST_UPLOADS:
        said = f"{owner} has {MOST_UPLOADS} uploads that no job has taken; remove some of them."
        raise Problem("too-many-requests", said, retry_after_s=LATER_S)
