"""The command `machine`: adds, lists, drains and removes the machines of an installation.

It works on the rows themselves, at the console of the home: whoever may use that needs no login.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from bellhop.accounts import audit
from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.base.times import seconds_since
from bellhop.cli import start
from bellhop.cli.drain import wait_until_idle
from bellhop.cli.people import CONSOLE
from bellhop.database.database import database, refusing, waited_out
from bellhop.jobs import consumers, queries
from bellhop.machines import joining, members, roles
from bellhop.machines.members import Member
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation

WHO = "the command"


@refusing()
def run(settings: Settings, given: argparse.Namespace) -> None:
    """Do one action; StartRefused with why it cannot be done."""
    here = start.join_from_console(settings)
    with database.connection_context():
        if given.action == "add":
            _add(settings, here, given)
        elif given.action == "list":
            _list(given)
        elif given.action == "drain":
            _drain(here, given.name)
        else:
            _remove(given.name)


def _add(settings: Settings, here: Installation, given: argparse.Namespace) -> None:
    queues = dict(given.queue)
    near = joining.require_possible(settings, here, given.name, queues)
    address = joining.home_address(settings, here)
    if joining.is_near(urlsplit(address).hostname or ""):
        near.append(f"the page of the home is at {address}")
    with audit.noted(CONSOLE, "", "add machine", given.name):
        token = joining.new_token(given.name, queues, CONSOLE)
    for place in near:
        print(
            f"bellhop: {place}, which is another machine on each machine: {given.name} needs a "
            "tunnel to it at that address",
            file=sys.stderr,
        )
    said = f"Within an hour, run this on {given.name}, where Bellhop is installed; it works once:"
    print(f"bellhop: {said}", file=sys.stderr)
    print(f"bellhop join {address} {token}")


def _list(given: argparse.Namespace) -> None:
    busy = queries.busy_workers()
    taking = {consumer.machine for consumer in queries.consumers() if not consumer.draining}
    found = [_shown(member, busy, taking) for member in members.every()]
    if given.json:
        print(json.dumps(found))
        return
    if not found:
        print("there is one machine: the jobs are in SQLite", file=sys.stderr)
    for each in found:
        queues = " ".join(f"{name}={count}" for name, count in each["queues"].items() if count)
        print(
            f"{each['name']:<16} {each['version'] or '-':<8} {_state(each):<22} "
            f"running: {each['running']:<4} {queues}"
        )
        for problem in each["facts"].get("problems", []):
            print(f"{'':<16} {problem}")


def _shown(
    member: Member, busy: Mapping[str, Counter[str]], taking: Collection[str]
) -> dict[str, Any]:
    return {
        **member._asdict(),
        "is_home": bool(member.is_home),
        "queues": json.loads(member.queues),
        "facts": json.loads(member.facts),
        "running": busy[member.id].total(),
        "takes_items": member.id in taking,
        "seen_at": member.seen_at if member.version else None,
        "is_too_old": members.is_too_old(member),
    }


def _state(shown: dict[str, Any]) -> str:
    """Whether it works; since when it was silent, beyond the time between two signs of one."""
    if shown["seen_at"] is None:
        return "not started yet"
    if shown["is_too_old"]:
        return "too old: update it"
    silent_s = seconds_since(shown["seen_at"]) or 0.0
    if silent_s >= 3 * members.TELL_EVERY_S:
        return f"silent for {silent_s:.0f} s"
    return "ok" if shown["takes_items"] else "takes no new items"


def _drain(here: Installation, name: str) -> None:
    machine = _known(name)
    drained = waited_out(lambda: consumers.drain(machine.id), WHO)
    if machine.id == here.machine:
        wait_until_idle(lambda: queries.held_by(here, drained))
    else:
        wait_until_idle(lambda: queries.busy_workers()[machine.id].total())
    print(f"nothing is running on {name}; it takes items again after a restart", file=sys.stderr)


def _remove(name: str) -> None:
    machine = _known(name)
    if machine.is_home:
        raise StartRefused(f"{name} is the home, which has the page and the schedules; it stays")
    if running := queries.busy_workers()[machine.id].total():
        _confirm(f"{name} runs {running} items, which will run again on other machines. Remove it?")
    role = roles.role_of(name, machine.id)
    with audit.noted(CONSOLE, "", "remove machine", name):
        members.remove(machine.id)
        roles.lock_out(role)
    roles.end_when_left(role)
    print(f"{name} is removed", file=sys.stderr)


def _confirm(question: str) -> None:
    """Ask where somebody can answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    print(f"bellhop: {question} [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise StartRefused("nothing was changed")


def _known(name: str) -> Member:
    found = members.find(name)
    if found is None:
        names = ", ".join(member.name for member in members.every()) or "none"
        raise StartRefused(
            f"there is no machine {name}; the machines are: {names} ({TYPED} machine list)"
        )
    return found
