"""config.ini and the environment, read once into one frozen object.

Every key is declared once, here, with its type, default, bounds and help; config.ini
and docs/settings.md are held to this table by a test. A key or value that is not
allowed stops the start with one line. Nothing else reads config.ini or `BELLHOP_*`.
"""

from __future__ import annotations

import configparser
import contextlib
import errno
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bellhop.base.errors import NO_ROOM, StartRefused
from bellhop.base.program import HOME

# What is a secret by its name; a job type says of its own settings which are.
LIKE_A_SECRET = re.compile(
    r"(?:^|_)(?:(?:api|access|private|secret)_?key|secret|token|pass(?:word|wd|phrase)"
    r"|credentials?)$"
)
NOT_SETTINGS = {"BELLHOP_URL", "BELLHOP_TOKEN", "BELLHOP_DIE_AT"}
MEBIBYTE = 1024 * 1024
# What the disk of the data can say to a start; an operator needs one line, no traceback.
DISK_ERRORS = (*NO_ROOM, errno.EROFS, errno.EACCES, errno.EIO)
log = logging.getLogger("bellhop.settings")


def key(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    one_of: tuple[str, ...] = (),
) -> Any:
    metadata = {"help": help, "low": low, "high": high, "one_of": one_of}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Server:
    """Where the web listens and what it takes."""

    host: str = key("127.0.0.1", "Address to listen on.")
    port: int = key(8080, "Port to listen on; 0 takes any free port.", low=0, high=65535)
    allowed_hosts: tuple[str, ...] = key(
        (), "Further host names the page may be opened by, separated by commas."
    )
    public_url: str = key(
        "", "Address people open it by, as https://jobs.example.org behind a proxy."
    )
    trusted_proxy: str = key(
        "", "Address of the proxy in front, whose X-Forwarded-For and -Proto are believed."
    )
    max_upload_mb: int = key(1024, "Largest upload of one job, in MiB.", low=1, high=1048576)
    max_items: int = key(1000, "Most files or URLs of one job.", low=1, high=100000)
    stop_grace_s: float = key(
        8, "Seconds running items get to finish when Bellhop stops.", low=0, high=3600
    )
    log_level: str = key(
        "info", "How much is logged.", one_of=("debug", "info", "warning", "error")
    )

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * MEBIBYTE


@dataclass(frozen=True)
class Access:
    """Who sees what, once there are accounts."""

    jobs: str = key(
        "own",
        "Whether everybody sees their own jobs, or those of the whole team.",
        one_of=("own", "team"),
    )


@dataclass(frozen=True)
class Limits:
    """How much one account may ask for, once there are accounts; 0 is no limit."""

    requests_per_minute: int = key(
        3000, "Requests of one account, or of one address without a login.", low=0, high=10**6
    )
    jobs_per_account: int = key(2000, "Jobs of one account that are not final.", low=0, high=10**9)
    mb_per_account: int = key(
        51200, "MiB that the uploads and output files of one account hold.", low=0, high=10**9
    )
    queue_items: int = key(
        100000, "Items that may wait in one queue; also without accounts.", low=0, high=10**9
    )


@dataclass(frozen=True)
class Storage:
    """Where the state lives."""

    data_dir: str = key("data", "Folder of all state; relative to this file's folder.")
    reserve_mb: int = key(
        100, "MiB of its disk kept free for running work; no new job beyond.", low=0, high=1048576
    )


@dataclass(frozen=True)
class Huey:
    """The bell that wakes workers; the jobs themselves are always in the data folder."""

    storage: str = key(
        "sqlite",
        "Where the bell lives; auto takes Redis if it answers at the first start, else SQLite.",
        one_of=("sqlite", "redis", "auto"),
    )
    redis_url: str = key("redis://127.0.0.1:6379/0", "Address of the Redis or Valkey server.")


@dataclass(frozen=True)
class Retry:
    """When a job type that failed by mistake runs again."""

    delays_s: tuple[float, ...] = key(
        (0.0, 30.0, 300.0), "Seconds before each retry; empty means no retry.", low=0, high=86400
    )


