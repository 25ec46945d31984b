"""Bellhop's one entry point: its commands, and the table of its routes.

Every process of Bellhop starts here (`settings.COMMAND`), and each imports only its own
half: the parent no web, a job process no database. That is why imports stand in the
functions of this file, and nowhere else.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

import settings
from access import ROLES, TOKEN_SCOPES
from errors import StartRefused
from masking import Mask, MaskedLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from web.site import Site

API = "/api/v1"


# Method, path, handler, and the action of `access.RULES` that decides who may.
Route = tuple[str, str, Any, str]


def make_app(site: Site) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: the tables below are every route there is."""
    from web import door
    from web.problems import Application

    app = Application(site, door.guard(site.settings))
    for method, path, handler, action in every_route():
        app.route(path, method, handler, action=action)
    return door.secured(app)


def every_route() -> tuple[Route, ...]:
    """The tables below."""
    return (*page_routes(), *account_routes(), *job_routes(), *installation_routes())


def page_routes() -> tuple[Route, ...]:
    """The page, and what monitors ask."""
    from web import metrics, openapi, pages, status

    return (
        ("GET", "/", pages.index, "page"),
        ("GET", "/jobs/<name>", pages.job, "page"),
        ("GET", "/queues", pages.queues, "page"),
        ("GET", "/schedules", pages.schedules, "page"),
        ("GET", "/docs", pages.docs, "page"),
        ("GET", "/account", pages.account, "page"),
        ("GET", "/audit", pages.audit, "page"),
        ("GET", "/login", pages.login, "open"),
        ("GET", "/static/<name>", pages.static, "open"),
        ("GET", "/health", status.health, "open"),
        ("GET", "/ready", status.ready, "open"),
        ("GET", f"{API}/health", status.health, "open"),
        ("GET", f"{API}/ready", status.ready, "open"),
        ("GET", "/metrics", metrics.metrics, "monitor"),
        ("GET", f"{API}/openapi.json", openapi.document, "look"),
    )


def account_routes() -> tuple[Route, ...]:
    """Who comes in, and what they did."""
    from web import account

    mine, number = f"{API}/account", "<number:re:[0-9]{1,15}>"
    return (
        ("POST", f"{API}/login", account.log_in, "open"),
        ("POST", f"{API}/logout", account.log_out, "account"),
        ("GET", mine, account.show, "look"),
        ("POST", f"{mine}/password", account.change_password, "account"),
        ("GET", f"{mine}/sessions", account.list_sessions, "account"),
        ("DELETE", f"{mine}/sessions/{number}", account.end_session, "account"),
        ("GET", f"{mine}/tokens", account.list_tokens, "account"),
        ("POST", f"{mine}/tokens", account.add_token, "account"),
        ("DELETE", f"{mine}/tokens/{number}", account.revoke_token, "account"),
        ("GET", f"{API}/audit", account.list_audit, "monitor"),
    )


def job_routes() -> tuple[Route, ...]:
    """What is done with jobs."""
    from web import bulk, deliveries, items, jobs, monitoring, shares

    job = f"{API}/jobs/<job_id>"
    item = f"{job}/items/<index:re:[0-9]{{1,9}}>"
    delivery = f"{job}/deliveries/<number:re:[0-9]{{1,9}}>"
    return (
        ("POST", f"{API}/jobs", jobs.submit, "submit"),
        ("GET", f"{API}/jobs", jobs.list_jobs, "look"),
        ("GET", f"{API}/jobs/stats", monitoring.stats, "look"),
        ("POST", f"{API}/jobs/bulk", bulk.act, "change_many"),
        ("GET", f"{job}", items.show, "read"),
        ("PATCH", f"{job}", jobs.change, "change"),
        ("DELETE", f"{job}", jobs.delete, "change"),
        ("POST", f"{job}/cancel", jobs.cancel, "change"),
        ("POST", f"{job}/retry", jobs.retry, "change"),
        ("GET", f"{job}/result", items.result, "read"),
        ("GET", f"{job}/items", items.items, "read"),
        ("GET", f"{job}/events", items.events, "read"),
        ("GET", f"{item}/files/<name:path>", items.file, "read"),
        ("GET", f"{item}/log", items.log, "read"),
        ("GET", f"{job}/shares", shares.list_shares, "inspect"),
        ("POST", f"{job}/shares", shares.add, "change"),
        ("DELETE", f"{job}/shares/<account>", shares.remove, "change"),
        ("GET", f"{job}/deliveries", deliveries.list_deliveries, "inspect"),
        ("POST", f"{delivery}/redeliver", deliveries.redeliver, "change"),
    )


