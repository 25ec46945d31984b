"""The commands `user` and `token`: who may use Bellhop, told at its console.

They work on the data folder itself, whether Bellhop runs or not: who can read and write that
folder needs no other proof of who they are.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from bellhop.accounts import accounts, audit, links, totp
from bellhop.accounts.access import LOCAL
from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.base.texts import shown
from bellhop.cli import start
from bellhop.database.database import database, refusing
from bellhop.jobs import lifecycle
from bellhop.settings.settings import Settings

CONSOLE = "console"


@refusing()
def run(settings: Settings, given: argparse.Namespace) -> None:
    """Do one action; StartRefused with why it cannot be done."""
    given.settings, given.here = settings, start.join_from_console(settings)
    actions = {
        "user": {
            "add": _add, "list": _list, "password": _password, "role": _role,
            "disable": _disable, "enable": _disable, "reset": _reset,
            "invite": _invite, "reset-link": _reset_link, "totp-remove": _remove_totp,
        },
        "token": {"add": _add_token, "list": _list_tokens, "revoke": _revoke_token},
    }  # fmt: skip
    with database.connection_context():
        database.make_durable()
        try:
            actions[given.command][given.action](given)
        except accounts.Refused as refusal:
            raise StartRefused(str(refusal)) from None
        if given.action in ("add", "reset"):
            accounts.record_access(settings)


def _add(given: argparse.Namespace) -> None:
    password = _new_password(given)
    if password is None:
        said = "no password given, so the account can only use tokens; see --password-stdin"
        print(f"bellhop: {said}", file=sys.stderr)
    stored = None if password is None else accounts.hashed(password, given.name)
    with audit.noted(CONSOLE, "", f"add account ({given.role})", given.name):
        if accounts.add(given.name, given.role, stored):
            lifecycle.hand_over(LOCAL, given.name)
    if not any(a["role"] == "admin" and not a["is_disabled"] for a in accounts.every()):
        said = f"there is no admin yet: {TYPED} user add NAME --role admin"
        print(f"bellhop: {said}", file=sys.stderr)


def _invite(given: argparse.Namespace) -> None:
    if not accounts.is_closed():
        said = f"the first account is no invitation: {TYPED} user add {given.name} --role admin"
        raise accounts.Refused(said)
    _print_link(given, links.INVITATION, given.role, f"invite ({given.role})")


def _reset_link(given: argparse.Namespace) -> None:
    _print_link(given, links.RESET, "", "make reset link")


def _print_link(given: argparse.Namespace, kind: str, role: str, words: str) -> None:
    """Print a new link alone on standard output, so that it can be handed on."""
    try:
        base = given.settings.server.public_url or given.here.address_file.read_text()
    except OSError:
        said = "no web is running, to which the link leads: start Bellhop, or set public_url"
        raise StartRefused(said) from None
    with audit.noted(CONSOLE, "", words, given.name):
        secret = links.make(kind, given.name, role, CONSOLE)
    print(links.address(given.settings, secret, base))
    if not given.settings.server.public_url:
        said = f"if others reach Bellhop at another address than {base}, set [server] public_url"
        print(f"bellhop: {said}", file=sys.stderr)


def _list(given: argparse.Namespace) -> None:
    found = accounts.every()
    if given.json:
        print(json.dumps(found))
        return
    for account in found:
        state = "disabled" if account["is_disabled"] else ""
        used = account["used_at"] or "never"
        print(f"{account['name']:<20} {account['role']:<8} {state:<9} last used: {used}")


def _password(given: argparse.Namespace) -> None:
    accounts.require(given.name)
    password = _new_password(given)
    if password is None:
        raise StartRefused("cannot ask for the password without a terminal; use --password-stdin")
    stored = accounts.hashed(password, given.name)
    with audit.noted(CONSOLE, "", "new password", given.name):
        ended = accounts.set_password(given.name, stored)
    _tell_ended(given.name, ended)


def _role(given: argparse.Namespace) -> None:
    with audit.noted(CONSOLE, "", f"role {given.role}", given.name):
        accounts.set_role(given.name, given.role)


def _disable(given: argparse.Namespace) -> None:
    with audit.noted(CONSOLE, "", f"{given.action} account", given.name):
        ended = accounts.disable(given.name, is_disabled=given.action == "disable")
    _tell_ended(given.name, ended)


def _remove_totp(given: argparse.Namespace) -> None:
    accounts.require(given.name)
    with audit.noted(CONSOLE, "", "remove two-factor login", given.name):
        if not totp.remove(given.name):
            raise accounts.Refused(f"{given.name} has no two-factor login")


def _reset(given: argparse.Namespace) -> None:
    with audit.noted(CONSOLE, "", "remove every account"):
        accounts.reopen()
    said = "all accounts are removed; restart Bellhop: then each user of this machine can use it"
    print(f"bellhop: {said}", file=sys.stderr)


def _add_token(given: argparse.Namespace) -> None:
    days = accounts.TOKEN_DAYS if given.days is None else given.days
    with audit.noted(CONSOLE, "", f"add token ({given.scope})", given.name):
        token = accounts.add_token(given.name, name=given.label, scope=given.scope, days=days)
    print(token)


def _list_tokens(given: argparse.Namespace) -> None:
    accounts.require(given.name)
    for token in accounts.tokens(given.name):
        ends, used = token["expires_at"] or "never", token["used_at"] or "never"
        print(
            f"{token['id']:>4} {token['scope']:<7} {shown(token['name']):<20} "
            f"ends: {ends}, used: {used}"
        )


def _revoke_token(given: argparse.Namespace) -> None:
    with audit.noted(CONSOLE, "", "revoke token", f"{given.number} of {given.name}"):
        if not accounts.revoke_token(given.name, given.number):
            raise accounts.Refused(f"{given.name} has no token {given.number}")


def _tell_ended(name: str, tokens: int) -> None:
    if tokens:
        print(f"bellhop: tokens of {name} that ended: {tokens}; create new ones", file=sys.stderr)


def _new_password(given: argparse.Namespace) -> str | None:
    """From standard input, or asked for twice; None where nobody can be asked."""
    if given.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        return None
    password = getpass.getpass(f"Password of {given.name}: ")
    if getpass.getpass("Repeat the password: ") != password:
        raise StartRefused("the passwords differ")
    return password
