"""All settings as one: the sections, the queues and watch folders by name, and what is derived.

Each key is declared once, in sections.py or, of a queue or a watch folder, here.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from bellhop.base import documents
from bellhop.base.errors import NO_ROOM, StartRefused
from bellhop.base.hidden import is_secret, passwords_in, secrets_of
from bellhop.settings import sections, values
from bellhop.settings.sections import Lifetime, key

QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
# What the disk of the data can say to a start; an operator needs one line, no traceback.
DISK_ERRORS = (*NO_ROOM, errno.EROFS, errno.EACCES, errno.EIO)


@dataclass(frozen=True)
class Queue:
    """One named queue."""

    workers: int = key(
        1,
        "Number of items of this queue that run at the same time; 0: only other machines serve it.",
        low=0,
        high=256,
    )
    timeout_s: float = key(180, "Time limit of one item, in seconds.", low=0.1, high=86400)
    memory_mb: int = key(
        2048, "Memory limit of one item, in MiB; 0 means no limit.", low=0, high=1048576
    )
    backlog_s: float = key(
        3600,
        "Seconds that an item may wait before Bellhop says that the queue is behind; 0: never.",
        low=0,
        high=31536000,
    )


@dataclass(frozen=True)
class Watch:
    """One folder whose files become jobs; `folder` is absolute."""

    folder: str = key(
        "",
        "Folder whose files become jobs; relative to the folder of this file.",
        form=values.folder,
    )
    type: str = key("", "Job type of these jobs.")
    params: str = key("{}", "Parameters of these jobs, as JSON.", form=values.json_object)
    owner: str = key("", "Account that submits these jobs; without accounts, it may be empty.")


# The deliveries of webhooks, which only the home sends.
WEBHOOKS = "webhooks"
QUEUES: dict[str, Queue] = {
    "default": Queue(1, 180),
    "document_processing": Queue(2, 180),
    "geo_processing": Queue(2, 600),
    "parsing": Queue(3, 60),
    "ai": Queue(2, 120),
    "notion": Queue(2, 60),
    "ocr": Queue(1, 600),
    WEBHOOKS: Queue(2, 30),
}


@dataclass(frozen=True)
class Settings:
    """All settings; paths are absolute. `text` is that of config.ini, of which they were read."""

    server: sections.Server
    access: sections.Access
    sso: sections.Sso
    oidc: sections.Oidc
    limits: sections.Limits
    storage: sections.Storage
    huey: sections.Huey
    retry: sections.Retry
    lifetime: sections.Lifetime
    cache: sections.Cache
    outbound: sections.Outbound
    monitoring: sections.Monitoring
    jobtypes: sections.JobTypes
    machines: sections.Machines
    backup: sections.Backup
    notices: sections.Notices
    queues: Mapping[str, Queue]
    watches: Mapping[str, Watch]
    type_settings: Mapping[str, Mapping[str, str]]
    type_lifetimes: Mapping[str, Lifetime]
    config_path: Path
    text: str
    data_dir: Path
    jobtypes_folder: Path | None
    backup_folder: Path | None
    log_file: Path | None
    writable: tuple[Path, ...]

    @property
    def addresses(self) -> dict[str, str]:
        """What may hold the password of a server."""
        return {
            "[huey] redis_url": self.huey.redis_url,
            "[storage] database": self.storage.database,
            "[storage] files": self.storage.files,
        }

    @property
    def secrets(self) -> list[str]:
        """Every secret that is known before job types are, to be masked in the log."""
        params = {name: watch.params for name, watch in self.watches.items()}
        own = (self.oidc.client_secret, self.notices.smtp_password, *self.notices.apprise)
        return (
            [value for value in own if value]
            + [value for _, value in secrets_in(self.addresses, self.type_settings, params)]
            + [
                values.unquoted(value)
                for name, value in os.environ.items()
                if name.startswith("BELLHOP_TYPE_") and is_secret(name)
            ]
        )

    def ways_to_rows(self) -> list[str]:
        """Paths that lead to the rows on PostgreSQL, as patterns: of sockets, and of keys.

        Where the server listens on a socket as well, the system's user may need no password there.
        """
        parts = urlsplit(self.storage.database)
        hosts = re.sub(r":\d*(,|$)", r"\1", unquote(parts.netloc.rpartition("@")[2]))
        named = [v for name, v in parse_qsl(parts.query) if name in ("host", "sslkey", "passfile")]
        paths = ",".join([hosts, *named, "/run/postgresql,/tmp"]).split(",") if parts.scheme else []
        others = {Path("/tmp"), Path("/var/tmp"), *self.data_dir.parents, *self.config_path.parents}
        # Where there is more than sockets, only they are meant.
        return [f"{p}/.s.PGSQL.*" if Path(p) in others else p for p in paths if p[:1] == "/"]

    @property
    def private_places(self) -> tuple[str, ...]:
        """What job code must not read, nor whatever else runs beside Bellhop."""
        shared = [self.storage.files] if self.storage.files.startswith("/") else []
        others = [str(path) for path in (self.backup_folder, self.log_file) if path]
        return (str(self.data_dir), str(self.config_path), *shared, *others)

    @property
    def total_workers(self) -> int:
        return sum(queue.workers for queue in self.queues.values())

    def owner_in_cache(self, owner: str) -> str:
        """Whose earlier results a job may take: nobody else's, unless the team shares."""
        return "" if self.access.jobs == "team" else owner

    def lifetime_of(self, type_name: str) -> Lifetime:
        """How long jobs of one type are kept: by its own section, else by [lifetime]."""
        return self.type_lifetimes.get(type_name.lower(), self.lifetime)

    def for_type(self, type_name: str, keys: list[str]) -> dict[str, str | None]:
        """The values of one job type's own settings; None where nothing is set."""
        prefix = f"BELLHOP_TYPE_{type_name.upper()}_"
        given = self.written_for(type_name, keys)
        variables = {key: os.environ.get(prefix + key.upper()) for key in keys}
        return given | {
            key: values.unquoted(text) for key, text in variables.items() if text is not None
        }

    def written_for(self, type_name: str, keys: Iterable[str]) -> dict[str, str | None]:
        """The same of config.ini alone, where capitals do not count."""
        section = self.type_settings.get(type_name.lower(), {})
        return {key: section.get(key.lower()) for key in keys}


