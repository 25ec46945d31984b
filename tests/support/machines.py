"""Machines of one installation in one process: each with a data folder and job types of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bellhop.catalog import description, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import DescribedFile
from bellhop.catalog.sources import Beside
from bellhop.database.database import query
from bellhop.functions.signature import Input
from bellhop.machines.served import Elsewhere, Publisher
from bellhop.settings import configuration
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder, rows_location

TYPE = """from bellhop import job_type
@job_type
def {name}(text: str) -> str:
    return {code!r}
"""


@dataclass
class Machine:
    """One of them; its types are described without a process."""

    name: str
    settings: Settings
    here: Installation
    types: Path

    def __post_init__(self) -> None:
        self.catalog = Catalog(self.settings, self.here)
        self.merged = Catalog(self.settings, self.here, elsewhere=Elsewhere(self.here))
        self.publisher = Publisher(self.here)

    def has(
        self, name: str, code: str = "1", *, queue: str = "ai", error: str | None = None
    ) -> None:
        """Have a job type, whose file holds `code`; `error` says why it cannot be used."""
        (self.types / f"{name}.py").write_text(TYPE.format(name=name, code=code))
        self._describe(name, queue, error)

    def lacks(self, name: str) -> None:
        (self.types / f"{name}.py").unlink()
        self._store({path: f for path, f in self._known().items() if Path(path).stem != name})

    def _describe(self, name: str, queue: str, error: str | None) -> None:
        path = self.types / f"{name}.py"
        of_it = replace(
            description.unknown_type(name),
            label=f"{name} of {self.name}",
            inputs=(Input("text", "text", required=True, schema={}),),
            queue=queue,
            code="0" * 64,
        )
        stamp = typefiles.stamp(path, Beside(self.types))
        self._store({**self._known(), str(path): DescribedFile((of_it,), error, (*stamp, ""))})

    def _known(self) -> dict[str, DescribedFile]:
        stored = json.loads(self.here.described_types.read_bytes())
        return {path: description.from_json(entry) for path, entry in stored.items()}

    def _store(self, files: dict[str, DescribedFile]) -> None:
        draft = self.here.described_types.with_suffix(".draft")
        draft.write_bytes(description.to_json(files))
        draft.replace(self.here.described_types)

    def tell(self) -> None:
        """Tell the others what it has now."""
        self.publisher._look_at = 0.0
        self.publisher.tell(self.catalog.offers())

    def runs(self, name: str) -> bool:
        return query(
            "SELECT problem FROM served WHERE machine = :machine AND type = :name",
            {"machine": self.here.machine, "name": name},
        ) == [(None,)]

    def problem(self, name: str) -> str | None:
        ((problem,),) = query(
            "SELECT problem FROM served WHERE machine = :machine AND type = :name",
            {"machine": self.here.machine, "name": name},
        )
        return None if problem is None else str(problem)


def machine(
    folder: Path, url: str, name: str, queues: Sequence[str] = ("ai",), described: bytes = b"{}",
    text: str = "",
) -> Machine:  # fmt: skip
    """A machine with its row; it is the home if it is called so."""
    own = folder / name
    (own / "types").mkdir(parents=True)
    (own / "config.ini").touch(0o600)
    (own / "config.ini").write_text(f"[storage]\ndatabase = {url}\n{text}")
    settings = configuration.load(own / "config.ini")
    is_home = name == "home"
    here = Installation(
        make_folder(settings),
        "test",
        "sqlite",
        "",
        rows=rows_location(settings),
        machine=f"{name}-id",
        home="" if is_home else "https://home.example",
    )
    here.described_types.write_bytes(described)
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES (:id, :name, :is_home, :queues, '', :place, :at, :at)""",
        {"id": here.machine, "name": name, "is_home": is_home, "place": here.place,
         "queues": json.dumps(dict.fromkeys(queues, 1)), "at": "2026-11-29T21:00:00.000000Z"},
    )  # fmt: skip
    return Machine(name, settings, here, own / "types")


def add_machine(here: Installation, name: str = "") -> None:
    """A member of the installation, at the place where it is."""
    query(
        """INSERT INTO machine (id, name, is_home, queues, version, place, joined_at, seen_at)
        VALUES (:id, :name, :is_home, '{}', '1', :place, '2026', '2026')""",
        {
            "id": here.machine,
            "name": name or here.machine,
            "is_home": here.is_home,
            "place": here.place,
        },
    )
