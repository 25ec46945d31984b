"""How a further machine joins: with a token, within an hour, its home lets one in.

A machine whose answer was lost asks again with the key that it made, and hears the same: what it is
called, its password too, follows from token and key, of which nothing is stored but a hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from bellhop.base.buckets import bucket
from bellhop.base.errors import StartRefused
from bellhop.base.times import timestamp
from bellhop.base.units import DAY_S
from bellhop.database.database import database, query
from bellhop.machines import certificates, members, roles
from bellhop.settings.settings import POSTGRESQL, WEBHOOKS, Settings, postgresql_location
from bellhop.storage.installation import Installation
from bellhop.system.listener import is_local

NAME = re.compile(r"[a-z0-9-]{1,40}")
KEY = re.compile(r"[A-Za-z0-9_-]{43}")
PREFIX, TOKEN_BYTES, TOKEN_S = "bellhop_join_", 32, 3600.0
KEPT_S = 7 * DAY_S  # so long it is known why a token lets nobody join
# Options of an address that are of the home's own role or of its disk.
OF_HOME = {"user", "password", "passfile", "sslcert", "sslkey", "sslpassword"}
VERIFIED = "verify-full"


class Refused(Exception):
    """A token that lets nobody join; the text says why."""


def require_possible(
    settings: Settings, here: Installation, name: str, queues: Mapping[str, int]
) -> list[str]:
    """The servers that a new machine reaches only through a tunnel; StartRefused if none can join.

    `queues` are those that it would serve.
    """
    if not NAME.fullmatch(name):
        raise StartRefused(f"{name!r} is no name of a machine: use a-z, 0-9 and -, up to 40")
    if unknown := queues.keys() - settings.queues.keys():
        known = ", ".join(settings.queues)
        raise StartRefused(f"--queue {min(unknown)}: the queues of config.ini are {known}")
    if WEBHOOKS in queues:
        raise StartRefused(f"--queue {WEBHOOKS}: only the home sends webhooks")
    near = near_places(settings, here)
    roles.require_may_create()
    if members.find(name):
        raise StartRefused(f"there is a machine {name} already; choose another name")
    return near


def home_address(settings: Settings, here: Installation) -> str:
    """Where the home is reached; StartRefused where a token would travel in the clear."""
    try:
        address = settings.server.public_url or here.address_file.read_text()
    except OSError:
        raise StartRefused(
            f"no web runs on {here.folder}, and a machine joins through it; start Bellhop first"
        ) from None
    host = urlsplit(address).hostname or ""
    if urlsplit(address).scheme != "https" and not is_near(host):
        raise StartRefused(
            f"{address} is not encrypted, and a machine gets its passwords there; put a proxy with "
            "TLS in front, and write its https:// address into [server] public_url"
        )
    return address


def near_places(settings: Settings, here: Installation) -> list[str]:
    """The servers, as settings name them, that another machine reaches through a tunnel only.

    Raises StartRefused with one line when it could not reach rows or files at all, or when its
    passwords would travel in the clear.
    """
    if not here.rows:
        raise StartRefused(
            "the jobs are in SQLite, which no other machine reaches; move them first, with "
            "`bellhop move-to postgresql://…`"
        )
    url = settings.storage.database
    near = [f"[storage] database names {host}" for host in hosts_of(url) if is_near(host)]
    options = dict(parse_qsl(urlsplit(url).query))
    is_verified = options.get("sslmode") == VERIFIED and options.get("sslrootcert")
    if not (is_verified or len(near) == len(hosts_of(url))):
        raise StartRefused(
            "machines send their passwords over the network: add sslmode=verify-full and "
            "sslrootcert=FILE (or sslrootcert=system) to [storage] database"
        )
    if not settings.storage.files:
        raise StartRefused(
            "the files of jobs are in the data folder, which no other machine reaches; move them "
            "first, with `bellhop move-to … --files`"
        )
    if settings.storage.files.startswith("s3:"):
        store = urlsplit(bucket(settings.storage.files).endpoint).hostname or ""
        near += [f"[storage] files names {store}"] if is_near(store) else []
    bell = urlsplit(settings.huey.redis_url).hostname or ""
    if here.storage == "redis" and is_near(bell):
        near.append(f"[huey] redis_url names {bell or 'a socket'}")
    return near


def hosts_of(url: str) -> list[str]:
    """The hosts of a PostgreSQL address, which may be paths of sockets."""
    places = postgresql_location(url).rpartition("/")[0].split(",")
    return [re.sub(r":\d*$", "", place).strip("[]") for place in places]


def is_near(host: str) -> bool:
    """Whether a host is a socket, or an address that no other machine reaches."""
    return not host or host.startswith("/") or is_local(host)


def new_token(name: str, queues: Mapping[str, int], made_by: str) -> str:
    """A token with which a machine joins under this name; one for it from before ends."""
    token = f"{PREFIX}{secrets.token_urlsafe(TOKEN_BYTES)}"
    query(
        """DELETE FROM join_token WHERE expires_at < :old OR name = :name AND used_at IS NULL""",
        {"name": name, "old": timestamp(-KEPT_S)},
    )
    query(
        """INSERT INTO join_token (hash, name, queues, made_by, expires_at)
        VALUES (:hash, :name, :queues, :made_by, :ends)""",
        {
            "hash": _hash(token),
            "name": name,
            "queues": json.dumps(dict(queues)),
            "made_by": made_by,
            "ends": timestamp(TOKEN_S),
        },
    )
    return token


def name_of(token: str, key: str) -> str:
    """The name of the machine that may join with a token; Refused where it is another's."""
    known = {"hash": _hash(token)}
    found = query("SELECT name, expires_at, used_at FROM join_token WHERE hash = :hash", known)
    if not found:
        raise Refused("This join token is not known here; paste the whole line.")
    ((name, expires_at, used_at),) = found
    add = f"`bellhop machine add {name}` at the home"
    if used_at and not _waits(name, token, key):
        raise Refused(
            f"This join token was used at {used_at[:19]}Z; `bellhop machine remove {name}` and "
            f"{add} make a new one."
        )
    if expires_at < timestamp():
        raise Refused(f"This join token ended at {expires_at[:19]}Z; {add} makes a new one.")
    return str(name)


