"""The command `join`: this machine becomes one of a Bellhop that runs elsewhere, and starts.

All that can be refused is refused before the token is sent, which works once.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from bellhop.base import configuration
from bellhop.base.addresses import API
from bellhop.base.buckets import files_location
from bellhop.base.errors import StartRefused
from bellhop.base.program import COMMAND, TYPED
from bellhop.base.settings import QUEUES, Settings, postgresql_location
from bellhop.client import Bellhop, BellhopError, NoAnswer
from bellhop.database import condition
from bellhop.database.database import bind_server, database
from bellhop.storage.files import write_atomically
from bellhop.storage.installation import (
    Installation,
    read_record,
    redis_location,
    starting,
    write_record,
)
from bellhop.system.listener import is_local

DATA_VARIABLE = "BELLHOP_STORAGE_DATA_DIR"
CERTIFICATE = "database-ca.pem"
# What the home says of them holds here too.
SHARED = ("[storage] database", "[storage] files", "[huey] storage")


def run(settings: Settings, url: str, token: str, data_dir: str | None) -> None:
    """Join the Bellhop at `url`, and go on as this machine; StartRefused when it cannot."""
    home = _home(url)
    if data_dir:
        settings = _in_folder(settings, Path(data_dir).absolute())
    _require_new(settings)
    with starting(settings) as folder:
        if read_record(folder):
            raise StartRefused(
                f"{folder} is the data folder of a Bellhop already; name another with --data-dir"
            )
        welcome = _welcome(home, token)
        _settle(settings, folder, home.url, welcome)
    name = welcome["name"]
    print(f"bellhop: this machine is {name}; later, start it with: {TYPED}", file=sys.stderr)
    _measure(configuration.load())
    os.execv(COMMAND[0], COMMAND)


def _home(url: str) -> Bellhop:
    """The Bellhop at an address, which must not let anybody read the token and the passwords."""
    try:
        parts = urlsplit(url)
        home = Bellhop(url, patience_s=0)
    except ValueError as error:
        raise StartRefused(str(error)) from None
    if parts.scheme != "https" and not is_local(parts.hostname or ""):
        raise StartRefused(f"{home.url} is not encrypted; use the https:// address of the home")
    return home


def _in_folder(settings: Settings, folder: Path) -> Settings:
    """The settings with another data folder, which are not those of the environment."""
    if os.environ.get(DATA_VARIABLE, str(folder)) != str(folder):
        raise StartRefused(f"{DATA_VARIABLE} names another folder than --data-dir; unset it")
    return replace(settings, data_dir=folder)


def _require_new(settings: Settings) -> None:
    """Refuse settings that say otherwise than what the home will say."""
    from bellhop.database import server  # noqa: F401 an extra, which is named if it is missing

    said = (settings.storage.database, settings.storage.files, settings.huey.storage != "sqlite")
    if not os.access(settings.config_path.parent, os.W_OK):
        raise StartRefused(
            f"{settings.config_path.parent} cannot be written; name another --config"
        )
    if taken := [name for name, value in zip(SHARED, said, strict=True) if value]:
        raise StartRefused(
            f"{settings.config_path} or the environment sets {taken[0]} already, which the home "
            "decides; remove it"
        )


def _welcome(home: Bellhop, token: str) -> dict[str, Any]:
    try:
        return dict(home.post(f"{API}/machines/join", {"token": token}))
    except NoAnswer as error:
        raise StartRefused(
            f"{error}; if only its answer was lost, the token is used: then `bellhop machine list` "
            "shows the machine there; remove it, and add it again"
        ) from None
    except BellhopError as error:
        raise StartRefused(f"{home.url} says: {getattr(error, 'detail', error)}") from None


def _settle(settings: Settings, folder: Path, home: str, welcome: dict[str, Any]) -> None:
    """Write what the machine needs to start, the record last."""
    database_url, certificate = welcome["database"], welcome["certificate"]
    if certificate is not None:
        write_atomically(folder / CERTIFICATE, certificate.encode())
        joint = "&" if "?" in database_url else "?"
        database_url += f"{joint}sslrootcert={quote(str(folder / CERTIFICATE))}"
    redis_url = welcome["redis_url"]
    values = {("storage", "data_dir"): str(folder), ("storage", "database"): database_url}
    values[("storage", "files")] = welcome["files"]
    values[("huey", "storage")] = welcome["bell"]
    if redis_url:
        values[("huey", "redis_url")] = redis_url
    for queue, limits in welcome["queues"].items():
        if queue not in QUEUES:
            values |= {(f"queue:{queue}", key): f"{v:g}" for key, v in limits.items()}
    _write_settings(settings.config_path, values)
    here = Installation(
        folder,
        welcome["installation"],
        welcome["bell"],
        redis_location(redis_url) if redis_url else "",
        is_closed=welcome["is_closed"],
        rows=postgresql_location(database_url),
        machine=welcome["machine"],
        home=home,
        files=files_location(welcome["files"]),
    )
    write_record(here)


def _write_settings(path: Path, values: dict[tuple[str, str], str]) -> None:
    """Set keys of a config.ini, and leave the rest of it as it is; only its owner may read it."""
    text = path.read_text("utf-8-sig") if path.exists() else ""
    for (section, key), value in values.items():
        text = with_key(text, section, key, value)
    write_atomically(path, text.encode())


def with_key(text: str, section: str, key: str, value: str) -> str:
    """The text of a config.ini with a key of a section set, which is added where it is missing."""
    line = f"{key} = {value}"
    head = re.search(rf"(?mi)^\[{re.escape(section)}\][^\n]*$", text)
    if head is None:
        joint = "\n" if text and not text.endswith("\n") else ""
        return f"{text}{joint}\n[{section}]\n{line}\n"
    following = re.search(r"(?m)^\[", text[head.end() :])
    end = head.end() + following.start() if following else len(text)
    body, count = re.subn(
        rf"(?mi)^{re.escape(key)}[ \t]*[=:][^\n]*$", lambda _: line, text[head.end() : end]
    )
    body = body if count else f"\n{line}{body}"
    return f"{text[: head.end()]}{body}{text[end:]}"


def _measure(settings: Settings) -> None:
    """Say how far the rows are; a start that follows says what is wrong with them."""
    from bellhop.database.postgresql import PostgresError

    bind_server(settings.storage.database, may_write=False)
    try:
        with database.connection_context():
            round_trip_ms, _ = condition.times()
    except PostgresError:
        return
    finally:
        database.close_all()
    said = f"a round trip to the database takes {round_trip_ms:.1f} ms"
    if round_trip_ms > condition.SLOW_MS:
        said += ", and each move of an item needs several: this machine is far from it"
    print(f"bellhop: {said}", file=sys.stderr)
