"""The commands: what each of them starts.

Each process imports only its own part: the parent no web, a client no database. That is why imports
stand in the functions of this file.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from bellhop.base.errors import StartRefused, said_of
from bellhop.base.program import as_given
from bellhop.base.texts import shown
from bellhop.cli import streams
from bellhop.cli.arguments import parser
from bellhop.logs import output
from bellhop.reloading import handed
from bellhop.settings import configuration, settings

if TYPE_CHECKING:
    from bellhop.bell.bell import Bell
    from bellhop.storage.installation import Installation


log = logging.getLogger("bellhop.settings")


def own_bell(loaded: settings.Settings, here: Installation) -> Bell:
    """The bell where there is no door that holds it."""
    from bellhop.bell.bell import Bell

    return Bell(loaded, here)


def run(
    arguments: list[str],
    open_bell: Callable[[settings.Settings, Installation], Bell] = own_bell,
) -> int:
    """Run one command; its exit status. `open_bell` gives a web or consumer its bell."""
    streams.settle()
    try:
        with streams.written():
            return _run(arguments, open_bell)
    except StartRefused as refusal:
        print(f"bellhop: {shown(refusal)}", file=sys.stderr)
        return refusal.exit_status
    except BrokenPipeError:  # whoever read our output has enough
        return 141
    except OSError as error:
        if error.errno not in settings.DISK_ERRORS:
            raise
        print(f"bellhop: {shown(said_of(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: list[str], open_bell: Callable[[settings.Settings, Installation], Bell]) -> int:
    given = parser().parse_args(arguments, argparse.Namespace(open_bell=open_bell))
    if given.config:
        # For the doors, which see no command line, and for every child.
        os.environ[configuration.CONFIG_VARIABLE] = as_given(given.config)
    if given.command == "upgrade-check":
        from bellhop.cli import upgradecheck

        return upgradecheck.run(as_json=given.json)
    loaded = handed.begun(getattr(given, "settings_fd", None))
    start_log(loaded, is_service=given.command in SERVICES)
    if given.command in PARENTS:
        from bellhop.system import children

        children.adopt_orphans()
    try:
        return int(COMMANDS[given.command](loaded, given) or 0)
    except StartRefused as refusal:
        if any(getattr(given, name, None) is not None for name in OF_A_PARENT):
            from bellhop.parent import answers
            from bellhop.system import signals

            answers.answer(loaded.data_dir, signals.RESTART, False, shown(refusal))
        raise


def serve(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.parent import supervisor
    from bellhop.parent.handover import Handover

    before = Handover.of(given.handover) if given.handover else None
    return supervisor.run(loaded, streams.say, before)


def prepare(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import start

    if given.trial is not None:
        from bellhop.cli import rehearsal

        start.die_with_parent()
        rehearsal.run(loaded, given.trial)
        return
    if given.start_lock is not None:
        start.die_with_parent()
    start.prepare(loaded, given.start_lock)


def _reload(
    loaded: settings.Settings, here: Installation, given: argparse.Namespace
) -> Callable[[], object]:
    """What lets a running web or consumer take other settings, and tells its parent."""
    from bellhop.cli import start

    def reload() -> None:
        asked, reason = handed.asked(given.settings_fd), ""
        try:
            start.take(loaded, asked.settings(), here, is_first=given.command == "web")
        except StartRefused as refusal:
            reason = shown(refusal)
        except Exception as error:
            log.exception("the settings cannot be read again")
            reason = said_of(error) if isinstance(error, OSError) else "see Bellhop's log"
        if reason:
            log.error("the settings stay as they were: %s", reason)
        handed.tell(given.ready_fd, asked.number, reason)

    return reload


def reload(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import upkeep

    return upkeep.reload(loaded)


def restart(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import upkeep

    return upkeep.restart(loaded)


def web(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import start
    from bellhop.server import server
    from bellhop.system import listener
    from bellhop.system.passage import Passage
    from bellhop.web.routes import make_app
    from bellhop.web.site import open_site

    on_ready = start.tell_parent(given.ready_fd)
    here = start.join_home(loaded)
    start.require_account(loaded)
    start.publish(loaded, here)
    if given.socket_fd is None:
        bound = listener.bind(loaded)
    else:
        bound = socket.socket(fileno=given.socket_fd)
    site = open_site(loaded, here, given.open_bell(loaded, here))
    start.tell_first_link(loaded, listener.address(bound))
    reload = _reload(loaded, here, given)
    server.serve(make_app(site), bound, site, on_ready, Passage(given.connections_fd), reload)


def consumer(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import start
    from bellhop.consumer.consumer import run_consumer

    on_ready = start.tell_parent(given.ready_fd)
    here = start.join(loaded, may_be_newer=True)
    loaded = start.shared(loaded, here)
    counts = start.served(loaded, here)
    if given.queue:
        counts = dict(_queue_and_workers(text, counts) for text in given.queue)
    again = run_consumer(
        loaded, here, given.open_bell(loaded, here), counts, on_ready, _reload(loaded, here, given)
    )
    if again and given.ready_fd is None:  # else the parent starts it again
        os.execv(sys.executable, sys.orig_argv)


def client(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import commands

    return commands.run(loaded, given)


def config(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import listing

    listing.run(loaded, as_json=given.json)


def check(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import selfcheck

    return selfcheck.run(loaded, as_json=given.json)


def space(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import space

    return space.run(loaded, as_json=given.json)


def drain(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import drain as draining

    draining.run(loaded)


def backup(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import backup

    logging.getLogger("bellhop").setLevel(logging.WARNING)
    return backup.run_backup(loaded, given.file, is_to_verify=given.verify, if_due=given.if_due)


def restore(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import backup

    return backup.run_restore(loaded, given.file)


def move(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import move

    move.run(loaded, given.place, given.files)


def machines(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import machines

    logging.getLogger("bellhop").setLevel(logging.WARNING)
    machines.run(loaded, given)


def join(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import joining

    joining.run(loaded, given.url, given.token, given.data_dir)


def install_service(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import service

    return service.run(loaded, given)


def people(loaded: settings.Settings, given: argparse.Namespace) -> None:
    from bellhop.cli import people

    logging.getLogger("bellhop").setLevel(logging.WARNING)
    people.run(loaded, given)


def try_type(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import tryout

    logging.getLogger("bellhop").setLevel(logging.WARNING)
    return tryout.run(loaded, given.type, given.inputs, given.param)


def new_type(loaded: settings.Settings, given: argparse.Namespace) -> int:
    from bellhop.cli import new

    return new.run(loaded, given.name, given.input, given.wraps)


def _queue_and_workers(text: str, known: dict[str, int]) -> tuple[str, int]:
    """`NAME` or `NAME=WORKERS` of the consumer's --queue."""
    name, _, workers = text.partition("=")
    if name not in known:
        raise StartRefused(f"--queue {name}: the queues of config.ini are {', '.join(known)}")
    if workers and not (workers.isdigit() and 1 <= int(workers[:4]) <= 256):
        raise StartRefused(f"--workers {workers}: allowed is a whole number from 1 to 256")
    return name, int(workers or known[name])


