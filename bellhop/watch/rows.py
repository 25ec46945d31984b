"""What the database knows of watched folders: which file belongs to which job, and where it goes.

A row of `watched` is written with its job and goes when the file has its place, so that each file
becomes one job and lands in one place, whenever a process dies. `target` is `done/NAME` or
`failed/NAME`, the name percent-encoded, as a file may have any bytes in its name.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from urllib.parse import quote, unquote_to_bytes

from bellhop.base.documents import stored
from bellhop.base.shapes import read
from bellhop.database.database import database, query
from bellhop.settings.apart import DONE, FAILED

ACCEPTED = "INSERT INTO watched (id, mark, job) VALUES (:id, :mark, :job)"
REFUSED = "INSERT INTO watched (id, mark, target, why) VALUES (:id, :mark, :target, :why)"
SET_TARGET = "UPDATE watched SET target = :target, why = :why WHERE id = :id"
WITH_TARGET = """SELECT id, target, why FROM watched
    WHERE mark = :mark AND target IS NOT NULL LIMIT :most"""
FORGET_TARGET = "UPDATE watched SET target = NULL WHERE id = :id AND job IS NOT NULL"
FORGET_REFUSED = "DELETE FROM watched WHERE id = :id AND job IS NULL"
TARGETS = "SELECT id, target FROM watched WHERE mark = :mark AND target IS NOT NULL"
HAS_ANY = "SELECT 1 FROM watched WHERE mark = :mark LIMIT 1"
KNOWN = "SELECT id FROM watched WHERE mark = :mark"
DELETE = "DELETE FROM watched WHERE id = :id"
MARK = "SELECT mark FROM watch WHERE name = :name AND folder = :folder"
SET_MARK = """INSERT INTO watch (name, folder, mark) VALUES (:name, :folder, :mark)
    ON CONFLICT (name) DO UPDATE SET folder = excluded.folder, mark = excluded.mark"""
TELL = """INSERT INTO watch (name, folder, told) VALUES (:name, :folder, :told)
    ON CONFLICT (name) DO UPDATE SET told = excluded.told"""
TOLD = "SELECT told FROM watch WHERE name = :name"


@dataclass(frozen=True)
class Ending:
    """Where a file goes, `done` or `failed`, under which name, and why it failed."""

    token: str
    where: str
    name: str
    why: str | None

    @property
    def target(self) -> str:
        return f"{self.where}/{quote(os.fsencode(self.name), safe='')}"


@dataclass(frozen=True)
class Told:
    """What a watch says: files that wait, why none becomes a job, what is wrong with some.

    `more` is how many problems there are beside those.
    """

    waiting: int = 0
    held: str | None = None
    problems: list[str] = field(default_factory=list)
    more: int = 0


def accept(token: str, mark: str, job_id: str) -> None:
    """Note whose file a job has, in the transaction that accepts it."""
    query(ACCEPTED, {"id": token, "mark": mark, "job": job_id})


def refuse(mark: str, ending: Ending) -> None:
    """Note where a file goes that becomes no job."""
    values = {"id": ending.token, "mark": mark, "target": ending.target, "why": ending.why}
    with database.atomic():
        query(REFUSED, values)


def set_targets(endings: Sequence[Ending]) -> None:
    with database.atomic():
        for ending in endings:
            query(SET_TARGET, {"id": ending.token, "target": ending.target, "why": ending.why})


def with_target(mark: str, most: int) -> list[Ending]:
    """Files of a folder that are not in their place yet, as far as anybody knows."""
    found = query(WITH_TARGET, {"mark": mark, "most": most})
    return [Ending(token, *place, why) for token, target, why in found if (place := _place(target))]


def mend(mark: str) -> None:
    """Forget the targets that are none: the files get one again, or are submitted again."""
    wrong = [token for token, target in query(TARGETS, {"mark": mark}) if not _place(target)]
    with database.atomic():
        for token in wrong:
            query(FORGET_TARGET, {"id": token})
            query(FORGET_REFUSED, {"id": token})


def _place(target: str) -> tuple[str, str] | None:
    """The folder and the name of a target; None of what leads to no file of these folders."""
    where, _, quoted = str(target).partition("/")
    name = os.fsdecode(unquote_to_bytes(quoted))
    is_name = name not in ("", ".", "..") and "/" not in name and "\0" not in name
    return (where, name) if where in (DONE, FAILED) and is_name else None


def known(mark: str) -> set[str]:
    """The tokens of the files of a folder that belong to jobs, or were refused."""
    return {token for (token,) in query(KNOWN, {"mark": mark})}


def has_any(mark: str) -> bool:
    return bool(query(HAS_ANY, {"mark": mark}))


def delete(tokens: Sequence[str]) -> None:
    with database.atomic():
        for token in tokens:
            query(DELETE, {"id": token})


def mark_of(name: str, folder: str) -> str:
    """The mark of what a watch found last under this path; empty when it never did."""
    found = query(MARK, {"name": name, "folder": folder})
    return str(found[0][0]) if found else ""


def set_mark(name: str, folder: str, mark: str) -> None:
    with database.atomic():
        query(SET_MARK, {"name": name, "folder": folder, "mark": mark})


def tell(name: str, folder: str, told: Told) -> None:
    with database.atomic():
        text = json.dumps(asdict(told), ensure_ascii=False)
        query(TELL, {"name": name, "folder": folder, "told": text})


def told(name: str) -> Told:
    """What a watch told last; nothing where it did not yet, or nobody can read it."""
    found = query(TOLD, {"name": name})
    try:
        return read(Told, stored(found[0][0], dict, "watch", name, "told")) if found else Told()
    except ValueError:
        return Told()
