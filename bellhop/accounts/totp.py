"""The second factor of a login: a code of an app (TOTP, RFC 6238), or a recovery code without it.

It is for those who want it. Each code is accepted once, and guesses are slowed for the account: who
makes one has the password.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

from bellhop.accounts import guessing, passwords
from bellhop.accounts.accounts import Refused
from bellhop.accounts.opaque import hash_of
from bellhop.base import times
from bellhop.database.database import database, query

ISSUER = "Bellhop"
STEP_S, DIGITS = 30, 6
# So many steps may the clock of a phone be off, either way.
SKEW = 1
SECRET_BYTES, RECOVERY_CODES = 20, 10
# How a code was right.
APP, RECOVERY = "app", "recovery"
IS_ON = "SELECT 1 FROM totp WHERE account = :account AND confirmed_at IS NOT NULL"


def is_on(account: str) -> bool:
    """Whether a login to this account takes a code."""
    return bool(query(IS_ON, {"account": account}))


def who_has_it() -> set[str]:
    """The accounts whose logins take a code."""
    return {name for (name,) in query("SELECT account FROM totp WHERE confirmed_at IS NOT NULL")}


def codes_left(account: str) -> int:
    """How many recovery codes an account has."""
    sql = "SELECT count(*) FROM recovery_code WHERE account = :account"
    return int(query(sql, {"account": account})[0][0])


def begin(account: str) -> str:
    """A new secret for an app, in Base32, which counts once a code proves that an app has it.

    Raises Refused where one counts already.
    """
    secret = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()
    begun = """INSERT INTO totp (account, secret) VALUES (:account, :secret)
        ON CONFLICT (account) DO UPDATE SET secret = excluded.secret
        WHERE totp.confirmed_at IS NULL RETURNING account"""
    with database.atomic():
        if not query(begun, {"account": account, "secret": secret}):
            raise Refused("this account has two-factor login already; turn it off first")
    return secret


def address(account: str, secret: str) -> str:
    """What an app reads of a QR code, or is opened with on a phone (Key Uri Format)."""
    told = urlencode({"secret": secret, "issuer": ISSUER})
    return f"otpauth://totp/{ISSUER}:{quote(account)}?{told}"


def confirm(account: str, code: str) -> list[str]:
    """Let the secret count, of which `code` is; new recovery codes, never shown again.

    Raises Refused where the code is wrong, or nothing was begun.
    """
    confirmed = """UPDATE totp SET confirmed_at = :now WHERE account = :account
        AND confirmed_at IS NULL RETURNING account"""
    with database.atomic():
        if is_on(account) or not _take_code(account, code):
            raise Refused("this is not the code that the app shows now")
        if not query(confirmed, {"account": account, "now": times.timestamp()}):
            raise Refused("another request has turned it on meanwhile")
        made = [_recovery_code() for _ in range(RECOVERY_CODES)]
        for each in made:
            query(
                "INSERT INTO recovery_code (hash, account) VALUES (:hash, :account)",
                {"hash": _recovery_hash(account, each), "account": account},
            )
    return made


def accept(account: str, code: str) -> str | None:
    """How this code is right, which is not right again: APP or RECOVERY; None for a wrong one.

    Raises the problem of a try that comes too early after wrong ones.
    """
    counted = [guessing.of_account("code", account)]
    guessing.count(counted)
    with database.atomic():
        how = _how(account, code)
    if how:
        guessing.take_back(counted, is_right=True)
    return how


def remove(account: str) -> bool:
    """Let the password be enough again; whether there was a second factor."""
    with database.atomic():
        query("DELETE FROM recovery_code WHERE account = :account", {"account": account})
        gone = "DELETE FROM totp WHERE account = :account RETURNING confirmed_at"
        return any(at for (at,) in query(gone, {"account": account}))


def code_at(secret: str, step: int) -> str:
    """The code of a time in steps (RFC 4226, 5.3)."""
    key = base64.b32decode(secret)
    mac = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_now() -> int:
    """The time in steps."""
    return int(times.now().timestamp()) // STEP_S


def _how(account: str, code: str) -> str | None:
    if _take_code(account, code):
        return APP
    used = "DELETE FROM recovery_code WHERE hash = :hash RETURNING account"
    return RECOVERY if query(used, {"hash": _recovery_hash(account, code)}) else None


def _take_code(account: str, code: str) -> bool:
    """Whether this is a code of about now, later than any that was accepted before."""
    rows = query("SELECT secret FROM totp WHERE account = :account", {"account": account})
    given = "".join(code.split()).encode("utf-8", "surrogatepass")
    now = step_now()
    for step in range(now - SKEW, now + SKEW + 1):
        if rows and hmac.compare_digest(code_at(rows[0][0], step).encode(), given):
            taken = """UPDATE totp SET last_step = :step WHERE account = :account
                AND last_step < :step RETURNING account"""
            return bool(query(taken, {"account": account, "step": step}))
    return False


def _recovery_code() -> str:
    return passwords.new(groups=3)


def _recovery_hash(account: str, code: str) -> str:
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return hash_of(f"{account} {letters}")
