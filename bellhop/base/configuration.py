"""config.ini and the environment, read once into one frozen `Settings`.

A key or value that is not allowed stops the start with one line. Nothing else reads config.ini or
`BELLHOP_*`.
"""

from __future__ import annotations

import configparser
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, replace
from pathlib import Path
from typing import Any

from bellhop.base.errors import StartRefused
from bellhop.base.program import HOME
from bellhop.base.settings import (
    QUEUES,
    SECTIONS,
    Lifetime,
    Queue,
    Settings,
    secrets_in,
)

# Names another config.ini where there is no command line to say it.
CONFIG_VARIABLE = "BELLHOP_CONFIG"
NOT_SETTINGS = {"BELLHOP_URL", "BELLHOP_TOKEN", "BELLHOP_DIE_AT", CONFIG_VARIABLE}
log = logging.getLogger("bellhop.settings")


def load(config: str | Path | None = None) -> Settings:
    """Read `config` and the environment.

    Without it, the file that `BELLHOP_CONFIG` names, else config.ini beside the program.

    Raises StartRefused with one line that names file, section, key, what was
    found and what is allowed.
    """
    config = config or os.environ.get(CONFIG_VARIABLE)
    path = Path(config).absolute() if config else HOME / "config.ini"
    parser = _parse(path, must_exist=bool(config))
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
    for secret, _ in secrets_in(written_url, type_settings):
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


def require_private(path: Path, secret: str) -> None:
    """Refuse a config.ini that holds `secret`, which is its name, and that others may read."""
    if path.stat().st_mode & 0o077:
        said = f"{path} contains a secret ({secret}) and other users can read it"
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
        said = "is neither a [section] nor KEY = VALUE in a section"
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
