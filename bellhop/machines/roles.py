"""The role that each machine has at the PostgreSQL server: what it may do there, and its end.

It may do what a consumer does, and nothing with the accounts, their sessions, tokens and secrets;
to the audit log it only adds. The role of the home owns the tables.
"""

from __future__ import annotations

import time

from bellhop.base.errors import StartRefused
from bellhop.database.database import database, query
from bellhop.storage.models import TABLES

NO_RIGHTS = ("account", "session", "token", "known_browser", "login_failure", "refusal",
             "join_token", "share", "webhook_secret", "one_time_link", "totp",
             "recovery_code", "sso_identity", "notice_sent", "trouble")  # fmt: skip
RIGHTS = dict.fromkeys(NO_RIGHTS, "") | {
    "audit": "INSERT, SELECT (id)",  # the number of what it added
    "about": "SELECT",
    # Jobs end there as well; who is told, the home alone knows.
    "notice": "INSERT, SELECT (id)",
    "notice_wish": "SELECT",
    "published": "SELECT",
    "machine": "SELECT, UPDATE",
    "counter": "SELECT, UPDATE",
}
ALL = "SELECT, INSERT, UPDATE, DELETE"
MAY_CREATE = """
    SELECT current_user, rolcreaterole OR rolsuper FROM pg_catalog.pg_roles
    WHERE rolname = current_user"""
# What neither the role of the home nor everybody may have a right to hand on.
REACHES = """
    SELECT current_database(), current_schema(),
        has_database_privilege(:role, current_database(), 'CONNECT'),
        has_schema_privilege(:role, current_schema(), 'USAGE')"""
END_SESSIONS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
    WHERE usename = :role"""
# How long a machine that was removed may take to see it, and to end what it runs.
LEAVE_S, LOOK_EVERY_S = 5.0, 0.2


def role_of(name: str, machine: str) -> str:
    """What the role of a machine is called; a later machine of its name has another."""
    return f"bellhop_{name}_{machine[:8]}"


def require_may_create() -> None:
    """Raise StartRefused with the statement to run when this role may create none."""
    ((role, may_create),) = query(MAY_CREATE)
    if not may_create:
        raise StartRefused(
            f"the role {role} may not create the role of a machine; run as a superuser of "
            f'PostgreSQL: ALTER ROLE "{role}" CREATEROLE'
        )


def create(role: str, password: str) -> None:
    """Create the role of a machine, in the transaction of its caller; StartRefused if it cannot."""
    # Its log shows the statements that a server runs, so none of them has the password.
    verifier = database.verifier(role, password)
    database.run(f"CREATE ROLE \"{role}\" LOGIN PASSWORD '{verifier}'")
    grant(role)
    ((name, schema, connects, uses),) = query(REACHES, {"role": role})
    wanted = [] if connects else [f'CONNECT ON DATABASE "{name}"']
    wanted += [] if uses else [f'USAGE ON SCHEMA "{schema}"']
    if wanted:
        grants = "; ".join(f"GRANT {right} TO PUBLIC" for right in wanted)
        raise StartRefused(f"a new role cannot reach the tables; run as a superuser: {grants}")


def grant_if_there(role: str) -> None:
    """Give a role its rights, unless somebody removed it."""
    if _is_there(role):
        grant(role)


def grant(role: str) -> None:
    """Give a role its rights; again after a migration, which may have made tables."""
    ((schema,),) = query("SELECT current_schema()")
    database.run(f'ALTER ROLE "{role}" SET search_path = "{schema}"')
    for table in ["about", *(each._meta.table_name for each in TABLES)]:
        if rights := RIGHTS.get(table, ALL):
            database.run(f'GRANT {rights} ON "{table}" TO "{role}"')


def lock_out(role: str) -> None:
    """Let nobody log in with a role any more; its sessions go on until `end`."""
    if _is_there(role):
        database.run(f'ALTER ROLE "{role}" NOLOGIN')


def sessions(role: str) -> int:
    """How many connections a role has."""
    sql = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE usename = :role"
    return int(query(sql, {"role": role})[0][0])


def end_when_left(role: str) -> None:
    """End a role once its machine saw that it was removed, and ended what it runs; soon anyway."""
    until = time.monotonic() + LEAVE_S
    while sessions(role) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
    end(role)


def end(role: str) -> None:
    """End the sessions of a role, and the role."""
    if not _is_there(role):
        return
    with database.atomic():
        database.run(f'GRANT "{role}" TO CURRENT_USER')  # who may end its sessions
        query(END_SESSIONS, {"role": role})
        database.run(f'DROP OWNED BY "{role}"')
        database.run(f'DROP ROLE "{role}"')


def _is_there(role: str) -> bool:
    return bool(query("SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = :role", {"role": role}))
