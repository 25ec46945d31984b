"""Brings a PostgreSQL database to the schema of this program, or says why it cannot be used.

The tables come of the same migrations as those of SQLite. Version and owner stand in a row of the
table `about`, as SQLite has them in the head of its file.
"""

from __future__ import annotations

import re

from peewee import DatabaseError

from bellhop.base import program
from bellhop.base.errors import StartRefused
from bellhop.base.settings import postgresql_location
from bellhop.database import translation
from bellhop.database.condition import Condition, look
from bellhop.database.database import bind_server, database, query
from bellhop.database.postgresql import OLDEST, PostgresError, answering, connect
from bellhop.database.schema import migrations, of_newer

BEFORE, AFTER = "postgresql_functions", "postgresql_triggers"
ABOUT = "CREATE TABLE IF NOT EXISTS about (version BIGINT NOT NULL, mark BIGINT NOT NULL)"
IS_THERE = "SELECT to_regclass('about') IS NOT NULL"
OTHER_TABLES = """
    SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"""
PID = "SELECT pg_backend_pid()"
RIGHTS = """
    SELECT has_schema_privilege(current_schema(), 'CREATE'), pg_is_in_recovery(),
        current_setting('server_version_num'), current_setting('server_encoding'),
        EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')"""
# What the server says, in words that PostgreSQL has had for long, and what to do about it.
HINTS = (
    (r"password authentication failed|no password supplied",
     "check the user and the password in [storage] database"),
    (r"database \".*\" does not exist", "create the database first, for example with createdb"),
    (r"role \".*\" does not exist", "create the role first, for example with createuser"),
    (r"too many clients|remaining connection slots|too many connections",
     "raise max_connections of the server, or end other programs that use it"),
    (r"unsupported startup parameter",
     "it is PgBouncer, which Bellhop cannot use: name the server behind it"),
    (r"session is read-only|hot standby|recovery|starting up",
     "it is a standby, or starting: name the primary, or wait"),
    (r"No space left|could not extend", "make room on the disk of the server"),
    (r"certificate|SSL", "check sslmode and sslrootcert in the address"),
    (r"no pg_hba.conf entry", "allow this machine in pg_hba.conf of the server"),
)  # fmt: skip
OTHERWISE = "check that the server runs and that the address is right"


def migrate(url: str, *, alone: bool, may_create: bool = True, mark: int = 0) -> None:
    """Bring the database at `url` to this program's schema; called under `start.lock`.

    `mark` tells it from those of other installations, 0 to mark none. Raises StartRefused when the
    server cannot be used, when the database is from a newer version, of another installation,
    missing where it must be (`may_create` false), or in use (`alone` false) while a migration is
    due. Then nothing was changed.
    """
    where = f"PostgreSQL at {postgresql_location(url)}"
    require_usable(url)
    bind_server(url)
    try:
        with database.connection_context(), database.atomic():
            _migrate(where, alone=alone, may_create=may_create, mark=mark)
    except (PostgresError, DatabaseError) as error:
        raise refused(url, error) from None


def _migrate(where: str, *, alone: bool, may_create: bool, mark: int) -> None:
    steps = migrations()
    ((is_there,),) = query(IS_THERE)
    version, found = query("SELECT version, mark FROM about")[0] if is_there else (0, 0)
    if version > len(steps):
        raise StartRefused(of_newer(where, version))
    if version == 0 and not may_create:
        raise StartRefused(f"{where} has no tables of Bellhop; restore a backup of the database")
    if mark and found not in (0, mark):
        raise StartRefused(f"{where} is the database of another installation; name another one")
    if version == len(steps) and found == mark:
        return
    if version < len(steps) and not alone:
        raise StartRefused(f"{where} needs a migration; stop every other Bellhop first")
    if version == 0 and query(OTHER_TABLES)[0][0]:
        raise StartRefused(f"{where} holds tables of another program; name an empty database")
    for sql in (_asset(BEFORE), *map(translation.tables, steps[version:]), _asset(AFTER), ABOUT):
        database.run(sql)
    query("DELETE FROM about")
    known = {"version": len(steps), "mark": mark or found}
    query("INSERT INTO about (version, mark) VALUES (:version, :mark)", known)


def _asset(name: str) -> str:
    return program.asset(f"database/migrations/{name}.sql").decode()


def require_usable(url: str) -> None:
    """Raise StartRefused with one line that says why Bellhop cannot use the server at `url`."""
    where = f"PostgreSQL at {postgresql_location(url)}"
    try:
        with connect(url) as first, connect(url) as second:
            is_shared = answering(first, PID) == answering(second, PID)
            rights = answering(first, RIGHTS)
    except PostgresError as error:
        raise refused(url, error) from None
    may_create, is_standby, version, encoding, has_icu = rights
    problem = None
    if is_shared:
        problem = "is PgBouncer in transaction mode; name the server behind it"
    elif int(version) < OLDEST:
        problem = f"is version {int(version) // 10000}; Bellhop needs 15 or newer"
    elif is_standby:
        problem = "is a standby, which cannot be written; name the primary"
    elif encoding != "UTF8":
        problem = f"has the encoding {encoding}; create the database with the encoding UTF8"
    elif not has_icu:
        problem = "was built without ICU; install one with it, as all distributions have"
    elif not may_create:
        problem = "does not let this role create tables; grant CREATE on the schema, or own it"
    if problem:
        raise StartRefused(f"{where} {problem}")


def condition(url: str) -> Condition:
    """How the server is; StartRefused, as `require_usable`, when Bellhop cannot use it."""
    require_usable(url)
    bind_server(url, may_write=False)
    try:
        with database.connection_context():
            return look()
    except (PostgresError, DatabaseError) as error:
        raise refused(url, error) from None


def refused(url: str, error: Exception) -> StartRefused:
    """One line about what the server says."""
    said = " ".join(str(error).split())
    hint = next((hint for words, hint in HINTS if re.search(words, said)), OTHERWISE)
    reason = re.sub(r"^.*(?:FATAL|ERROR):\s*", "", said)
    return StartRefused(
        f"PostgreSQL at {postgresql_location(url)} cannot be used ({reason}); {hint}"
    )