@dataclass(frozen=True)
class Lifetime:
    """How long finished work is kept."""

    results_days: float = key(
        30, "Days until a final job goes with its results; 0 keeps it.", low=0, high=36500
    )
    uploads_days: float = key(
        7,
        "Days until the uploads of a final job go, and a retry with them; 0 keeps them.",
        low=0,
        high=36500,
    )
    uploads_on_success: str = key(
        "keep",
        "Whether the uploads of a completed job stay for their days.",
        one_of=("keep", "remove"),
    )


@dataclass(frozen=True)
class Cache:
    """Results that are used again when the same comes in once more."""

    max_mb: int = key(
        1024, "MiB of results that may be used again; 0 runs everything.", low=0, high=1048576
    )
    max_days: float = key(30, "Days a result may be used again.", low=0.001, high=36500)


@dataclass(frozen=True)
class Outbound:
    """Where Bellhop may send requests to: webhooks, and job types that fetch."""

    allowed: tuple[str, ...] = key(
        (), "Private names, addresses or networks that may be reached, separated by commas."
    )


@dataclass(frozen=True)
class Monitoring:
    """When a queue counts as behind."""

    backlog_warn: int = key(100, "Waiting items above which it says warn.", low=1, high=10**9)
    backlog_critical: int = key(
        1000, "Waiting items above which it says critical.", low=1, high=10**9
    )


@dataclass(frozen=True)
class JobTypes:
    """Your own job types, and how long a job process is used."""

    folder: str = key("", "Folder with job types of your own; relative to this file's folder.")
    recycle_after_items: int = key(
        1000, "Items after which a job process is replaced.", low=1, high=1000000
    )
    writable: tuple[str, ...] = key(
        ("/tmp", "/var/tmp"),
        "Folders outside the data folder that job types may write to, separated by commas.",
    )


@dataclass(frozen=True)
class Queue:
    """One named queue."""

    workers: int = key(1, "Items of this queue that run at the same time.", low=1, high=256)
    timeout_s: float = key(180, "Seconds one item may run.", low=0.1, high=86400)
    memory_mb: int = key(
        2048, "MiB of memory one item may use; 0 is no limit.", low=0, high=1048576
    )


SECTIONS: dict[str, type] = {
    "server": Server,
    "access": Access,
    "limits": Limits,
    "storage": Storage,
    "huey": Huey,
    "retry": Retry,
    "lifetime": Lifetime,
    "cache": Cache,
    "outbound": Outbound,
    "monitoring": Monitoring,
    "jobtypes": JobTypes,
}
QUEUES: dict[str, Queue] = {
    "default": Queue(1, 180),
    "document_processing": Queue(2, 180),
    "geo_processing": Queue(2, 600),
    "parsing": Queue(3, 60),
    "ai": Queue(2, 120),
    "notion": Queue(2, 60),
    "ocr": Queue(1, 600),
    "webhooks": Queue(2, 30),
}


@dataclass(frozen=True)
class Settings:
    """All settings; paths are absolute."""

    server: Server
    access: Access
    limits: Limits
    storage: Storage
    huey: Huey
    retry: Retry
    lifetime: Lifetime
    cache: Cache
    outbound: Outbound
    monitoring: Monitoring
    jobtypes: JobTypes
    queues: Mapping[str, Queue]
    type_settings: Mapping[str, Mapping[str, str]]
    type_lifetimes: Mapping[str, Lifetime]
    config_path: Path
    data_dir: Path
    jobtypes_folder: Path | None
    writable: tuple[Path, ...]

    @property
    def secrets(self) -> list[str]:
        """Every secret that is known before job types are, to be masked in the log."""
        return [value for _, value in _secrets(self.huey.redis_url, self.type_settings)] + [
            value
            for name, value in os.environ.items()
            if name.startswith("BELLHOP_TYPE_") and LIKE_A_SECRET.search(name.lower())
        ]

    @property
    def total_workers(self) -> int:
        return sum(queue.workers for queue in self.queues.values())

    def owner_in_cache(self, owner: str) -> str:
        """Whose earlier results a job may take: nobody else's, unless the team shares."""
        return "" if self.access.jobs == "team" else owner

    def lifetime_of(self, type_name: str) -> Lifetime:
        """How long jobs of one type are kept: by its own section, else by [lifetime]."""
        return self.type_lifetimes.get(type_name, self.lifetime)

    def for_type(self, type_name: str, keys: list[str]) -> dict[str, str | None]:
        """The values of one job type's own settings; None where nothing is set."""
        section = self.type_settings.get(type_name, {})
        prefix = f"BELLHOP_TYPE_{type_name.upper()}_"
        return {key: os.environ.get(prefix + key.upper(), section.get(key)) for key in keys}


