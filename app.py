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
from errors import StartRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from web.site import Site

API = "/api/v1"


Route = tuple[str, str, Any]


def make_app(site: Site) -> Callable[..., Iterable[bytes]]:
    """The WSGI application: the three tables below are every route there is."""
    from web import door
    from web.problems import Application

    app = Application(site, door.guard(site.settings))
    for method, path, handler in (*page_routes(), *job_routes(), *installation_routes()):
        app.route(path, method, handler)
    return door.secured(app)


def page_routes() -> tuple[Route, ...]:
    """The page, and what monitors ask."""
    from web import metrics, openapi, pages, status

    return (
        ("GET", "/", pages.index),
        ("GET", "/jobs/<job_id>", pages.job),
        ("GET", "/queues", pages.queues),
        ("GET", "/schedules", pages.schedules),
        ("GET", "/docs", pages.docs),
        ("GET", "/static/<name>", pages.static),
        ("GET", "/health", status.health),
        ("GET", "/ready", status.ready),
        ("GET", "/metrics", metrics.metrics),
        ("GET", f"{API}/health", status.health),
        ("GET", f"{API}/ready", status.ready),
        ("GET", f"{API}/openapi.json", openapi.document),
    )


def job_routes() -> tuple[Route, ...]:
    """What is done with jobs."""
    from web import bulk, deliveries, items, jobs, monitoring

    job = f"{API}/jobs/<job_id>"
    item = f"{job}/items/<index:re:[0-9]{{1,9}}>"
    delivery = f"{job}/deliveries/<number:re:[0-9]{{1,9}}>"
    return (
        ("POST", f"{API}/jobs", jobs.submit),
        ("GET", f"{API}/jobs", jobs.list_jobs),
        ("GET", f"{API}/jobs/stats", monitoring.stats),
        ("POST", f"{API}/jobs/bulk", bulk.act),
        ("GET", f"{job}", items.show),
        ("PATCH", f"{job}", jobs.change),
        ("DELETE", f"{job}", jobs.delete),
        ("POST", f"{job}/cancel", jobs.cancel),
        ("POST", f"{job}/retry", jobs.retry),
        ("GET", f"{job}/result", items.result),
        ("GET", f"{job}/items", items.items),
        ("GET", f"{job}/events", items.events),
        ("GET", f"{item}/files/<name:path>", items.file),
        ("GET", f"{item}/log", items.log),
        ("GET", f"{job}/deliveries", deliveries.list_deliveries),
        ("POST", f"{delivery}/redeliver", deliveries.redeliver),
    )


def installation_routes() -> tuple[Route, ...]:
    """What is done with the installation around the jobs."""
    from web import deliveries, monitoring, schedules, status

    content = f"{API}/files/<sha256:re:[0-9a-fA-F]{{64}}>"
    return (
        ("GET", f"{API}/types", status.types),
        ("GET", f"{content}/jobs", monitoring.jobs_with_content),
        ("GET", f"{API}/cache", monitoring.cache),
        ("DELETE", f"{API}/cache", monitoring.clear_cache),
        ("GET", f"{API}/schedules", schedules.list_schedules),
        ("POST", f"{API}/schedules", schedules.add),
        ("DELETE", f"{API}/schedules/<number:re:[0-9]{{1,15}}>", schedules.remove),
        ("GET", f"{API}/monitoring/queues", monitoring.queues),
        ("GET", f"{API}/monitoring/workers", monitoring.workers),
        ("GET", f"{API}/monitoring/health", monitoring.health),
        ("PATCH", f"{API}/queues/<name>", monitoring.change_queue),
        ("POST", f"{API}/queues/<name>/pause", monitoring.pause),
        ("POST", f"{API}/queues/<name>/resume", monitoring.resume),
        ("GET", f"{API}/webhooks/secret", deliveries.secret),
        ("POST", f"{API}/webhooks/secret", deliveries.renew_secret),
    )


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["job-process"]:
        import runner

        guard, say, alive, *cores = map(int, arguments[1:])
        runner.serve(guard, say, alive, cores)
        return 0
    if arguments[:1] == ["describe"]:
        import runner

        return runner.print_description(arguments[1])
    given = _parser().parse_args(arguments)
    try:
        loaded = settings.load(given.config)
        _log_to_stderr(loaded.server.log_level)
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


def web(loaded: settings.Settings, given: argparse.Namespace) -> None:
    import listener
    import start
    from web import server
    from web.site import open_site

    on_ready = start.tell_parent(given.ready_fd)
    if given.socket_fd is None:
        bound = listener.bind(loaded)
    else:
        bound = socket.socket(fileno=given.socket_fd)
    site = open_site(loaded, start.join(loaded))
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


def _log_to_stderr(level: str) -> None:
    # Unbuffered: what a full disk refused must not be tried again at the end, which would turn
    # the exit status into 120.
    raw = io.FileIO(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(raw, errors="backslashreplace", write_through=True)
    # What the format does not show need not be found out for each line.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # Their news of each bell and of each busy moment is not news to an operator.
    for name in ("huey", "waitress.queue"):
        logging.getLogger(name).setLevel(logging.ERROR)


if __name__ == "__main__":
    sys.exit(main())
