"""What may stand on the command line: every command with its options and their help."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bellhop import __version__
from bellhop.accounts.access import ROLES, TOKEN_SCOPES
from bellhop.base.program import TYPED
from bellhop.base.texts import as_typed

MOST_WORKERS = 256
Add = Callable[[str, str], argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog=TYPED, description="Background jobs for small teams.")
    whole.add_argument("--config", metavar="FILE", help="use another config.ini")
    whole.add_argument("--version", action="version", version=f"bellhop {__version__}")
    whole.set_defaults(command="serve")
    commands = whole.add_subparsers(metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(command=name)
        return command

    whole.set_defaults(handover=None)
    serve = add("serve", "start the web and a consumer under one parent (the default)")
    serve.add_argument("--handover", help=argparse.SUPPRESS)
    half = add("web", "start only the web")
    half.add_argument("--socket-fd", type=int, help=argparse.SUPPRESS)
    half.add_argument("--connections-fd", type=int, nargs=2, default=(), help=argparse.SUPPRESS)
    _add_of_a_half(half)
    half = add("consumer", "start only a consumer (as consumer.sh does)")
    half.add_argument(
        "--queue", action="append", metavar="NAME", help="serve only this queue; repeatable"
    )
    half.add_argument(
        "--workers", action=_Workers, metavar="N", help="number of workers for that queue"
    )
    _add_of_a_half(half)
    prepared = add("prepare", "choose the storage, migrate the database, and exit")
    prepared.add_argument("--settings-fd", type=int, help=argparse.SUPPRESS)
    prepared.add_argument("--start-lock", type=int, help=argparse.SUPPRESS)
    prepared.add_argument("--trial", help=argparse.SUPPRESS)
    _add_client_commands(add)
    _add_checks(add)
    add("drain", "stop taking new items, and return when nothing is running")
    add("reload", "read config.ini again, and say which changes need a restart")
    add(
        "restart",
        "replace the running program by the installed one, without losing a request or job",
    )
    _add_backup(add)
    _add_move(add)
    _add_machine_commands(add)
    _add_service(add)
    _add_account_commands(add)
    _add_type_commands(add)
    return whole


def _add_of_a_half(half: argparse.ArgumentParser) -> None:
    for name in ("--ready-fd", "--settings-fd"):
        half.add_argument(name, type=int, help=argparse.SUPPRESS)


def _add_type_commands(add: Add) -> None:
    """Those for who writes a job type."""
    trial = add("try", "run a job type without a server or queue")
    trial.add_argument("type")
    trial.add_argument("inputs", nargs="*", metavar="FILE|URL|TEXT|JSON")
    said = "a parameter, or the file of a further input as K=@FILE; repeatable"
    trial.add_argument(
        "--param", type=_key_value, action="append", default=[], metavar="K=V", help=said
    )
    new = add("new", "write a new job type, with a test")
    new.add_argument("name", nargs="?", metavar="NAME")
    kinds = ("file", "url", "text", "none")
    new.add_argument("--input", choices=kinds, default=kinds[0], help="what an item is")
    said = "run a function that is installed, such as textwrap:shorten"
    new.add_argument("--from", dest="wraps", metavar="MODULE:FUNCTION", help=said)


def _add_checks(add: Add) -> None:
    for name, help in (
        ("check", "test this installation, and say what mends it"),
        ("config", "print each setting with its value, and where that comes from"),
        ("space", "show what takes how much room, and what makes room"),
        ("upgrade-check", "say what an upgrade to this version would do, and change nothing"),
    ):
        add(name, help).add_argument("--json", action="store_true", help="print JSON")


def _add_client_commands(add: Add) -> None:
    """Those that talk to a running Bellhop."""
    submit = add("submit", "submit a job")
    submit.add_argument("type", help="a job type, such as word_count")
    submit.add_argument("inputs", nargs="*", metavar="FILE|URL", help="each is an item of the job")
    said = "a parameter; repeatable"
    submit.add_argument(
        "--param", type=_key_value, action="append", default=[], metavar="K=V", help=said
    )
    many: dict[str, Any] = {"action": "append", "default": []}
    submit.add_argument("--text", type=as_typed, **many, help="input text instead of a file")
    submit.add_argument("--data", type=as_typed, **many, metavar="JSON", help="input object")
    submit.add_argument(
        "--then", action="append", default=[], metavar="TYPE", help="run TYPE next, on the result"
    )
    submit.add_argument(
        "--after", action="append", default=[], metavar="ID", help="start after job ID"
    )
    submit.add_argument("--priority", type=int, help="-100 to 100, higher first")
    submit.add_argument(
        "--run-at", metavar="TIME", help="earliest start, like 2030-01-31T09:00:00Z"
    )
    submit.add_argument("--run-anyway", action="store_true", help="ignore earlier results")
    submit.add_argument("--wait", action="store_true", help="wait for the end; exit 0 if completed")
    jobs = add("jobs", "list jobs, newest first")
    jobs.add_argument("--status", help="one status, or several separated by commas")
    jobs.add_argument("--type")
    jobs.add_argument(
        "--search", type=as_typed, metavar="TEXT", help="search names, parameters and errors"
    )
    jobs.add_argument("--limit", type=int, default=50)
    stats = add("stats", "count jobs and show how long they take")
    one: dict[str, argparse.ArgumentParser] = {}
    for name, help in (
        ("result", "print the result of a job"),
        ("cancel", "cancel a job"),
        ("retry", "run the failed and cancelled items again"),
    ):
        one[name] = add(name, help)
        one[name].add_argument("job_id", metavar="ID")
    result = one["result"]
    result.add_argument("--files", metavar="FOLDER", help="save the output files there")
    result.add_argument("--force", action="store_true", help="overwrite existing files")
    for command in (submit, jobs, stats, *one.values()):
        command.add_argument("--json", action="store_true", help="print JSON")


def _under(parent: argparse.ArgumentParser) -> Callable[..., argparse.ArgumentParser]:
    actions = parent.add_subparsers(metavar="ACTION", dest="action", required=True)
    return lambda name, help: actions.add_parser(name, help=help, description=help)


def _add_backup(add: Add) -> None:
    saved = add("backup", "save all jobs and their files to a new file, also while Bellhop runs")
    saved.add_argument("--settings-fd", type=int, help=argparse.SUPPRESS)
    saved.add_argument("--if-due", action="store_true", help=argparse.SUPPRESS)
    said = "empty: a new file in [backup] folder, of which only the newest stay"
    saved.add_argument("file", type=Path, nargs="?", metavar="FILE", help=said)
    said = "only look whether FILE, a backup, can be restored, and compare"
    saved.add_argument("--verify", action="store_true", help=said)
    restored = add("restore", "put a backup into the data folder, which must be empty")
    restored.add_argument("file", type=Path, metavar="FILE")


def _add_move(add: Add) -> None:
    moved = add("move-to", "move all jobs to PostgreSQL, or back to SQLite")
    said = "where: sqlite, or an address like postgresql://user:password@host/name"
    moved.add_argument("place", type=_place, metavar="sqlite|URL", help=said)
    said = "where the files of jobs go too, as [storage] files names it; '' is the data folder"
    moved.add_argument("--files", metavar="PATH|s3://…", help=said)


def _add_machine_commands(add: Add) -> None:
    """Those with which one machine becomes many."""
    machine = _under(add("machine", "manage the machines that run jobs"))
    one: dict[str, argparse.ArgumentParser] = {}
    for name, help in (
        ("add", "print the line with which a machine joins; it works once, for an hour"),
        ("drain", "stop a machine from taking new items, and return when nothing is running on it"),
        ("remove", "remove a machine; what it runs runs again on others"),
    ):
        one[name] = machine(name, help)
        one[name].add_argument("name", metavar="NAME")
    said = "a queue that the machine serves, and with how many workers; repeatable"
    one["add"].add_argument(
        "--queue", action="append", type=_served, metavar="NAME=WORKERS", required=True, help=said
    )
    machine("list", "list the machines").add_argument("--json", action="store_true", help="as JSON")
    joins = add("join", "make this machine one of a Bellhop that runs elsewhere, and start it")
    joins.add_argument("url", metavar="URL", help="address of the home")
    joins.add_argument("token", metavar="TOKEN", help="as `machine add` printed it there")
    joins.add_argument("--data-dir", metavar="DIR", help="folder for the data of this machine")


def _add_service(add: Add) -> None:
    service = add("install-service", "start Bellhop with the machine, as a service of systemd")
    service.add_argument(
        "--user", metavar="NAME", help="who it runs as; default: whose folder it is"
    )
    service.add_argument("--name", type=_unit, default="bellhop", help="name of the service")
    said = "print the unit, and change nothing"
    service.add_argument("--print", action="store_true", dest="only_print", help=said)


def _add_account_commands(add: Add) -> None:
    """Those that say who may use Bellhop; they work on the data folder itself."""
    user = _under(add("user", "manage accounts"))
    for name, help in (
        ("add", "add an account; the first one makes Bellhop private"),
        ("invite", "print a link with which somebody makes an account; it works once, for 7 days"),
        ("reset-link", "print a link for a new password; it works once, for 24 hours"),
        ("password", "change the password of an account"),
        ("role", "change the role of an account"),
        ("disable", "disable an account"),
        ("enable", "enable an account again"),
        ("totp-remove", "turn off two-factor login of an account"),
    ):
        action = user(name, help)
        action.add_argument("name")
        if name in ("add", "invite", "role"):
            action.add_argument("--role", choices=ROLES, required=name == "role", default="member")
        if name in ("add", "password"):
            said = "read the password from standard input"
            action.add_argument("--password-stdin", action="store_true", help=said)
    user("list", "list the accounts").add_argument("--json", action="store_true", help="as JSON")
    reset = user("reset", "remove all accounts, and open Bellhop to everybody on this machine")
    reset.add_argument("--open", action="store_true", required=True, help="confirm")
    token = _under(add("token", "manage tokens for programs"))
    action = token("add", "create a token and print it once")
    action.add_argument("name", metavar="USER")
    action.add_argument("--label", type=as_typed, default="", help="purpose of the token")
    action.add_argument("--scope", choices=TOKEN_SCOPES, default="all")
    action.add_argument("--days", type=int, help="days until it expires; 0 = never, default 365")
    token("list", "list the tokens of an account").add_argument("name", metavar="USER")
    action = token("revoke", "revoke a token")
    action.add_argument("name", metavar="USER")
    action.add_argument("number", type=int, metavar="NUMBER")


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = as_typed(text).partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _place(text: str) -> str:
    if text != "sqlite" and not text.startswith(("postgresql://", "postgres://")):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither sqlite nor an address like postgresql://user:password@host/name"
        )
    return text


def _unit(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a service, such as bellhop")
    return text


def _served(text: str) -> tuple[str, int]:
    name, _, workers = text.partition("=")
    if not (name and re.fullmatch("[1-9][0-9]{0,2}", workers) and int(workers) <= MOST_WORKERS):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=WORKERS, such as ai=2")
    return name, int(workers)


class _Workers(argparse.Action):
    """`--workers N` belongs to the `--queue NAME` before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        if not namespace.queue:
            parser.error("--workers must follow its --queue")
        namespace.queue[-1] += f"={values}"
