"""Every setting, declared once, with its type, default, bounds and help.

config.ini and docs/settings.md are held to this table by a test; configuration.py reads them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from bellhop.base import addresses, identity, values
from bellhop.base.errors import NO_ROOM, StartRefused
from bellhop.base.units import MEBIBYTE

# What is a secret by its name; a job type says of its own settings which are.
LIKE_A_SECRET = re.compile(
    r"(?:^|_)(?:(?:api|access|private|secret)_?key|secret|token|pass(?:word|wd|phrase)"
    r"|credentials?)$"
)
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
# What the disk of the data can say to a start; an operator needs one line, no traceback.
DISK_ERRORS = (*NO_ROOM, errno.EROFS, errno.EACCES, errno.EIO)


def key(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    one_of: tuple[str, ...] = (),
    form: Callable[[str], str] = str,
    secret: bool = False,
) -> Any:
    """`form` gives the one form of a text; it raises ValueError with what is allowed."""
    metadata = {"help": help, "low": low, "high": high, "one_of": one_of, "form": form}
    metadata["secret"] = secret
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Server:
    """Where the web process listens, and what it accepts."""

    host: str = key("127.0.0.1", "Address or host name to listen on.", form=addresses.host)
    port: int = key(8080, "Port to listen on; 0 takes any free port.", low=0, high=65535)
    allowed_hosts: tuple[str, ...] = key(
        (),
        "Additional host names that Bellhop answers to, separated by commas.",
        form=addresses.served_host,
    )
    public_url: str = key(
        "",
        "Public URL of Bellhop behind a proxy, such as https://jobs.example.org or "
        "https://example.org/bellhop.",
        form=addresses.public_url,
    )
    trusted_proxy: tuple[str, ...] = key(
        (),
        "Addresses or networks of reverse proxies, separated by commas; Bellhop trusts their "
        "X-Forwarded-For and -Proto.",
        form=addresses.cidr,
    )
    hsts_subdomains: str = key(
        "no",
        "yes: behind TLS, browsers keep to TLS for every subdomain of the public host too.",
        one_of=("yes", "no"),
    )
    max_upload_mb: int = key(1024, "Maximum size of one upload, in MiB.", low=1, high=1048576)
    max_items: int = key(1000, "Maximum number of files or URLs in one job.", low=1, high=100000)
    stop_grace_s: float = key(
        8, "Seconds that running items have to finish when Bellhop stops.", low=0, high=3600
    )
    cores: str = key(
        "own",
        "own: web and consumers use a CPU core each that no other Bellhop uses; any: any core.",
        one_of=("own", "any"),
    )
    log_level: str = key(
        "info", "The lowest level that Bellhop logs.", one_of=("debug", "info", "warning", "error")
    )
    log_format: str = key(
        "line",
        "line: for people; json: one JSON object on each line.",
        one_of=("line", "json"),
    )
    log_file: str = key(
        "",
        "File for the log; relative to the folder of this file; empty: standard error.",
        form=values.file_if_any,
    )
    access_log: str = key("no", "yes: log each request.", one_of=("yes", "no"))

    @property
    def origin(self) -> str:
        """The public URL as browsers write it as an Origin; empty without one."""
        return self.public_url.removesuffix(self.path)

    @property
    def path(self) -> str:
        """What Bellhop is served under, as `/bellhop`; empty at the root of a host name."""
        return urlsplit(self.public_url).path

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * MEBIBYTE


@dataclass(frozen=True)
class Access:
    """Who can see which jobs, once there are accounts."""

    jobs: str = key(
        "own",
        "Jobs that each person can see: their own, or those of the whole team.",
        one_of=("own", "team"),
    )


@dataclass(frozen=True)
class Sso:
    """Single sign-on: people whom a proxy or a provider logs in, and what they may do here."""

    header: str = key(
        "",
        "Header in which your proxy names the person, such as Remote-User; Bellhop takes it from "
        "trusted_proxy alone; empty: from nobody.",
        form=identity.header,
    )
    groups_header: str = key(
        "",
        "Header in which the same proxy names the groups of the person, such as Remote-Groups.",
        form=identity.header,
    )
    roles: tuple[str, ...] = key(
        (),
        "Roles that groups give, as GROUP:ROLE, separated by commas; of several, the one that may "
        "most. A group name cannot contain a comma.",
        form=identity.group_role,
    )
    role: str = key(
        "member",
        "Role of people in none of these groups; none: they cannot log in.",
        one_of=("none", *identity.ROLES),
    )
    new_accounts: str = key(
        "yes",
        "yes: a person without an account gets one at the first login; no: an admin adds it.",
        one_of=("yes", "no"),
    )
    logout_url: str = key(
        "",
        "URL to which a logout leads, such as the logout page of your proxy or provider.",
        form=identity.url,
    )


@dataclass(frozen=True)
class Oidc:
    """A provider that logs people in with OpenID Connect; what they may do is in [sso]."""

    issuer: str = key(
        "",
        "URL of the provider, as it names itself, such as https://auth.example.org; empty: none.",
        form=identity.issuer,
    )
    client_id: str = key("", "Name of Bellhop at the provider.")
    client_secret: str = key(
        "", "Secret of Bellhop at the provider; empty for a public client.", secret=True
    )
    label: str = key("single sign-on", "What the button on the login page logs in with.")
    scopes: tuple[str, ...] = key(
        ("openid", "profile", "email"), "Scopes that Bellhop asks for, separated by commas."
    )
    name_claim: str = key(
        "preferred_username", "Claim that becomes the name of a new account; such as email."
    )
    groups_claim: str = key("groups", "Claim that lists the groups of a person.")
    domains: tuple[str, ...] = key(
        (),
        "Domains of the e-mail addresses that may log in, separated by commas; empty: all.",
        form=addresses.host,
    )


@dataclass(frozen=True)
class Limits:
    """Limits for each account, once there are accounts; 0 means no limit."""

    requests_per_minute: int = key(
        3000,
        "Requests per minute from one account, or from one address without a login.",
        low=0,
        high=10**6,
    )
    jobs_per_account: int = key(2000, "Unfinished jobs of one account.", low=0, high=10**9)
    mb_per_account: int = key(
        51200, "MiB of files and database rows of one account.", low=0, high=10**9
    )
    queue_items: int = key(
        100000,
        "Items that may wait in one queue; this limit also applies without accounts.",
        low=0,
        high=10**9,
    )


@dataclass(frozen=True)
class Storage:
    """Where Bellhop stores its data."""

    data_dir: str = key(
        "data", "Folder for all data; relative to the folder of this file.", form=values.folder
    )
    database: str = key(
        "",
        "Address of the PostgreSQL database for the jobs, as postgresql://user:password@host/name; "
        "empty: SQLite in the data folder. Later, `move-to` moves the jobs.",
    )
    files: str = key(
        "",
        "Where the files of jobs are: a folder that all machines share, or "
        "s3://key:secret@bucket/prefix?endpoint=https://host; empty: the data folder.",
    )
    reserve_mb: int = key(
        100,
        "MiB of disk space reserved for running jobs; Bellhop refuses new jobs below it.",
        low=0,
        high=1048576,
    )


@dataclass(frozen=True)
class Huey:
    """The bell that wakes the workers; the jobs themselves are always in the database."""

    storage: str = key(
        "sqlite",
        "Where the bell is: sqlite means with the jobs, also in PostgreSQL; auto uses Redis if it "
        "answers at the first start.",
        one_of=("sqlite", "redis", "auto"),
    )
    redis_url: str = key("redis://127.0.0.1:6379/0", "URL of the Redis or Valkey server.")


@dataclass(frozen=True)
class Retry:
    """When Bellhop runs an item again after an error of its job type."""

    delays_s: tuple[float, ...] = key(
        (0.0, 30.0, 300.0), "Seconds before each retry; empty means no retry.", low=0, high=86400
    )


@dataclass(frozen=True)
class Lifetime:
    """How long Bellhop keeps finished jobs."""

    results_days: float = key(
        30,
        "Days until Bellhop deletes a finished job and its results; 0 keeps them forever.",
        low=0,
        high=36500,
    )
    uploads_days: float = key(
        7,
        "Days until Bellhop deletes the uploads; a retry needs them; 0 keeps them forever.",
        low=0,
        high=36500,
    )
    uploads_on_success: str = key(
        "keep",
        "Whether Bellhop keeps the uploads of a completed job or removes them early.",
        one_of=("keep", "remove"),
    )


@dataclass(frozen=True)
class Cache:
    """Results that Bellhop reuses for equal items."""

    max_mb: int = key(
        1024, "MiB of results that Bellhop may reuse; 0 turns reuse off.", low=0, high=1048576
    )
    max_days: float = key(30, "Days for which Bellhop may reuse a result.", low=0.001, high=36500)


@dataclass(frozen=True)
class Outbound:
    """Where webhooks, and job types that use the network, may send requests."""

    allowed: tuple[str, ...] = key(
        (),
        "Private host names, addresses or networks they may reach, separated by commas.",
        form=addresses.host_or_cidr,
    )


@dataclass(frozen=True)
class Monitoring:
    """When Bellhop reports a backlog."""

    backlog_warn: int = key(
        100, "Waiting items above which Bellhop reports a queue with a warning.", low=1, high=10**9
    )
    backlog_critical: int = key(
        1000, "Waiting items above which Bellhop reports a queue as critical.", low=1, high=10**9
    )


@dataclass(frozen=True)
class JobTypes:
    """Your own job types, and how long Bellhop uses a job process."""

    folder: str = key(
        "types",
        "Folder with your own job types; relative to the folder of this file; empty means none.",
        form=values.folder_if_any,
    )
    describe_timeout_s: float = key(
        5,
        "Seconds that Bellhop lets a file of job types take to load when it reads it.",
        low=0.1,
        high=3600,
    )
    build: str = key(
        "no",
        "yes: packages that a job type names may be built from source; no: wheels only.",
        one_of=("yes", "no"),
    )
    recycle_after_items: int = key(
        1000, "Items after which Bellhop replaces a job process.", low=1, high=1000000
    )
    writable: tuple[str, ...] = key(
        (),
        "Folders outside the data folder that job types may write to, separated by commas.",
        form=values.folder,
    )


@dataclass(frozen=True)
class Machines:
    """Several machines, once the jobs are in PostgreSQL."""

    lease_s: float = key(
        60,
        "Seconds without a sign of a machine after which the others run its items again.",
        low=20,
        high=600,
    )


@dataclass(frozen=True)
class Backup:
    """Backups that Bellhop makes by itself."""

    folder: str = key(
        "",
        "Folder for backups, best on another disk; relative to the folder of this file; empty: "
        "Bellhop makes none.",
        form=values.folder_if_any,
    )
    at: tuple[str, ...] = key(
        ("03:00",),
        "Times of the day, by the clock of this machine, separated by commas.",
        form=values.time_of_day,
    )
    keep: int = key(7, "Number of backups that Bellhop keeps.", low=1, high=100000)


@dataclass(frozen=True)
class Notices:
    """Mail to people whose jobs end, and to admins."""

    smtp_host: str = key(
        "", "Host name of the mail server; empty: Bellhop sends no mail.", form=addresses.host
    )
    smtp_port: int = key(0, "Its port; 0: 587, of tls 465, of none 25.", low=0, high=65535)
    smtp_security: str = key(
        "starttls",
        "starttls: the connection is encrypted after it begins; tls: from the start; none: never.",
        one_of=("starttls", "tls", "none"),
    )
    smtp_ca: str = key(
        "",
        "File of the certificates (PEM) to trust, relative to the folder of this file; empty: "
        "those of the system.",
    )
    smtp_user: str = key("", "Name that Bellhop logs in with; empty: without a login.")
    smtp_password: str = key("", "Password that Bellhop logs in with.", secret=True)
    smtp_from: str = key(
        "", "Address that the mail comes from; empty: smtp_user.", form=addresses.mail
    )
    domains: tuple[str, ...] = key(
        (),
        "Domains of the addresses that people may enter, separated by commas; empty: any.",
        form=addresses.host,
    )
    admins: tuple[str, ...] = key(
        (),
        "Mail addresses that get notices of trouble with Bellhop itself, separated by commas.",
        form=addresses.mail,
    )
    apprise: tuple[str, ...] = key(
        (),
        "Apprise URLs that get them too, with commas between; see requirements-notices.txt.",
        secret=True,
    )
    gather_s: float = key(
        600,
        "Seconds for which Bellhop gathers further notices to a person into one summary.",
        low=1,
        high=86400,
    )


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


SECTIONS: dict[str, type] = {
    "server": Server,
    "access": Access,
    "sso": Sso,
    "oidc": Oidc,
    "limits": Limits,
    "storage": Storage,
    "huey": Huey,
    "retry": Retry,
    "lifetime": Lifetime,
    "cache": Cache,
    "outbound": Outbound,
    "monitoring": Monitoring,
    "jobtypes": JobTypes,
    "machines": Machines,
    "backup": Backup,
    "notices": Notices,
}
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
    """All settings; paths are absolute."""

    server: Server
    access: Access
    sso: Sso
    oidc: Oidc
    limits: Limits
    storage: Storage
    huey: Huey
    retry: Retry
    lifetime: Lifetime
    cache: Cache
    outbound: Outbound
    monitoring: Monitoring
    jobtypes: JobTypes
    machines: Machines
    backup: Backup
    notices: Notices
    queues: Mapping[str, Queue]
    watches: Mapping[str, Watch]
    type_settings: Mapping[str, Mapping[str, str]]
    type_lifetimes: Mapping[str, Lifetime]
    config_path: Path
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
        own = (self.oidc.client_secret, self.notices.smtp_password, *self.notices.apprise)
        return (
            [value for value in own if value]
            + [value for _, value in secrets_in(self.addresses, self.type_settings)]
            + [
                values.unquoted(value)
                for name, value in os.environ.items()
                if name.startswith("BELLHOP_TYPE_") and LIKE_A_SECRET.search(name.lower())
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
    addresses: Mapping[str, str], type_settings: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """(name, value) of what is a secret by its name."""
    for name, url in addresses.items():
        yield from ((name, password) for password in passwords_in(url))
    for type_name, section in type_settings.items():
        for name, value in section.items():
            if value and LIKE_A_SECRET.search(name):
                yield f"[type:{type_name}] {name}", value


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


def passwords_in(url: str) -> list[str]:
    """The passwords of an address like redis://user:password@host, and of its options."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        options = parse_qsl(parts.query)
        told = [unquote(parts.password or ""), *(v for k, v in options if "password" in k)]
        return [password for password in told if password]
    return []