def start_log(loaded: settings.Settings, *, alone: bool = False, is_service: bool = True) -> None:
    """Log as the settings say; `alone` ends what another program logs with.

    A command that a person types and waits for (`is_service` false) tells that person.
    """
    streams.say_errors()
    output.start(loaded, alone=alone, may_use_file=is_service)


COMMANDS: dict[str, Callable[[settings.Settings, argparse.Namespace], int | None]] = {
    "serve": serve,
    "web": web,
    "consumer": consumer,
    "prepare": prepare,
    "check": check,
    "config": config,
    "space": space,
    "drain": drain,
    "restart": restart,
    "reload": reload,
    "backup": backup,
    "restore": restore,
    "move-to": move,
    "machine": machines,
    "join": join,
    "install-service": install_service,
    "try": try_type,
    "new": new_type,
    **dict.fromkeys(("submit", "jobs", "stats", "result", "cancel", "retry"), client),
    **dict.fromkeys(("user", "token"), people),
}
# Those that run for long, and whose log may be a file.
SERVICES = ("serve", "web", "consumer", "prepare")
# Those whose children run code of job types, or start what does.
PARENTS = ("serve", "web", "consumer", "prepare", "try")
# What only a parent says to a process that it starts, or to itself.
OF_A_PARENT = ("handover", "ready_fd")