def _waits(name: str, token: str, key: str) -> bool:
    """Whether the machine with this key has joined with the token, and never started."""
    known = members.find(name)
    return known is not None and known.id == _machine(token, key) and not known.version


def welcome(settings: Settings, here: Installation, token: str, key: str) -> dict[str, Any]:
    """Let a machine in, in the transaction of the caller: what it needs to know.

    Raises Refused for a token that another one has used or that has ended, StartRefused when the
    server does not let the machine in.
    """
    name_of(token, key)
    ((name, queues),) = query(
        """UPDATE join_token SET used_at = coalesce(used_at, :now) WHERE hash = :hash
        RETURNING name, queues""",
        {"hash": _hash(token), "now": timestamp()},
    )
    machine, password = _machine(token, key), _made("password", token, key)
    given: dict[str, int] = json.loads(queues)
    role = roles.role_of(name, machine)
    if not _waits(name, token, key):
        _let_in(name, machine, given, role, password)
    addresses, texts = certificates.taken_out(
        {
            "database": address_for(settings.storage.database, role, password),
            "files": settings.storage.files,
            "redis_url": settings.huey.redis_url if here.storage == "redis" else "",
        }
    )
    return {
        "name": name,
        "machine": machine,
        "installation": here.id,
        "is_closed": here.is_closed,
        **addresses,
        "certificates": texts,
        "bell": here.storage,
        "queues": {queue: _limits(settings, queue, count) for queue, count in given.items()},
    }


def _let_in(name: str, machine: str, queues: Mapping[str, int], role: str, password: str) -> None:
    if members.find(name):
        raise Refused(f"There is a machine {name} already; `bellhop machine remove {name}` first.")
    members.add(machine, name, queues)
    roles.create(role, password)


def grant_all() -> None:
    """Give every machine its rights, also to what a migration made."""
    others = [member for member in members.every() if not member.is_home]
    if others:
        with database.atomic():
            for member in others:
                roles.grant_if_there(roles.role_of(member.name, member.id))


def address_for(url: str, role: str, password: str) -> str:
    """The address of the database for another role."""
    found = POSTGRESQL.fullmatch(url)
    assert found is not None
    options = [(k, v) for k, v in parse_qsl(found["options"] or "") if k not in OF_HOME]
    who = f"{quote(role, safe='')}:{quote(password, safe='')}"
    asked = urlencode(options, quote_via=quote)
    return f"postgresql://{who}@{found['hosts']}/{found['name'] or ''}?{asked}"


def _limits(settings: Settings, queue: str, count: int) -> dict[str, float]:
    known = settings.queues[queue]
    return {"workers": count, "timeout_s": known.timeout_s, "memory_mb": known.memory_mb}


def _machine(token: str, key: str) -> str:
    return _made("machine", token, key)[:16]


def _made(what: str, token: str, key: str) -> str:
    """What only who has both can make, and nobody from another one."""
    return hmac.digest(key.encode(), f"{what} {token}".encode(), "sha256").hex()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
