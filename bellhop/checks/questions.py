"""All that `check` asks, of a home and of a machine that joined one."""

from __future__ import annotations

from functools import partial

from bellhop import __version__
from bellhop.base.errors import REMOVED
from bellhop.base.program import TYPED
from bellhop.checks import serving
from bellhop.checks.answers import LOOK_AT_LOG, RESTART, Failed, Question
from bellhop.checks.folder import of_folder
from bellhop.checks.notices import deliverable
from bellhop.checks.rows import of_home_rows, of_rows
from bellhop.checks.saved import saved
from bellhop.checks.trial import complete_job
from bellhop.checks.watches import watches
from bellhop.client import Bellhop
from bellhop.database.database import database
from bellhop.machines import members, published, served
from bellhop.machines.members import Member
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, require_agreement


def of_home(settings: Settings, here: Installation | None, client: Bellhop) -> list[Question]:
    """What is asked of the one machine, or of the home of several."""
    if here is None:
        return [Question("folders", partial(_elsewhere, settings), "")]
    allow, consumer = "add it to [server] allowed_hosts", f"start one: {TYPED} consumer"
    return [
        Question("settings", lambda: [f"{_path(settings)}, {len(settings.queues)} queues"], ""),
        Question("addresses", partial(serving.names, settings, client), f"{allow}; {RESTART}"),
        Question("proxy", partial(serving.proxy, settings, client), serving.ADMIN),
        *of_folder(settings, here),
        Question("storage", partial(serving.storage, settings, here, client), serving.ADMIN),
        *of_rows(settings, here),
        *of_home_rows(settings, here),
        Question("backup", partial(saved, settings, here), f"look why: {TYPED} backup"),
        *(
            [Question("watch folders", partial(watches, settings, here), LOOK_AT_LOG)]
            if settings.watches
            else []
        ),
        *(
            [Question("notices", partial(deliverable, settings, client), serving.ADMIN)]
            if settings.notices.smtp_host or settings.notices.admins or settings.notices.apprise
            else []
        ),
        Question("schedules", partial(serving.schedules, settings, client), serving.ADMIN),
        Question("consumer", partial(serving.consumers, client), consumer),
        Question("queues", partial(serving.queues, settings, here, settings.queues), RESTART),
        *_of_programs(settings, here),
        Question("program", partial(_program_at_home, settings, here, client), RESTART),
        Question("a complete job", partial(complete_job, client), LOOK_AT_LOG),
    ]


def of_machine(settings: Settings, here: Installation, home: Bellhop) -> list[Question]:
    """Of one that joined: the rest is checked at its home."""
    reach = "start Bellhop there, and look at the network between"
    return [
        Question("settings", lambda: [_path(settings)], ""),
        *of_folder(settings, here),
        Question("storage", partial(_same_places, settings, here), RESTART),
        *of_rows(settings, here),
        Question("machine", partial(_machine, here), RESTART),
        Question("queues", partial(_queues_of_machine, settings, here), RESTART),
        Question("home", partial(_home, home), reach),
        *_of_programs(settings, here),
        Question("program", partial(_program_of_machine, settings, here), RESTART),
    ]


def _of_programs(settings: Settings, here: Installation) -> list[Question]:
    return [
        Question("job types", partial(serving.types, settings, here), LOOK_AT_LOG),
        Question("confinement of jobs", serving.confinement, ""),
    ]


def _path(settings: Settings) -> str:
    return str(settings.config_path)


def _elsewhere(settings: Settings) -> list[str]:
    raise Failed(f"Bellhop does not run in {settings.data_dir}; check where it runs")


def _program_at_home(settings: Settings, here: Installation, client: Bellhop) -> list[str]:
    return serving.running_program(settings, here, client.get("/health")["version"])


def _same_places(settings: Settings, here: Installation) -> list[str]:
    """A machine must have rows, files and bell where its home has them."""
    require_agreement(settings, here)
    with database.connection_context():
        published.take(settings, here)
    return [f"this machine and its home use {here.store()}"]


def _machine(here: Installation) -> list[str]:
    """Whether this folder is a machine of its installation, and what it serves."""
    found = _member(here)
    with database.connection_context():
        ruled_out = served.ruled_out(here.machine)
    said = f"{found.name}, a machine of {here.home}, serves {found.queues}"
    return [said, *(f"{line}; copy the file from the home" for line in ruled_out)]


def _queues_of_machine(settings: Settings, here: Installation) -> list[str]:
    with database.connection_context():
        given = members.queues_of(here)
    return serving.queues(settings, here, given, here.machine)


def _home(home: Bellhop) -> list[str]:
    version = home.get("/health")["version"]
    other = f"the home runs Bellhop {version}, and here is {__version__}; update the older one"
    said = f"{home.url} has version {version}"
    return [said] if version == __version__ else [said, other]


def _program_of_machine(settings: Settings, here: Installation) -> list[str]:
    return serving.running_program(settings, here, _member(here).version)


def _member(here: Installation) -> Member:
    with database.connection_context():
        found = next((each for each in members.every() if each.id == here.machine), None)
    if found is None:
        raise Failed(REMOVED)
    return found