def installation_routes() -> tuple[Route, ...]:
    """What is done with the installation around the jobs."""
    from web import deliveries, monitoring, schedules, status

    content = f"{API}/files/<sha256:re:[0-9a-fA-F]{{64}}>"
    schedule = f"{API}/schedules/<number:re:[0-9]{{1,15}}>"
    return (
        ("GET", f"{API}/types", status.types, "look"),
        ("GET", f"{content}/jobs", monitoring.jobs_with_content, "look"),
        ("GET", f"{API}/cache", monitoring.cache, "monitor"),
        ("DELETE", f"{API}/cache", monitoring.clear_cache, "manage"),
        ("GET", f"{API}/schedules", schedules.list_schedules, "look"),
        ("POST", f"{API}/schedules", schedules.add, "submit"),
        ("DELETE", schedule, schedules.remove, "change"),
        ("GET", f"{API}/monitoring/queues", monitoring.queues, "look"),
        ("GET", f"{API}/monitoring/workers", monitoring.workers, "look"),
        ("GET", f"{API}/monitoring/health", monitoring.health, "monitor"),
        ("PATCH", f"{API}/queues/<name>", monitoring.change_queue, "manage"),
        ("POST", f"{API}/queues/<name>/pause", monitoring.pause, "manage"),
        ("POST", f"{API}/queues/<name>/resume", monitoring.resume, "manage"),
        ("GET", f"{API}/webhooks/secret", deliveries.secret, "change"),
        ("POST", f"{API}/webhooks/secret", deliveries.renew_secret, "change"),
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["job-process"]:
        import runner

        guard, say, alive, *cores = map(int, arguments[2:])
        runner.serve(arguments[1], guard, say, alive, cores)
        return 0
    if arguments[:1] == ["describe"]:
        import runner

        return runner.print_description(arguments[1], arguments[2])
    given = _parser().parse_args(arguments)
    try:
        loaded = settings.load(given.config)
        _log_to_stderr(loaded)
        status = given.run(loaded, given)
        return int(status or 0)
    except StartRefused as refusal:
        print(f"bellhop: {refusal}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in settings.DISK_ERRORS:
            raise
        print(f"bellhop: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has enough; Python must not try to flush it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 141


def serve(loaded: settings.Settings, given: argparse.Namespace) -> int:
    import supervisor

    config = ["--config", given.config] if given.config else []
    return supervisor.run(loaded, config)


def prepare(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import start

    if given.start_lock is not None:
        start.die_with_parent()
    start.prepare(loaded, given.start_lock)
    start.require_account(loaded)


def web(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import listener
    import start
    from web import server
    from web.site import open_site

    on_ready = start.tell_parent(given.ready_fd)
    here = start.join(loaded)
    start.require_account(loaded)
    if given.socket_fd is None:
        bound = listener.bind(loaded)
    else:
        bound = socket.socket(fileno=given.socket_fd)
    site = open_site(loaded, here)
    server.serve(make_app(site), bound, site, on_ready)


def consumer(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import start
    import tasks

    counts = {name: queue.workers for name, queue in loaded.queues.items()}
    if given.queue:
        counts = dict(_queue_and_workers(text, counts) for text in given.queue)
    on_ready = start.tell_parent(given.ready_fd)
    tasks.run_consumer(loaded, start.join(loaded), counts, on_ready)


def client(loaded: settings.Settings, given: argparse.Namespace) -> int:
    import commands

    return commands.run(loaded, given)


def check(loaded: settings.Settings, given: argparse.Namespace) -> int:
    import selfcheck

    return selfcheck.run(loaded)


def drain(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import drain as draining

    draining.run(loaded)


def people(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import people

    logging.getLogger("bellhop").setLevel(logging.WARNING)
    people.run(loaded, given)


def try_type(loaded: settings.Settings, given: argparse.Namespace) -> int:
    import tryout

    return tryout.run(loaded, given.type, given.input, given.param)


def _queue_and_workers(text: str, known: dict[str, int]) -> tuple[str, int]:
    """`NAME` or `NAME=WORKERS` of the consumer's --queue."""
    name, _, workers = text.partition("=")
    if name not in known:
        raise StartRefused(f"--queue {name}: the queues of config.ini are {', '.join(known)}")
    if workers and not (workers.isdigit() and 1 <= int(workers[:4]) <= 256):
        raise StartRefused(f"--workers {workers}: allowed is a whole number from 1 to 256")
    return name, int(workers or known[name])


def _key_value(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


class _Workers(argparse.Action):
    """`--workers N` belongs to the `--queue NAME` before it."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        if not namespace.queue:
            parser.error("--workers stands after the --queue it is for")
        namespace.queue[-1] += f"={values}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python app.py", description=__doc__.split("\n")[0])
    parser.add_argument("--config", metavar="FILE", help="another config.ini")
    parser.set_defaults(run=serve, command="serve")
    commands = parser.add_subparsers(metavar="COMMAND")

    def add(name: str, run: Callable[..., Any], help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=help)
        command.set_defaults(run=run, command=name)
        return command

    add("serve", serve, "web and consumer under one parent (the default)")
    half = add("web", web, "the web alone")
    half.add_argument("--socket-fd", type=int, help=argparse.SUPPRESS)
    half.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    half = add("consumer", consumer, "a consumer alone (what consumer.sh starts)")
    half.add_argument("--queue", action="append", metavar="NAME", help="serve only this queue")
    half.add_argument("--workers", action=_Workers, metavar="N", help="workers of that queue")
    half.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    add("prepare", prepare, "agree on the storage and migrate, then end").add_argument(
        "--start-lock", type=int, help=argparse.SUPPRESS
    )
    _add_client_commands(add)
    add("check", check, "self-test of this installation")
    add("drain", drain, "take no more work, and return when nothing runs")
    _add_account_commands(add)
    trial = add("try", try_type, "run a job type on one file, without server or queue")
    trial.add_argument("type")
    trial.add_argument("input", metavar="FILE|URL|TEXT")
    trial.add_argument("--param", type=_key_value, action="append", default=[], metavar="K=V")
    return parser


def _add_client_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Those that talk to a running Bellhop."""
    submit = add("submit", client, "submit a job")
    submit.add_argument("type")
    submit.add_argument("inputs", nargs="*", metavar="FILE|URL")
    submit.add_argument("--param", type=_key_value, action="append", default=[], metavar="K=V")
    submit.add_argument("--text", action="append", default=[], help="a text instead of a file")
    submit.add_argument("--data", action="append", default=[], metavar="JSON", help="an object")
    submit.add_argument("--then", action="append", default=[], metavar="TYPE", help="a later step")
    submit.add_argument("--after", action="append", default=[], metavar="ID", help="of a job")
    submit.add_argument("--priority", type=int, help="-100 to 100, higher first")
    submit.add_argument("--run-at", metavar="TIME", help="not before, like 2030-01-31T09:00:00Z")
    submit.add_argument("--run-anyway", action="store_true", help="use no earlier result")
    submit.add_argument("--wait", action="store_true", help="until it is final; 0 = completed")
    jobs = add("jobs", client, "list jobs, newest first")
    jobs.add_argument("--status", help="one, or several with commas")
    jobs.add_argument("--type")
    jobs.add_argument("--search", metavar="TEXT", help="in names, parameters and errors")
    jobs.add_argument("--limit", type=int, default=50)
    stats = add("stats", client, "count jobs and how long they take")
    one: dict[str, argparse.ArgumentParser] = {}
    for name, help in (
        ("result", "print the result of a job"),
        ("cancel", "cancel a job"),
        ("retry", "run again what did not complete"),
    ):
        one[name] = add(name, client, help)
        one[name].add_argument("job_id", metavar="ID")
    result = one["result"]
    result.add_argument("--files", metavar="FOLDER", help="save its output files there")
    result.add_argument("--force", action="store_true", help="over what is there already")
    for command in (submit, jobs, stats, *one.values()):
        command.add_argument("--json", action="store_true", help="print JSON")


def _add_account_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    """Those that say who may use Bellhop; they work on the data folder itself."""

    def under(parent: argparse.ArgumentParser) -> Callable[..., argparse.ArgumentParser]:
        actions = parent.add_subparsers(metavar="ACTION", dest="action", required=True)
        return lambda name, help: actions.add_parser(name, help=help, description=help)

    user = under(add("user", people, "who may use Bellhop"))
    for name, help in (
        ("add", "add an account; the first one closes Bellhop to everybody else"),
        ("password", "give an account another password"),
        ("role", "give an account another role"),
        ("disable", "let an account in no more"),
        ("enable", "let it in again"),
    ):
        action = user(name, help)
        action.add_argument("name")
        if name in ("add", "role"):
            action.add_argument("--role", choices=ROLES, required=name == "role", default="member")
        if name in ("add", "password"):
            said = "read the password from standard input"
            action.add_argument("--password-stdin", action="store_true", help=said)
    user("list", "list the accounts").add_argument("--json", action="store_true", help="as JSON")
    reset = user("reset", "remove every account, and let everybody of this machine in again")
    reset.add_argument("--open", action="store_true", required=True, help="yes, really")
    token = under(add("token", people, "tokens for programs"))
    action = token("add", "print a new token, once")
    action.add_argument("name", metavar="USER")
    action.add_argument("--label", default="", help="what it is for")
    action.add_argument("--scope", choices=TOKEN_SCOPES, default="all")
    action.add_argument("--days", type=int, help="until it ends; 0 never, 365 without it")
    token("list", "list the tokens of an account").add_argument("name", metavar="USER")
    action = token("revoke", "end a token")
    action.add_argument("name", metavar="USER")
    action.add_argument("number", type=int, metavar="NUMBER")


def _log_to_stderr(loaded: settings.Settings) -> None:
    # Unbuffered: what a full disk refused must not be tried again at the end, which would turn
    # the exit status into 120.
    raw = io.FileIO(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(raw, errors="backslashreplace", write_through=True)
    # What the format does not show need not be found out for each line.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    format = "%(asctime)s %(levelname)s %(name)s %(message)s"
    handler.setFormatter(MaskedLog(format, Mask(loaded.secrets)))
    logging.basicConfig(handlers=[handler], level=loaded.server.log_level.upper())
    # Their news of each bell and of each busy moment is not news to an operator.
    for name in ("huey", "waitress.queue"):
        logging.getLogger(name).setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
