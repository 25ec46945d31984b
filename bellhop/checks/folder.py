"""What `check` asks of the data folder: who may use it, its room, whether files fit in."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from bellhop.catalog.catalog import Catalog
from bellhop.checks.answers import Failed, Question
from bellhop.checks.secrets import require_private_secrets
from bellhop.database.database import database
from bellhop.settings.settings import Settings
from bellhop.storage.files import PLACES, Files
from bellhop.storage.installation import Installation, require_owner
from bellhop.stores.folders import remove_tree
from bellhop.system.locks import alone

# What Bellhop itself has in a data folder; a disk that is mounted there has `lost+found` as well.
OURS = re.compile(
    rf"(bellhop|queue)\.db(-\w+)?|before-schema-[\w.-]+|\w+\.(json|lock)|address|{'|'.join(PLACES)}"
)


def of_folder(settings: Settings, here: Installation) -> list[Question]:
    """What is asked of the data folder of any machine."""
    files = Files(settings.data_dir, settings.storage.files)
    private = f"chmod 600 {settings.config_path}"
    ours = f"let Bellhop's user write there: chown -R {os.geteuid()} {here.folder}"
    return [
        Question("rights", partial(rights, settings), ours),
        Question("private settings", partial(_private, settings, here), private),
        Question("folders", partial(moved, files, here), ours),
        Question("disk", partial(room, settings, files), ours),
    ]


def rights(settings: Settings) -> list[str]:
    """Nobody else may use the data folder or change what Bellhop runs, and Bellhop may write."""
    folder, us = settings.data_dir, os.geteuid()
    require_owner(folder)
    inside = [Path(entry.path) for entry in os.scandir(folder) if OURS.fullmatch(entry.name)]
    found = {path: status for path in inside if (status := _status(path))}
    wrong = [*_of_others(found, folder, us), *_changed_by_all(settings)]
    wrong += filter(None, map(_not_written, (folder, *inside)))
    if wrong:
        raise Failed(*wrong)
    return [f"{folder} belongs to user {us}", *_read_by_all(found, folder)]


def _of_others(found: Mapping[Path, os.stat_result], folder: Path, us: int) -> Iterator[str]:
    """The first that is another user's."""
    for path in [path for path, status in found.items() if status.st_uid != us][:1]:
        said = f"{path} belongs to user {found[path].st_uid}, and Bellhop runs as user {us}"
        yield f"{said}; chown -R {us} {folder}"


def _read_by_all(found: Mapping[Path, os.stat_result], folder: Path) -> Iterator[str]:
    """The first that every user can read, which whoever made the folder may want.

    Of a group, somebody may have let them be on purpose, as systems with containers do.
    """
    is_entered = folder.stat().st_mode & stat.S_IXOTH
    for path in [p for p, status in found.items() if is_entered and status.st_mode & stat.S_IROTH]:
        yield f"every user of this machine can read {path}; chmod -R o= {folder}"
        return


def _not_written(path: Path) -> str | None:
    if os.access(path, os.W_OK) or not path.exists():
        return None
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return (
            f"the disk of {path} is read-only; mount -o remount,rw {path}, and if that fails, dmesg"
        )
    return f"{path} cannot be written; chmod -R u+rwX {path}"


def _changed_by_all(settings: Settings) -> Iterator[str]:
    """Settings and job types that everybody can change, and so what runs as Bellhop's user."""
    types = settings.jobtypes_folder
    for path in (settings.config_path, *([types, *types.glob("*.py")] if types else [])):
        status = _status(path)
        if status and status.st_mode & stat.S_IWOTH:
            yield f"every user of this machine can change {path}; chmod o-w {path}"


def _status(path: Path) -> os.stat_result | None:
    with contextlib.suppress(FileNotFoundError):
        return path.stat()
    return None


def _private(settings: Settings, here: Installation) -> list[str]:
    """Those that job types name; those of a name that tells it were refused before."""
    require_private_secrets(settings, Catalog(settings, here))
    return ["other users cannot read them"]


def moved(files: Files, here: Installation) -> list[str]:
    """What a job moves from folder to folder must arrive, on whatever disks they lie.

    Leaves nothing behind.
    """
    name = f"check{secrets.token_hex(6)}"
    with contextlib.ExitStack() as after:
        # Who holds such a lock keeps its scratch folder: the keeper takes it for no litter.
        after.enter_context(alone(here.consumer_lock(name)))
        after.callback(here.forget_consumer, name)
        after.callback(files.remove_job, name)
        incoming = files.new_incoming()
        after.callback(remove_tree, incoming)
        scratch = files.new_scratch(name)
        after.callback(scratch.remove)
        (incoming / "0").write_text("given")
        files.accept(incoming, name)
        taken, _ = files.give(scratch, name, "0", lambda: None)
        (scratch.output / "made").write_text(taken.read_text())
        results = files.fresh_name("0-0-1")
        made, _ = files.publish(scratch.output, name, results, lambda: None, lambda name: False)
        files.new_log(name, "0-0-1").write(b"printed")
        files.send_logs()
        if not made:
            raise Failed("results/ does not contain the output file")
        if not files.printed(name, "0-0-1"):
            raise Failed("logs/ does not contain the output of a job")
    return [f"files can be moved between them; {files.free_bytes() >> 20} MiB are free"]


def room(settings: Settings, files: Files) -> list[str]:
    """Enough must be free for jobs, and should be for the largest upload."""
    free, reserve_mb = files.free_bytes(), settings.storage.reserve_mb
    with database.connection_context():
        unused = database.unused_bytes()
    if free + unused < reserve_mb << 20:
        raise Failed(
            f"{free >> 20} MiB are free in {settings.data_dir}, less than [storage] reserve_mb = "
            f"{reserve_mb}, so Bellhop takes no jobs; free some space, or lower reserve_mb"
        )
    most = min(free - (reserve_mb << 20), files.upload_bytes_left())
    said = [f"{reserve_mb} MiB are reserved, and uploads can have {max(0, most) >> 20} MiB"]
    if most < settings.server.max_upload_bytes:
        limit = f"less than [server] max_upload_mb = {settings.server.max_upload_mb}"
        said.append(f"{said[0]}, {limit}; free some space, or lower max_upload_mb")
    return said
