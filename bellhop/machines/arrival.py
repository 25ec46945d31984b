"""This machine becomes one of a Bellhop that runs elsewhere: its home welcomes it, and it settles.

All that can be refused is refused before the token is sent, which lets in one machine. The key that
makes it this one is on the disk before, so that a second try is of the same.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bellhop.base.addresses import API
from bellhop.base.buckets import files_location
from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.client import Bellhop, BellhopError, NoAnswer
from bellhop.machines import certificates
from bellhop.settings.settings import QUEUES, Settings, postgresql_location
from bellhop.storage.files import write_atomically
from bellhop.storage.installation import (
    Installation,
    read_record,
    redis_location,
    starting,
    write_record,
)
from bellhop.system.listener import is_local

KEY, KEY_BYTES = "join.key", 32
# What the home says of them holds here too.
SHARED = ("[storage] database", "[storage] files", "[huey] storage")


def home_at(url: str) -> Bellhop:
    """The Bellhop at an address, which must not let anybody read the token and the passwords."""
    try:
        parts = urlsplit(url)
        home = Bellhop(url, patience_s=0)
    except ValueError as error:
        raise StartRefused(str(error)) from None
    if parts.scheme != "https" and not is_local(parts.hostname or ""):
        raise StartRefused(f"{home.url} is not encrypted; use the https:// address of the home")
    return home


def join(settings: Settings, home: Bellhop, token: str) -> str:
    """Be a machine of `home` from the next start on; its name. StartRefused when it cannot."""
    recorded = read_record(settings.data_dir)
    if recorded and not recorded.is_home:
        raise StartRefused(
            f"{settings.data_dir} is that of a machine of {recorded.home} already; start it with: "
            f"{TYPED}"
        )
    _require_new(settings)
    with starting(settings) as folder:
        if read_record(folder):
            raise StartRefused(
                f"{folder} is the data folder of a Bellhop already; name another with --data-dir"
            )
        welcome = _welcome(home, token, _key(folder))
        _settle(settings, folder, home.url, welcome)
        (folder / KEY).unlink()
    return str(welcome["name"])


def _require_new(settings: Settings) -> None:
    """Refuse settings that say otherwise than what the home will say."""
    said = (settings.storage.database, settings.storage.files, settings.huey.storage != "sqlite")
    if not os.access(settings.config_path.parent, os.W_OK):
        raise StartRefused(
            f"{settings.config_path.parent} cannot be written; name another --config"
        )
    if taken := ", ".join(name for name, value in zip(SHARED, said, strict=True) if value):
        raise StartRefused(
            f"{settings.config_path} or the environment sets {taken} already, which the home "
            "decides; remove what sets that"
        )


def _key(folder: Path) -> str:
    """The key that this machine joins with: that of an earlier try, if there was one."""
    path = folder / KEY
    try:
        return path.read_text()
    except FileNotFoundError:
        write_atomically(path, secrets.token_urlsafe(KEY_BYTES).encode())
        return path.read_text()


def _welcome(home: Bellhop, token: str, key: str) -> dict[str, Any]:
    try:
        return dict(home.post(f"{API}/machines/join", {"token": token, "key": key}))
    except NoAnswer as error:
        raise StartRefused(
            f"{error}; type the same line again: within its hour, also if only the answer was lost"
        ) from None
    except BellhopError as error:
        raise StartRefused(f"{home.url} says: {getattr(error, 'detail', error)}") from None


def _settle(settings: Settings, folder: Path, home: str, welcome: dict[str, Any]) -> None:
    """Write what the machine needs to start, the record last."""
    addresses = {name: welcome[name] for name in certificates.OPTIONS}
    named = certificates.put_in(addresses, welcome["certificates"], folder)
    values = {("storage", "data_dir"): str(folder), ("storage", "database"): named["database"]}
    values[("storage", "files")] = named["files"]
    values[("huey", "storage")] = welcome["bell"]
    redis_url = named["redis_url"]
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
        rows=postgresql_location(named["database"]),
        machine=welcome["machine"],
        home=home,
        files=files_location(named["files"]),
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
