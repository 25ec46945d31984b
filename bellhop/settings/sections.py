"""The sections of config.ini that exist once: each key with its type, default, bounds and help.

config.ini and docs/settings.md are held to these tables by a test; configuration.py reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bellhop.base import addresses, identity
from bellhop.base.units import MEBIBYTE
from bellhop.settings import values


def key(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    one_of: tuple[str, ...] = (),
    form: Callable[[str], str] = str,
    parts: Callable[[str], list[str]] = values.parts,
    secret: bool = False,
) -> Any:
    """`form` gives the one form of a text, and `parts` the values of one that may have several.

    Both raise ValueError with what is allowed.
    """
    metadata = {"help": help, "low": low, "high": high, "one_of": one_of, "form": form}
    return field(default=default, metadata=metadata | {"parts": parts, "secret": secret})


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
        parts=values.some_parts,
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