def in_variable(name: str) -> str:
    """The name of a section or queue as a variable of the environment can say it."""
    return name.lower().replace("-", "_")


# What libpq reads in one way only, so that nothing of a password is taken for something else.
_TEXT = r"(?:[^\s/?#@%\[\]]|%(?!00)[0-9A-Fa-f]{2})*"
_HOST = r"(?:\[[^\s/?#@\[\]]+\]|(?:[\w.-]|%[0-9A-Fa-f]{2})*)(?::\d*)?"
_OPTION = r"\w+=(?:[^\s#@%&=]|%(?!00)[0-9A-Fa-f]{2})*"
POSTGRESQL = re.compile(
    rf"postgres(?:ql)?://(?:{_TEXT}@)?(?P<hosts>{_HOST}(?:,{_HOST})*)(?:/(?P<name>{_TEXT}))?"
    rf"(?:\?(?P<options>{_OPTION}(?:&{_OPTION})*)?)?"
)


def secrets_in(
    addresses: Mapping[str, str],
    type_settings: Mapping[str, Mapping[str, str]],
    params: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """(name, value) of what is a secret by its name; `params` are JSON."""
    for name, url in addresses.items():
        yield from ((name, password) for password in passwords_in(url))
    for type_name, section in type_settings.items():
        for name, value in section.items():
            if value and is_secret(name):
                yield f"[type:{type_name}] {name}", value
    for watch, text in params.items():
        for value in secrets_of(documents.parsed(text)):
            yield f"[watch:{watch}] params", value


def postgresql_location(url: str) -> str:
    """`host:port/name` of a PostgreSQL address, without its credentials; StartRefused for none."""
    found = None
    with contextlib.suppress(ValueError):
        urlsplit(url)  # which refuses some that libpq takes
        found = POSTGRESQL.fullmatch(url)
    if found is None:
        raise StartRefused(
            "[storage] database is not an address like postgresql://user:password@host/name; "
            "in a password, write / ? # @ % [ ] and blanks as %2F %3F %23 %40 %25 %5B %5D %20"
        )
    options = dict(parse_qsl(found["options"] or ""))
    name = unquote(found["name"] or "") or options.get("dbname")
    if not name:
        raise StartRefused(
            "[storage] database names no database; write it as postgresql://user:password@host/name"
        )
    return f"{unquote(found['hosts']) or options.get('host') or 'localhost'}/{name}"