def load(config: str | Path | None = None) -> Settings:
    """Read `config` (default: config.ini beside the program) and the environment.

    Raises StartRefused with one line that names file, section, key, what was
    found and what is allowed.
    """
    path = Path(config).absolute() if config else HOME / "config.ini"
    parser = _parse(path, must_exist=config is not None)
    overrides = _environment(parser)
    sections = {
        name: _section(cls, name, parser, path, overrides, cls()) for name, cls in SECTIONS.items()
    }
    names = [*QUEUES, *(s[6:] for s in parser.sections() if s.startswith("queue:"))]
    queues = {
        name: _section(Queue, f"queue:{name}", parser, path, overrides, QUEUES.get(name, Queue()))
        for name in dict.fromkeys(names)
    }
    if not sections["storage"].data_dir:
        raise StartRefused(f"{path} [storage] data_dir: found ''; allowed is the path of a folder")
    folder = sections["jobtypes"].folder
    type_settings = {s[5:]: dict(parser[s]) for s in parser.sections() if s.startswith("type:")}
    written_url = parser.get("huey", "redis_url", fallback="")
    for secret, _ in _secrets(written_url, type_settings):
        require_private(path, secret)
    return Settings(
        **sections,
        queues=queues,
        type_settings=type_settings,
        type_lifetimes={
            name: _type_lifetime(name, type_settings.get(name, {}), sections["lifetime"], path)
            for name in {*type_settings, *_types_with_variables()}
        },
        config_path=path,
        data_dir=path.parent / Path(sections["storage"].data_dir).expanduser(),
        jobtypes_folder=path.parent / Path(folder).expanduser() if folder else None,
        writable=tuple(path.parent / Path(f).expanduser() for f in sections["jobtypes"].writable),
    )


def _secrets(
    redis_url: str, type_settings: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """(name, value) of what is a secret by its name."""
    for password in passwords_in(redis_url):
        yield "[huey] redis_url", password
    for type_name, section in type_settings.items():
        for name, value in section.items():
            if value and LIKE_A_SECRET.search(name):
                yield f"[type:{type_name}] {name}", value


def passwords_in(url: str) -> list[str]:
    """The password of an address like redis://user:password@host."""
    with contextlib.suppress(ValueError):
        if password := urlsplit(url).password:
            return [unquote(password)]
    return []


def require_private(path: Path, secret: str) -> None:
    """Refuse a config.ini that holds `secret`, which is its name, and that others may read."""
    if path.stat().st_mode & 0o077:
        said = f"{path} holds a secret, {secret}, and others may read it"
        raise StartRefused(f"{said}: chmod 600 {path}")


def _types_with_variables() -> set[str]:
    """The types whose lifetimes the environment sets, as BELLHOP_TYPE_NAME_RESULTS_DAYS."""
    keys = "|".join(declared.name for declared in fields(Lifetime))
    variable = re.compile(rf"bellhop_type_([a-z0-9_]+?)_({keys})")
    return {found[1] for name in os.environ if (found := variable.fullmatch(name.lower()))}


def _type_lifetime(name: str, written: Mapping[str, str], common: Lifetime, path: Path) -> Lifetime:
    """[lifetime] with what the section or the environment of one type says otherwise."""
    own = {}
    for declared in fields(Lifetime):
        variable = f"BELLHOP_TYPE_{name}_{declared.name}".upper()
        text = os.environ.get(variable, written.get(declared.name))
        if text is not None:
            where = f"{path} [type:{name}] {declared.name}"
            own[declared.name] = _convert(declared, getattr(common, declared.name), text, where)
    return replace(common, **own)


def _parse(path: Path, *, must_exist: bool) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, default_section="\0")
    try:
        parser.read_string(path.read_text("utf-8"), str(path))
    except FileNotFoundError:
        if must_exist:
            raise StartRefused(f"{path}: there is no such file") from None
    except configparser.ParsingError as error:
        # Python would show the line, and that may be half a secret.
        number = getattr(error, "lineno", None) or error.errors[0][0]
        said = "is neither a [section] nor KEY = VALUE inside of one"
        raise StartRefused(f"{path}: line {number} {said}") from None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise StartRefused(f"{path}: {' '.join(str(error).split())}") from None
    for section in parser.sections():
        if section not in SECTIONS and not re.fullmatch(r"(queue|type):[a-z0-9_]+", section):
            allowed = ", ".join([*SECTIONS, "queue:NAME", "type:NAME"])
            raise StartRefused(f"{path}: section [{section}] is unknown; allowed are {allowed}")
    return parser


