"""What `check` asks of who serves: names and proxies, consumers of each queue, types, programs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import urlsplit

from bellhop import __version__
from bellhop.base import addresses, program
from bellhop.base.addresses import API
from bellhop.base.program import TYPED
from bellhop.base.times import clock_offset_s, seconds_since, wall_s
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.checks.answers import RESTART, Failed
from bellhop.client import Bellhop, RequestFailed
from bellhop.database.database import database
from bellhop.jobs import backlogs, queries
from bellhop.jobs import queues as switches
from bellhop.jobs.queues import Pause
from bellhop.machines.served import Elsewhere
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, require_agreement
from bellhop.storage.models import Consumer
from bellhop.system import confine, limits
from bellhop.uploads.uploads import Uploads

ADMIN = f"use the token of an admin: export BELLHOP_TOKEN=$({TYPED} token add NAME)"
OFF = (
    "it has workers = 0, and no other machine serves it; set workers in [queue:{0}], or let "
    f"another machine serve it: {TYPED} machine add NAME --queue {{0}}=1"
)
# Of files that a process reads when it starts, or soon after.
READ_ONCE = (".py", ".sql", ".js", ".css", ".html")


def names(settings: Settings, client: Bellhop) -> list[str]:
    """Each name that the settings hold must be one that Bellhop answers to."""
    server, known, ready = settings.server, [urlsplit(client.url).netloc], "/ready"
    if not os.environ.get("BELLHOP_URL"):
        ready = f"{server.path}/ready"
        known += [server.host, urlsplit(server.public_url).netloc, *server.allowed_hosts]
    known = list(dict.fromkeys(filter(None, known)))
    for name in known:
        host = f"[{name}]" if addresses.address(name) and ":" in name else name
        try:
            client.get(ready, {"Host": host})
        except RequestFailed as refused:
            if refused.code != "not-ready":
                raise
    return [f"{client.url} answers as {', '.join(known)}"]


def proxy(settings: Settings, client: Bellhop) -> list[str]:
    """A proxy that is not believed counts as the one client of all; anybody may claim to be one."""
    server = settings.server
    peers = client.get(f"{API}/monitoring/health").get("untrusted_proxies", [])
    sent = " or ".join(["X-Forwarded-For", *([settings.sso.header] if settings.sso.header else [])])
    warnings = [
        f"requests from {peer} have {sent}, which Bellhop does not believe: all of them count as "
        f"one client; if that is your proxy, set [server] trusted_proxy = {peer}"
        for peer in peers
    ]
    if server.public_url.startswith("https:") and not (server.trusted_proxy or peers):
        said = "[server] public_url has https, which a proxy gives, but trusted_proxy is empty"
        warnings.append(f"{said}; set [server] trusted_proxy to the address of the proxy")
    return [f"trusted: {', '.join(server.trusted_proxy) or 'none'}", *warnings]


def storage(settings: Settings, here: Installation, client: Bellhop) -> list[str]:
    """Web and consumer must ring the same bell, and it must ring."""
    queue = client.get("/health").get("queue")
    if queue is None:
        raise Failed(f"only admins may see this; {ADMIN}")
    if here.bell != queue["storage"]:
        raise Failed(f"the web uses {queue['storage']}, but the record says {here}; {RESTART}")
    require_agreement(settings, here)
    if queue["bell"] != "ok":
        raise Failed(f"{here.store()} does not answer: {queue['bell']}; start that server")
    return [f"web and consumer use {here.store()}"]


def schedules(settings: Settings, client: Bellhop) -> list[str]:
    """Each must have the files that it gives to its jobs."""
    known = client.get(f"{API}/schedules")["schedules"]
    uploads = Uploads(settings.data_dir)
    lost = [
        schedule["name"]
        for schedule in known
        if not all(uploads.has(file["upload"]) for file in schedule["files"])
    ]
    if lost:
        raise Failed(f"files are gone; edit these and choose their files again: {', '.join(lost)}")
    return [f"{len(known)}, with all their files"]


def consumers(client: Bellhop) -> list[str]:
    return [f"{client.get('/ready').get('consumers', 'at least one')} alive"]


def queues(
    settings: Settings, here: Installation, named: Collection[str], machine: str | None = None
) -> list[str]:
    """Each needs a consumer that takes its items: any, or one of a machine."""
    with database.connection_context():
        running = [c for c in queries.running_consumers(here) if machine in (None, c.machine)]
        taken = _served_by(consumer for consumer in running if not consumer.draining)
        missing = [name for name in named if name not in taken]
        drained = [name for name in missing if name in _served_by(running)]
        absent = [name for name in missing if name not in drained]
        off = [] if machine else [name for name in absent if not settings.queues[name].workers]
        waiting = [name for name in off if queries.queued_in(name, 1)]
        paused = [_paused(name, pause) for name, pause in switches.paused().items()]
        behind = [backlogs.said(*each, settings.queues) for each in backlogs.behind().items()]
    wrong = [f"{', '.join(drained)}: takes no items after a drain; {RESTART}"] if drained else []
    if absent := [name for name in absent if name not in off]:
        command = f"{TYPED} consumer --queue {' --queue '.join(absent)}"
        wrong.append(f"{', '.join(absent)}: no running consumer serves it; start one: {command}")
    wrong += [f"{name}: items wait, and {OFF.format(name)}" for name in waiting]
    warnings = [*(f"{name}: {OFF.format(name)}" for name in off if name not in waiting), *paused]
    if wrong:
        raise Failed(*wrong, warnings=[*warnings, *behind])
    return [f"{len(named) - len(missing)} of {len(named)} served", *warnings, *behind]


def _served_by(consumers: Iterable[Consumer]) -> set[str]:
    return {queue for consumer in consumers for queue in queries.queues_of(consumer)}


def _paused(queue: str, pause: Pause) -> str:
    by, since = pause.by or "somebody", f" since {pause.at[:19]}Z" if pause.at else ""
    return f"{queue}: paused by {by}{since}; resume it on the page /running"


def types(settings: Settings, here: Installation) -> list[str]:
    """Those that are not available; a warning of each that somebody has to mend.

    Not of one that needs packages that are not installed, or a queue that is not there: that may
    be as it should.
    """
    with database.connection_context():
        elsewhere = Elsewhere(here) if here.is_home else tuple
        known = Catalog(settings, here, elsewhere=elsewhere).types().values()
    lacking = [each for each in known if not (each.hidden or each.available)]
    said = ", ".join(f"{each.type} ({each.reason})" for each in lacking) or "none"
    warnings = [_unusable(each) for each in lacking if not _may_lack(settings, each)]
    return [f"{sum(not each.hidden for each in known)}, unavailable: {said}", *warnings]


def _may_lack(settings: Settings, known: KnownType) -> bool:
    """Whether a type itself is sound, and who runs Bellhop may not want what it needs."""
    return bool(known.missing and known.requires) or known.queue not in settings.queues


def _unusable(known: KnownType) -> str:
    if known.is_pending:
        return f"{known.type} is not ready yet: {known.reason}; wait for it"
    where = known.path or "its file on that machine"
    return f"{known.type} cannot be used: {known.reason}; change {where}, which is read again"


def confinement() -> list[str]:
    """What is kept from job code here; a kernel that lacks a part is no failure."""
    closed = "confined once there is an account"
    words = {"shared memory": "private once there is an account"}
    words |= dict.fromkeys(("network", "sizes"), "confined")
    cannot = "not confined, because this system does not support it"
    without = {"shared memory": "refused once there is an account, because there are no namespaces"}
    kept = {**confine.enforced(), "sizes": limits.can_be_changed()}.items()
    said = (
        f"{part} {words.get(part, closed) if is_kept else without.get(part, cannot)}"
        for part, is_kept in kept
    )
    return [", ".join(said)]


def running_program(settings: Settings, here: Installation, version: str) -> list[str]:
    """What runs, which is of `version`, must be what is installed, with the settings of now."""
    began_s, warnings = _began_s(here), []
    if version != __version__:
        warnings.append(f"Bellhop {version} runs, but {__version__} is installed; {RESTART}")
    elif newer := changed_since(began_s):
        warnings.append(f"{newer} is newer than the Bellhop that runs; {RESTART}")
    with contextlib.suppress(FileNotFoundError):
        if settings.config_path.stat().st_mtime > began_s:
            warnings.append(f"{settings.config_path} is newer than the start; {RESTART}")
    return [f"version {version}", *warnings]


def _began_s(here: Installation) -> float:
    """When the first process of this data folder that serves began, by this machine's clock."""
    with database.connection_context():
        living = queries.living_consumers(here)
        others = {consumer.id for consumer in queries.elsewhere(here, living)}
        own = [consumer.started_at for consumer in living if consumer.id not in others]
    now_s, ages_s = wall_s() + clock_offset_s(), map(seconds_since, own)
    began = [now_s - age_s for age_s in ages_s if age_s is not None]
    with contextlib.suppress(FileNotFoundError):
        began.append(here.address_file.stat().st_mtime)
    return min(began, default=float("inf"))


def changed_since(moment_s: float) -> Path | None:
    """A file of this program that was put in its place after a moment; job types are read anew."""
    folders = (
        [program.PACKAGE, program.ROOT / "static"] if program.IS_CHECKOUT else [program.PACKAGE]
    )
    files = (path for folder in folders for path in folder.rglob("*") if path.suffix in READ_ONCE)
    for path in [program.ROOT] if program.IS_SINGLE_FILE else files:
        # The time of a change of the file itself: an archive brings the one of its content along.
        if program.PACKAGE / "jobtypes" not in path.parents and path.stat().st_ctime > moment_s:
            return path
    return None
