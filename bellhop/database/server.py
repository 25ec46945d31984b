"""Brings a PostgreSQL database to the schema of this program, or says why it cannot be used.

The tables come of the same migrations as those of SQLite. Version and owner stand in a row of the
table `about`, as SQLite has them in the head of its file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext

from peewee import DatabaseError

from bellhop.base import program
from bellhop.base.errors import REMOVED, NotAMember, StartRefused
from bellhop.database import translation, versions
from bellhop.database.condition import Condition, look
from bellhop.database.connection import PostgresError, answering, connect
from bellhop.database.database import bind_server, database, query
from bellhop.database.faults import is_login_refused, said_by
from bellhop.database.schema import Keep, TooNew, keep_nothing, migrations, require_nothing
from bellhop.settings.settings import postgresql_location

BEFORE, AFTER = "postgresql_functions", "postgresql_triggers"
OLDEST = 150000  # PostgreSQL 15
ABOUT = """
    CREATE TABLE IF NOT EXISTS about (version BIGINT NOT NULL, mark BIGINT NOT NULL);
    ALTER TABLE about ADD COLUMN IF NOT EXISTS needs BIGINT NOT NULL DEFAULT 0"""
# Whether the table `about` is Bellhop's, and not one of that name of another program.
IS_THERE = """
    SELECT count(*) = 2 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass('about')
        AND attname IN ('version', 'mark') AND atttypid = 'bigint'::regtype"""
# Tables, views and sequences, but for those that an extension brought.
OTHERS = """
    SELECT count(*) FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = relnamespace AND nspname = current_schema()
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND c.oid NOT IN (SELECT objid FROM pg_catalog.pg_depend WHERE deptype = 'e')"""
PID = "SELECT pg_backend_pid()"
MACHINES_SINCE = 10  # the schema
# What a server and a role must be, each as the words that say what is wrong with it, or NULL.
PROBLEMS = (
    f"""CASE WHEN current_setting('server_version_num')::integer < {OLDEST} THEN
        'is version ' || current_setting('server_version') || '; Bellhop needs 15 or newer' END""",
    """CASE WHEN pg_is_in_recovery()
        THEN 'is a standby, which cannot be written; name the primary' END""",
    """CASE WHEN current_setting('transaction_read_only')::boolean THEN 'can only be read by this '
        'role; reset default_transaction_read_only of the role and the database' END""",
    """CASE WHEN current_setting('server_encoding') != 'UTF8' THEN 'has the encoding ' ||
        current_setting('server_encoding') || '; create the database with the encoding UTF8' END""",
    """CASE WHEN NOT EXISTS (SELECT 1 FROM pg_collation WHERE collname = 'und-x-icu')
        THEN 'was built without ICU; install one with it, as all distributions have' END""",
)
# The same of the role that owns the tables.
PROBLEMS_OF_OWNER = (
    """CASE WHEN has_schema_privilege(current_schema(), 'CREATE') IS NOT TRUE THEN 'does not let '
        'this role create tables; grant CREATE on the schema, or make the role its owner' END""",
    f"""(SELECT 'does not let this role use the table ' || relname || '; make the role its owner'
        FROM pg_class WHERE ({IS_THERE}) AND relname = ANY ('{{{{{{tables}}}}}}') AND relkind = 'r'
        AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('about'))
        AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
        ORDER BY relname LIMIT 1)""",
)
# What a server or libpq says, and what to do about it. A server may say it in another language:
# then the code of what happened, which libpq hides while a connection is made, may still be known.
HINTS = (
    (r"28P01|password authentication failed|no password supplied",
     "check the user and the password in [storage] database"),
    (r"pg_hba\.conf", "allow this machine, user and database in pg_hba.conf of the server"),
    (r"3D000|database \".*\" does not exist|no such database",
     "create the database first, for example with createdb"),
    (r"role \".*\" does not exist|no such user",
     "create the role first, for example with createuser"),
    (r"is not permitted to log in", "allow it to the role: ALTER ROLE … LOGIN"),
    (r"42501|permission denied|must be owner",
     "let this role own the database and its tables, or grant it what is missing"),
    (r"53300|too many c|remaining connection slots|no more connections",
     "raise max_connections of the server, or end other programs that use it"),
    (r"unsupported startup parameter",
     "it is PgBouncer, which Bellhop cannot use; name the server behind it"),
    (r"25006|57P03|read-only|hot standby|in recovery|recovery mode|starting up|shutting down|"
     r"accepting connections$|accepting connections ",
     "it is a standby, or starts or stops: name the primary, or wait"),
    (r"53100|No space left|could not (extend|write)", "make room on the disk of the server"),
    (r"55P03|57014|lock timeout|statement timeout",
     "another program has locked the database: end it, and try again"),
    (r"certificate|SSL", "check sslmode and sslrootcert in [storage] database"),
    (r"failed to resolve|Connection refused|timed out|timeout expired|o route|unreachable|No such",
     "check that the server runs, and its address in [storage] database"),
    (r"invalid|missing .=. after|unknown", "check the address in [storage] database"),
)  # fmt: skip
# How psycopg and libpq tell it; between a severity and its text are two blanks in all languages.
OF_ALL = "All failures were:"
ATTEMPT = re.compile(
    r"(?:- host: '?(.*?)'?, port: '?(.*?)'?, hostaddr: .*?: )?(?:connection (?:failed|is bad): )?"
    r"(?:connection to server .*? failed: )?(?:\S+:  )?(.*)"
)
BESIDE = re.compile(r"\s|LINE \d|\S+:  ")
OTHERWISE = (
    "check the address, the user and the password in [storage] database, and the server's own log"
)


def migrate(
    url: str,
    *,
    alone: bool,
    may_create: bool = True,
    mark: int = 0,
    may_be_newer: bool = False,
    lease_s: float = 60.0,
    keep: Keep = keep_nothing,
    require: Callable[[], object] = require_nothing,
) -> None:
    """Bring the database at `url` to this program's schema; called under `start.lock`.

    `mark` tells it from those of other installations, 0 to mark none; `may_be_newer`: one of a
    newer version is left as it is, if this program can live with it. A machine that has not beaten
    for `lease_s` runs nothing. `keep` is around the migrations of one that has rows,
    and what `require` refuses of these undoes them.
    Raises StartRefused when the server cannot be used, when the database is from a newer version,
    of another installation, missing where it must be (`may_create` false), or in use (`alone`
    false, or by other machines) while a migration is due. Then nothing was changed.
    """
    where = f"PostgreSQL at {postgresql_location(url)}"
    require_usable(url)
    bind_server(url)
    try:
        with database.connection_context():
            version, found = _stood()
            if version > len(migrations()) and may_be_newer and found == mark:
                versions.require_not_too_old(where)
                return
            if version >= MACHINES_SINCE and versions.is_breaking(version):
                versions.require_no_other_machine(where, lease_s)
            is_due = alone and 0 < version < len(migrations()) and found in (0, mark)
            with keep(version) if is_due else nullcontext(), database.atomic():
                bring_up(where, alone=alone, may_create=may_create, mark=mark)
                if is_due:
                    require()
    except (PostgresError, DatabaseError) as error:
        raise refused(url, error) from None


def bring_up(where: str, *, alone: bool, may_create: bool, mark: int) -> None:
    """What `migrate` does, inside the transaction of its caller; `where` is what it is called."""
    steps = migrations()
    version, found = _stood()
    if version > len(steps):
        raise TooNew(where, version)
    if version == 0 and not may_create:
        raise StartRefused(f"{where} has no tables of Bellhop; restore a backup of the database")
    if mark and found not in (0, mark):
        raise StartRefused(f"{where} is the database of another installation; name another one")
    if version == len(steps) and found == mark:
        return
    if version < len(steps) and not alone:
        raise StartRefused(f"{where} needs a migration; stop every other Bellhop first")
    if version == 0 and query(OTHERS)[0][0]:
        raise StartRefused(f"{where} holds tables of another program; name an empty database")
    for sql in (_asset(BEFORE), *map(translation.tables, steps[version:]), _asset(AFTER), ABOUT):
        database.run(sql)
    if version and versions.is_breaking(version):
        query(versions.FENCE)
    query("DELETE FROM about")
    known = {"version": len(steps), "mark": mark or found, "needs": versions.needed(len(steps))}
    query("INSERT INTO about (version, mark, needs) VALUES (:version, :mark, :needs)", known)


def _stood() -> tuple[int, int]:
    """The schema and the mark of the database; 0 where it has none."""
    ((is_there,),) = query(IS_THERE)
    stood = query("SELECT version, mark FROM about") if is_there else []
    return stood[0] if stood else (0, 0)


def _asset(name: str) -> str:
    return program.asset(f"database/migrations/{name}.sql").decode()


def meet(url: str, mark: int) -> None:
    """Use the database at `url` as a machine that joined, which migrates nothing.

    Waits until the home knows no less than this program. Raises NotAMember when its login was taken
    away, StartRefused when the server cannot be used, the database is of another installation, or
    this program is too old for it.
    """
    where = f"PostgreSQL at {postgresql_location(url)}"
    require_usable(url, is_owner=False)
    bind_server(url)
    try:
        with database.connection_context():
            if _stood()[1] != mark:
                raise StartRefused(f"{where} is the database of another installation")
            versions.require_not_too_old(where)
        versions.wait_for_home(where)
    except (PostgresError, DatabaseError) as error:
        raise refused(url, error) from None


def require_usable(url: str, *, is_owner: bool = True) -> None:
    """Raise StartRefused with one line that says why Bellhop cannot use the server at `url`.

    `is_owner`: its role shall own the tables. A machine that joined has one that does not.
    """
    problems_of = (*PROBLEMS, *PROBLEMS_OF_OWNER) if is_owner else PROBLEMS
    where = f"PostgreSQL at {postgresql_location(url)}"
    try:
        with connect(url) as first, connect(url) as second:
            is_shared = answering(first, PID) == answering(second, PID)
            problems = answering(first, f"SELECT {', '.join(problems_of)}".format(tables=_tables()))
    except PostgresError as error:
        if not is_owner and is_login_refused(error):
            raise NotAMember(REMOVED) from None
        raise refused(url, error) from None
    if is_shared:
        raise StartRefused(f"{where} is PgBouncer in transaction mode; name the server behind it")
    if problem := next(filter(None, problems), None):
        raise StartRefused(f"{where} {problem}")


def condition(url: str, *, is_owner: bool = True) -> Condition:
    """How the server is; StartRefused, as `require_usable`, when Bellhop cannot use it."""
    require_usable(url, is_owner=is_owner)
    bind_server(url, may_write=False)
    try:
        with database.connection_context():
            return look()
    except (PostgresError, DatabaseError) as error:
        raise refused(url, error) from None


def _tables() -> str:
    names = re.findall(
        r"CREATE TABLE (\w+)", f"{ABOUT} {migrations()}".replace("IF NOT EXISTS ", "")
    )
    return ",".join(names)


def refused(url: str, error: Exception) -> StartRefused:
    """One line about what the server, or libpq, says."""
    error = said_by(error)
    said = "; ".join(_reasons(str(error)))
    known = f"{getattr(error, 'sqlstate', None)} {said}"
    hint = next((hint for words, hint in HINTS if re.search(words, known)), OTHERWISE)
    return StartRefused(f"PostgreSQL at {postgresql_location(url)} cannot be used ({said}); {hint}")


def _reasons(text: str) -> list[str]:
    """What was said, without where; of several servers, with where."""
    told: dict[str, str] = {}
    for line in (text.partition(OF_ALL)[2] or text).splitlines():
        if line.strip() and not BESIDE.match(line):
            place, port, reason = ATTEMPT.findall(line)[0]
            told.setdefault(reason, f"{place}:{port}: {reason}" if place else reason)
    return list(told.values())