def _environment(parser: configparser.ConfigParser) -> dict[tuple[str, str], tuple[str, str]]:
    """`{(section, key): (variable, value)}` of the BELLHOP_* variables."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for variable, value in os.environ.items():
        if not variable.startswith("BELLHOP_") or variable in NOT_SETTINGS:
            continue
        prefix, _, rest = variable.removeprefix("BELLHOP_").lower().partition("_")
        if prefix == "queue":
            queue, name = _split_queue_variable(variable, rest, parser)
            found[f"queue:{queue}", name] = variable, value
        elif prefix in SECTIONS:
            _require_known(SECTIONS[prefix], prefix, rest, f"environment {variable}")
            found[prefix, rest] = variable, value
        elif prefix != "type":
            log.warning("%s is not a setting of Bellhop and is ignored", variable)
    return found


def _split_queue_variable(
    variable: str, rest: str, parser: configparser.ConfigParser
) -> tuple[str, str]:
    known = {*QUEUES, *(s[6:] for s in parser.sections() if s.startswith("queue:"))}
    for name in (declared.name for declared in fields(Queue)):
        queue = rest.removesuffix("_" + name)
        if queue != rest and queue in known:
            return queue, name
    allowed = ", ".join(sorted(known))
    raise StartRefused(
        f"environment {variable}: no such queue or key; queues are {allowed}, "
        f"keys are {', '.join(declared.name for declared in fields(Queue))}"
    )


def _section(
    cls: type,
    section: str,
    parser: configparser.ConfigParser,
    path: Path,
    overrides: dict[tuple[str, str], tuple[str, str]],
    defaults: Any,
) -> Any:
    written = dict(parser[section]) if parser.has_section(section) else {}
    for name in written:
        _require_known(cls, section, name, str(path))
    values = {}
    for declared in fields(cls):
        default = getattr(defaults, declared.name)
        if (section, declared.name) in overrides:
            variable, text = overrides[section, declared.name]
            values[declared.name] = _convert(declared, default, text, f"environment {variable}")
        elif declared.name in written:
            where = f"{path} [{section}] {declared.name}"
            values[declared.name] = _convert(declared, default, written[declared.name], where)
        else:
            values[declared.name] = default
    return cls(**values)


def _require_known(cls: type, section: str, name: str, where: str) -> None:
    names = [declared.name for declared in fields(cls)]
    if name not in names:
        raise StartRefused(
            f"{where}: [{section}] has no key {name!r}; allowed are {', '.join(names)}"
        )


def _convert(declared: Field[Any], default: Any, text: str, where: str) -> Any:
    """`text` as the type of `default`, inside the declared bounds."""
    text = text.strip()
    rules = declared.metadata
    if isinstance(default, tuple):
        parts = [part.strip() for part in text.split(",") if part.strip()]
        is_number = declared.default is not MISSING and rules["low"] is not None
        return tuple(_number(part, float, rules, where) if is_number else part for part in parts)
    if isinstance(default, int | float):
        # An annotation is text here, so the declared type is read from it.
        return _number(text, int if declared.type == "int" else float, rules, where)
    if rules["one_of"] and text not in rules["one_of"]:
        raise StartRefused(f"{where}: found {text!r}; allowed are {', '.join(rules['one_of'])}")
    return text


def _number(text: str, kind: type, rules: Mapping[str, Any], where: str) -> Any:
    low, high = rules["low"], rules["high"]
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        noun = "a whole number" if kind is int else "a number"
        raise StartRefused(f"{where}: found {text!r}; allowed is {noun} from {low:g} to {high:g}")
    return value
