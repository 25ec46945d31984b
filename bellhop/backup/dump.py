"""The rows of a PostgreSQL as a file of `pg_dump`, which any version of Bellhop can be given."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bellhop.base.errors import StartRefused, said_of
from bellhop.database.database import database, query
from bellhop.system import children, proctree

INSTALL = "install the programs of PostgreSQL {0} or newer, such as postgresql-client-{0}, in PATH"


class NoPrograms(StartRefused):
    """The programs of PostgreSQL are not here, or are older than the server."""


def schema_of_tables() -> str:
    ((name,),) = query("SELECT current_schema()")
    return str(name)


@dataclass(frozen=True)
class Dump:
    """The database of this process, as the programs of PostgreSQL reach it.

    `schema` has its tables; `secret` is the part of their environment that nobody else may see.
    """

    name: str
    secret: Mapping[str, str]
    schema: str

    @classmethod
    def of_server(cls) -> Dump:
        """NoPrograms where `pg_dump` is not here, or older than the server, which it refuses."""
        ((number,),) = query("SELECT current_setting('server_version_num')")
        needed, found = int(number) // 10000, _version()
        if found < needed:
            said = (
                f"is of PostgreSQL {found}, and the server of {needed}" if found else "is missing"
            )
            raise NoPrograms(f"pg_dump {said}; {INSTALL.format(needed)}")
        name, secret = database.for_programs()
        return cls(name, secret, schema_of_tables())

    def write(self, path: Path) -> None:
        """Write all rows, as they are at one moment; StartRefused with what pg_dump says."""
        # In quotes: else it is a pattern, of small letters.
        schema = '"{}"'.format(self.schema.replace('"', '""'))
        what = ("--format=custom", f"--file={path}", f"--schema={schema}")
        _run("--no-password", f"--dbname={self.name}", *what, environment=self.secret)


def _run(*options: str, environment: Mapping[str, str] | None = None) -> str:
    """What pg_dump printed; StartRefused with the line in which it says why not."""
    try:
        process = children.start(
            ["pg_dump", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C", **(environment or {})},
            preexec_fn=proctree.end_with_parent,
        )
    except OSError as error:
        raise StartRefused(f"pg_dump cannot be run ({said_of(error)})") from None
    printed, said = (text.decode("utf-8", "replace") for text in process.communicate())
    if process.returncode:
        lines = [line for line in said.splitlines() if "error:" in line] or [said]
        raise StartRefused(f"pg_dump failed ({' '.join(lines[0].split()) or 'it was ended'})")
    return printed


def _version() -> int:
    """The version of the programs here; 0 where there are none."""
    if not shutil.which("pg_dump"):
        return 0
    found = re.search(r"PostgreSQL\) (\d+)", _run("--version"))
    return int(found[1]) if found else 0
