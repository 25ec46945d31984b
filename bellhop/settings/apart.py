"""Which folders are in use, so that a file that is dropped becomes a job of one watch alone.

Paths are compared as they are written when settings are read, and as they really are when a folder
is opened (watch/places.py): both by the rule here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bellhop.settings.settings import Settings

# What Bellhop creates in a watched folder; it looks into no other folder there.
PRIVATE, DONE, FAILED = ".bellhop", "done", "failed"


@dataclass(frozen=True)
class Place:
    """A folder in use: the files in `top`, and all that is in `trees`; `said` names it."""

    said: str
    top: Path
    trees: tuple[Path, ...] = ()

    def meets(self, other: Place) -> bool:
        """Whether a file may be of both."""
        return (
            self.top == other.top
            or any(self.top.is_relative_to(tree) for tree in other.trees)
            or any(other.top.is_relative_to(tree) for tree in self.trees)
        )


def watched(name: str, folder: Path) -> Place:
    """The place of a watch."""
    trees = tuple(folder / each for each in (PRIVATE, DONE, FAILED))
    return Place(f"the folder of [watch:{name}]", folder, trees)


def of_bellhop(
    settings: Settings, locate: Callable[[Path], Path] = lambda path: path
) -> Iterator[Place]:
    """The places of Bellhop itself; `locate` gives the form of a path in which all are compared."""
    config = settings.config_path
    yield Place(f"the folder of {config.name}", locate(config.parent))
    if settings.log_file:
        yield Place("the folder of [server] log_file", locate(settings.log_file.parent))
    files = settings.storage.files
    shared = Path(files) if files.startswith("/") else None
    for path in (settings.data_dir, shared, settings.jobtypes_folder, settings.backup_folder):
        if path:
            where = locate(path)
            yield Place(f"{path}, which Bellhop itself uses", where, (where,))


def why_not(place: Place, others: Iterable[Place]) -> str | None:
    """Why a folder cannot be watched beside others, as the end of a sentence."""
    met = (other.said for other in others if place.meets(other))
    return next((f"shares files with {said}" for said in met), None)
