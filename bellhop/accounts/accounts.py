"""Accounts: a name, a role and a password; the sessions and tokens that stand for one.

Whoever has no account gets nowhere from the first account on, whatever becomes of the accounts
later: an installation is closed once and for all, and only its console opens it again. Of
sessions and tokens only the SHA-256 is kept; each is random enough that this says nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bellhop.accounts import browsers, guessing, passwords
from bellhop.accounts.access import ANYBODY, LOCAL, TOKEN_SCOPES, User
from bellhop.accounts.opaque import hash_of, new_secret
from bellhop.base.addresses import network
from bellhop.base.errors import Problem
from bellhop.base.texts import cleaned
from bellhop.base.times import shifted, timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, fault_of, query
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.installation import read_record, starting, write_record

NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
# A session ends when it was not used for the first, and in any case after the second.
SESSION_IDLE_DAYS, SESSION_DAYS = 14, 90
TOUCH_EVERY_S = 60.0
MOST_SESSIONS = MOST_TOKENS = 50
MOST_TOKEN_NAME, MOST_AGENT = 80, 200
TOKEN_DAYS, MOST_TOKEN_DAYS = 365, 3650
TOKEN_PREFIX = "bellhop_"
# A login this young makes a token without the password once more; and how long that may last.
FRESH_LOGIN_S, MOST_FRESH_DAYS = 900.0, 365
# A link that is over is kept for so long, to say to who opens it what became of it.
LINKS_KEPT_DAYS = 90
CLOSED = "SELECT value FROM counter WHERE name = 'closed'"
USE_SESSION = "UPDATE session SET used_at = :now WHERE id = :id"
USE_TOKEN = "UPDATE token SET used_at = :now WHERE id = :id"
END_SESSION = "DELETE FROM session WHERE account = :account AND id = :id RETURNING id"
END_SESSIONS_BUT = """
    DELETE FROM session WHERE account = :account AND (CAST(:but AS BIGINT) IS NULL OR id != :but)"""
IS_SESSION = "SELECT 1 FROM session WHERE id = :id AND account = :account"
IS_TOKEN = "SELECT 1 FROM token WHERE id = :id AND account = :account"
# It waits for who changes the row, and looks at what they have made of it.
HOLD = """
    UPDATE account SET role = role WHERE name = :name AND is_disabled = 0
    AND role = coalesce(:role, role) AND (CAST(:stored AS TEXT) IS NULL OR password = :stored)
    RETURNING name"""
REVOKE_TOKEN = "DELETE FROM token WHERE account = :account AND id = :id RETURNING id"


class Refused(Exception):
    """It cannot be done to this account; the text says why."""


def is_closed() -> bool:
    """Whether a login is needed: when the database or the record says so, or nothing says no."""
    return presence.is_closed() or query(CLOSED) != [(0,)]


def hashed(password: str, name: str = "") -> str:
    """What is stored of a new password of the account `name`. Raises Refused."""
    if problem := passwords.problem_of(password, name):
        raise Refused(f"the password {problem}")
    return passwords.hashed(password, name)


def add(name: str, role: str, stored: str | None) -> bool:
    """Add an account with a `hashed` password or without one, and close the installation.

    Whether it is the first admin, to whom everything from before belongs. Raises Refused.
    """
    values = {"name": name, "role": role, "password": stored, "now": timestamp()}
    with database.atomic():
        require_new(name)
        is_first_admin = role == "admin" and not query("SELECT 1 FROM account WHERE role = 'admin'")
        query(
            """INSERT INTO account (name, role, password, created_at)
            VALUES (:name, :role, :password, :now)""",
            values,
        )
        query("UPDATE counter SET value = 1 WHERE name = 'closed'")
    return is_first_admin


def require_new(name: str) -> None:
    """Raise Refused when no account can be added under this name."""
    if not NAME.fullmatch(name) or name == LOCAL:
        said = "a name has up to 64 lower-case letters, digits and . _ @ -, and cannot be 'local'"
        raise Refused(f"{name!r}: {said}")
    if _row(name):
        raise Refused(f"there is already an account {name}")


def set_password(name: str, stored: str, *, keep_session: int | None = None) -> int:
    """Give an account another password; how many tokens ended with the old one.

    It is logged out everywhere but in `keep_session`, and no browser is known any more.
    """
    require(name)
    with database.atomic():
        query(
            "UPDATE account SET password = :password WHERE name = :name",
            {"name": name, "password": stored},
        )
        guessing.forget(name)
        return _end_credentials(name, keep_session)


def set_role(name: str, role: str) -> None:
    """Give an account another role, from its next request on."""
    require(name)
    with database.atomic():
        query("UPDATE account SET role = :role WHERE name = :name", {"name": name, "role": role})
        if role != "admin":
            _revoke_links("made_by = :account", name)


def disable(name: str, *, is_disabled: bool) -> int:
    """Let an account in no more, or again; how many tokens ended, for good, with its sessions."""
    require(name)
    with database.atomic():
        query(
            "UPDATE account SET is_disabled = :is_disabled WHERE name = :name",
            {"name": name, "is_disabled": is_disabled},
        )
        return _end_credentials(name, None)


def reopen() -> None:
    """Remove every account and let everybody of this machine in again; jobs keep their owners."""
    with database.atomic():
        query("DELETE FROM account")
        query("DELETE FROM one_time_link")
        query("DELETE FROM login_failure")
        query("DELETE FROM refusal")
        query("UPDATE counter SET value = 0 WHERE name = 'closed'")


def record_access(settings: Settings) -> None:
    """Record whether a login is needed, after that changed: no other database is opened then."""
    with starting(settings) as folder:
        here = read_record(folder)
        if here and here.is_closed != is_closed():
            write_record(replace(here, is_closed=not here.is_closed))


def every() -> list[dict[str, Any]]:
    """Every account, by name."""
    names = ("name", "role", "is_disabled", "created_at", "tokens", "used_at")
    rows = query(
        """SELECT name, role, is_disabled, created_at,
            (SELECT count(*) FROM token WHERE account = account.name
                AND (expires_at IS NULL OR expires_at > :now)),
            max(coalesce((SELECT max(used_at) FROM session WHERE account = account.name), ''),
                coalesce((SELECT max(used_at) FROM token WHERE account = account.name), ''))
        FROM account ORDER BY name""",
        {"now": timestamp()},
    )
    return [{**dict(zip(names, row, strict=True)), "used_at": row[-1] or None} for row in rows]


def exists(name: str) -> bool:
    """Whether there is an account of this name."""
    return _row(name) is not None


def stored_of(name: str) -> str | None:
    """What is stored of the password; whom a proxy or a provider logs in may have none."""
    return (_row(name) or (None,))[0]


def has_password(name: str) -> bool:
    """Whether an account has a password."""
    return stored_of(name) is not None


def hold(name: str, role: str | None = None, stored: str | None = None) -> None:
    """Keep an account as it is until this transaction ends; Refused when it is not so any more.

    Whoever asked was let in a moment ago, and a password takes long to check: meanwhile an admin
    may have disabled the account, or given it another role or password.
    """
    found = query(HOLD, {"name": name, "role": role, "stored": stored})
    if not found:
        raise Refused(f"the account {name} was changed meanwhile")


def hold_user(user: User) -> None:
    """The same of the account of a user, and of the session or token with which they came."""
    if user.name == LOCAL:
        return
    hold(user.name, user.role)
    for sql, number in ((IS_SESSION, user.session), (IS_TOKEN, user.token)):
        if number is not None and not query(sql, {"id": number, "account": user.name}):
            raise Refused("this login has ended meanwhile")


def require_admin() -> None:
    """Raise Refused when no admin is left who may come in."""
    if not query("SELECT 1 FROM account WHERE role = 'admin' AND is_disabled = 0"):
        raise Refused("no other admin would be left")


def require(name: str) -> None:
    """Raise Refused when there is no account of this name."""
    if _row(name) is None:
        known = ", ".join(account["name"] for account in every()) or "none"
        raise Refused(f"there is no account {name}; there are: {known}")


def role_of(name: str) -> str | None:
    """The role of an account that may come in, as which its schedules submit; None of others."""
    if not is_closed():
        return ANYBODY.role
    rows = query("SELECT role FROM account WHERE name = :name AND is_disabled = 0", {"name": name})
    return rows[0][0] if rows else None


def has_token(account: str, number: int) -> bool:
    """Whether an account has a token with this number, which is not over."""
    sql = """SELECT 1 FROM token WHERE account = :account AND id = :id
        AND (expires_at IS NULL OR expires_at > :now)"""
    return bool(query(sql, {"account": account, "id": number, "now": timestamp()}))


def check_password(name: str, password: str, *, address: str, browser: str = "") -> bool:
    """Whether this is the password of an account that may come in.

    `browser` is the secret of the browser, as `browsers.begin` gave it one. An unknown name costs
    the same time and is counted in the same way as a wrong password. Raises the problem of a try
    that has to wait.
    """
    known = browsers.known_as(browser, name)
    where = network(address)
    is_known = browsers.is_known_network(name, where)
    counted = guessing.counters(name, where, known, is_known=is_known)
    guessing.count(counted)
    row = _row(name)
    stored, is_disabled = row or (None, True)
    try:
        # A known browser waits for its own account alone.
        whose = where if known is None else name
        is_right = passwords.matches(password, stored, whose, is_known=known is not None)
    except Problem:
        guessing.take_back(counted, is_right=False)
        raise
    if is_right and not is_disabled:
        guessing.take_back(counted, is_right=True)
    return is_right and not is_disabled


def begin_session(secret: str, name: str, address: str, agent: str) -> None:
    """Let `secret` stand for an account; of too many sessions the one that rested longest ends."""
    values = {
        "hash": hash_of(secret), "account": name, "address": address,
        "agent": cleaned(agent)[:MOST_AGENT], "now": timestamp(),
    }  # fmt: skip
    with database.atomic():
        query(
            """INSERT INTO session (hash, account, address, agent, created_at, used_at)
            VALUES (:hash, :account, :address, :agent, :now, :now)""",
            values,
        )
        query(
            f"""DELETE FROM session WHERE account = :account AND id NOT IN (
                SELECT id FROM session WHERE account = :account
                ORDER BY used_at DESC, id DESC LIMIT {MOST_SESSIONS})""",
            {"account": name},
        )


def of_session(secret: str, *, is_use: bool = True) -> User | None:
    """Whose session this is; None when it ended, or when its account may not come in.

    `is_use` false only looks, and writes nothing.
    """
    values = {
        "hash": hash_of(secret),
        "idle": timestamp(-SESSION_IDLE_DAYS * DAY_S),
        "oldest": timestamp(-SESSION_DAYS * DAY_S),
    }
    rows = query(
        """SELECT session.id, name, role, used_at FROM session JOIN account ON name = account
        WHERE hash = :hash AND is_disabled = 0 AND used_at > :idle
        AND session.created_at > :oldest""",
        values,
    )
    if not rows:
        return None
    number, name, role, used_at = rows[0]
    if is_use:
        _touch(USE_SESSION, number, used_at)
    return User(name, role, role == "admin", "session", number)


def of_token(secret: str, *, is_use: bool = True) -> User | None:
    """Whose token this is; None when it is over or revoked, or its account may not come in."""
    rows = query(
        """SELECT token.id, account.name, role, scope, used_at FROM token
        JOIN account ON account.name = account WHERE hash = :hash AND is_disabled = 0
        AND (expires_at IS NULL OR expires_at > :now)""",
        {"hash": hash_of(secret), "now": timestamp()},
    )
    if not rows:
        return None
    number, name, role, scope, used_at = rows[0]
    if is_use:
        _touch(USE_TOKEN, number, used_at)
    return User(name, role, role == "admin", scope, token=number)


def is_fresh(session: int | None) -> bool:
    """Whether the login of this session was a moment ago."""
    since = timestamp(-FRESH_LOGIN_S)
    sql = "SELECT 1 FROM session WHERE id = :id AND created_at BETWEEN :since AND :now"
    return bool(query(sql, {"id": session, "since": since, "now": timestamp()}))


def add_token(account: str, *, name: str = "", scope: str = "all", days: int = TOKEN_DAYS) -> str:
    """A new token, which is never shown again; `days` 0 is for ever. Raises Refused."""
    require(account)
    if scope not in TOKEN_SCOPES or not 0 <= days <= MOST_TOKEN_DAYS:
        scopes = ", ".join(TOKEN_SCOPES)
        raise Refused(f"a token needs a scope ({scopes}) and 0 to {MOST_TOKEN_DAYS} days")
    secret = TOKEN_PREFIX + new_secret()
    now = timestamp()
    values = {
        "hash": hash_of(secret), "account": account, "scope": scope,
        "name": cleaned(name).strip()[:MOST_TOKEN_NAME],
        "now": now, "expires": shifted(now, timedelta(days=days)) if days else None,
    }  # fmt: skip
    with database.atomic():
        count = query("SELECT count(*) FROM token WHERE account = :account", values)[0][0]
        if count >= MOST_TOKENS:
            raise Refused(f"{account} already has {count} tokens; revoke one first")
        query(
            """INSERT INTO token (hash, account, name, scope, created_at, expires_at)
            VALUES (:hash, :account, :name, :scope, :now, :expires)""",
            values,
        )
    return secret


def tokens(account: str) -> list[dict[str, Any]]:
    """The tokens of an account, newest first; none shows its secret."""
    names = ("id", "name", "scope", "created_at", "expires_at", "used_at")
    rows = query(
        f"SELECT {', '.join(names)} FROM token WHERE account = :account ORDER BY id DESC",
        {"account": account},
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def sessions(account: str) -> list[dict[str, Any]]:
    """Where an account is logged in, the one that was used last first."""
    names = ("id", "address", "agent", "created_at", "used_at")
    rows = query(
        f"SELECT {', '.join(names)} FROM session WHERE account = :account AND used_at > :idle"
        " ORDER BY used_at DESC, id DESC",
        {"account": account, "idle": timestamp(-SESSION_IDLE_DAYS * DAY_S)},
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def revoke_token(account: str, number: int) -> bool:
    """End a token; False when the account has none with this number."""
    return _revoke(REVOKE_TOKEN, account, number)


def end_session(account: str, number: int) -> bool:
    """Log out; False when the account has no session with this number."""
    return _revoke(END_SESSION, account, number)


def forget_old() -> None:
    """Forget sessions, tokens and known browsers that are over, and failed logins of long ago."""
    with database.atomic():
        query(
            "DELETE FROM session WHERE used_at < :idle OR created_at < :oldest",
            {
                "idle": timestamp(-SESSION_IDLE_DAYS * DAY_S),
                "oldest": timestamp(-SESSION_DAYS * DAY_S),
            },
        )
        query("DELETE FROM token WHERE expires_at < :now", {"now": timestamp()})
        browsers.forget_old()
        query(
            "DELETE FROM one_time_link WHERE expires_at < :old",
            {"old": timestamp(-LINKS_KEPT_DAYS * DAY_S)},
        )
        guessing.forget_old()


def _row(name: str) -> tuple[str | None, bool] | None:
    """(stored password, whether it is disabled) of an account, None when there is none."""
    if not NAME.fullmatch(name):
        return None
    rows = query("SELECT password, is_disabled FROM account WHERE name = :name", {"name": name})
    return rows[0] if rows else None


def _touch(statement: str, number: int, used_at: str | None) -> None:
    """Note that a credential was used, once a minute."""
    if used_at is not None and used_at > timestamp(-TOUCH_EVERY_S):
        return
    try:
        query(statement, {"id": number, "now": timestamp()})
    except Exception as error:
        if fault_of(error) is None:
            raise  # on a full disk people may still look


def _revoke(statement: str, account: str, number: int) -> bool:
    with database.atomic():
        return bool(query(statement, {"account": account, "id": number}))


def _end_credentials(account: str, but: int | None) -> int:
    """End all that lets somebody in as an account, but for one session; how many tokens ended.

    So do the links that it made for others: who had stolen the password may have made them.
    """
    values = {"account": account, "but": but}
    _revoke_links("(made_by = :account OR account = :account AND kind = 'reset')", account)
    query(END_SESSIONS_BUT, values)
    browsers.forget(account)
    return len(query("DELETE FROM token WHERE account = :account RETURNING id", values))


def _revoke_links(which: str, account: str) -> None:
    """Revoke the open ones of those links, of or by an account."""
    query(
        f"""UPDATE one_time_link SET revoked_at = :now
        WHERE used_at IS NULL AND revoked_at IS NULL AND {which}""",
        {"account": account, "now": timestamp()},
    )
