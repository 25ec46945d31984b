"""config.ini and the environment, read once into one frozen `Settings`.

A key or value that is not allowed stops the start with one line. Nothing else reads config.ini or
`BELLHOP_*`.
"""

from __future__ import annotations

import configparser
import io
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

from bellhop.base import apart, values
from bellhop.base.errors import StartRefused
from bellhop.base.hidden import HIDDEN, masked
from bellhop.base.identity import require_client, require_trust
from bellhop.base.program import HOME
from bellhop.base.sections import SECTIONS, Lifetime
from bellhop.base.settings import (
    QUEUE_NAME,
    QUEUES,
    Queue,
    Settings,
    Watch,
    in_variable,
    secrets_in,
)

# Names another config.ini where there is no command line to say it.
CONFIG_VARIABLE = "BELLHOP_CONFIG"
NOT_SETTINGS = {"BELLHOP_URL", "BELLHOP_TOKEN", "BELLHOP_DIE_AT", CONFIG_VARIABLE}
OF_TYPES = "BELLHOP_TYPE_"
# What there may be several of: the kind, as it stands before the name of one, and what one is.
SEVERAL: dict[str, type] = {"queue": Queue, "watch": Watch}
# {section: {key: text}}.
Sections = dict[str, dict[str, str]]
log = logging.getLogger("bellhop.settings")


def load(config: str | Path | None = None) -> Settings:
    """Read `config` and the environment.

    Without it, the file that `BELLHOP_CONFIG` names, else config.ini beside the program.

    Raises StartRefused with one line that names file, section, key, what was
    found and what is allowed.
    """
    config = config or os.environ.get(CONFIG_VARIABLE)
    path = Path(config).absolute() if config else HOME / "config.ini"
    written = _sections(_parse(path, must_exist=bool(config)), path)
    names = list(dict.fromkeys([*QUEUES, *_named("queue", written)]))
    watches = _named("watch", written)
    overrides = _environment({"queue": names, "watch": watches})
    sections = {
        name: _section(cls, name, written, path, overrides, cls()) for name, cls in SECTIONS.items()
    }
    queues = {
        name: _section(Queue, f"queue:{name}", written, path, overrides, QUEUES.get(name, Queue()))
        for name in names
    }
    require_client(sections["oidc"].issuer, sections["oidc"].client_id)
    require_trust(sections["sso"].header, sections["server"].trusted_proxy)
    folder, backups = sections["jobtypes"].folder, sections["backup"].folder
    log_file = sections["server"].log_file
    type_settings = {name: _of_type(name, written, path) for name in _named("type", written)}
    params = {name: _params(name, written, path) for name in watches}
    for secret, _ in secrets_in(_addresses(written, path), type_settings, params):
        require_private(path, secret)
    for secret in _secret_keys(written, path):
        require_private(path, secret)
    settings = Settings(
        **sections,
        queues=queues,
        watches={name: _watch(name, written, path, overrides) for name in watches},
        type_settings=type_settings,
        type_lifetimes={
            name: _type_lifetime(name, type_settings.get(name, {}), sections["lifetime"], path)
            for name in {*type_settings, *_types_with_variables()}
        },
        config_path=path,
        data_dir=path.parent / sections["storage"].data_dir,
        jobtypes_folder=path.parent / folder if folder else None,
        backup_folder=path.parent / backups if backups else None,
        log_file=path.parent / log_file if log_file else None,
        writable=tuple(path.parent / each for each in sections["jobtypes"].writable),
    )
    _require_apart(settings)
    return settings


def origins(settings: Settings, types: Iterable[str]) -> dict[tuple[str, str], str | int]:
    """Where each (section, key) that is set comes from: a variable, or a line of config.ini.

    A variable of a job type has the section `type` if that is none of `types` and has no section.
    """
    parser = _parse(settings.config_path, must_exist=False)
    written = _sections(parser, settings.config_path)
    keys = [(section, key) for section, texts in written.items() for key in texts]
    found: dict[tuple[str, str], str | int] = dict(zip(keys, parser.numbers, strict=True))
    several = {"queue": list(settings.queues), "watch": list(settings.watches)}
    found |= {place: variable for place, (variable, _) in _environment(several).items()}
    named = {*settings.type_settings, *settings.type_lifetimes, *map(str.lower, types)}
    return found | {_of_variable(v, named): v for v in os.environ if v.startswith(OF_TYPES)}


def _of_variable(variable: str, types: set[str]) -> tuple[str, str]:
    """The section and key of BELLHOP_TYPE_NAME_KEY, where NAME may have `_` as well."""
    rest = variable.removeprefix(OF_TYPES).lower()
    name = max((name for name in types if rest.startswith(f"{name}_")), key=len, default="")
    return (f"type:{name}", rest.removeprefix(f"{name}_")) if name else ("type", rest)


def _addresses(written: Sections, path: Path) -> dict[str, str]:
    """The addresses of servers that the file holds, which may have passwords."""
    named = {("huey", "redis_url"), ("storage", "database"), ("storage", "files")}
    return {
        f"[{section}] {name}": _read(
            values.plain, written.get(section, {}).get(name, ""), f"{path} [{section}] {name}"
        )
        for section, name in named
    }


def _params(name: str, written: Sections, path: Path) -> str:
    """The parameters of a watch that the file holds, which may be or have secrets."""
    text = written.get(f"watch:{name}", {}).get("params", Watch().params)
    where = f"{path} [watch:{name}] params"
    return str(_read(values.json_object, _read(values.plain, text, where), where))


def _secret_keys(written: Sections, path: Path) -> Iterator[str]:
    """The keys that are declared as secret and that the file holds."""
    for section, cls in SECTIONS.items():
        for declared in fields(cls):
            where = f"[{section}] {declared.name}"
            text = written.get(section, {}).get(declared.name, "")
            if declared.metadata["secret"] and _read(values.plain, text, f"{path} {where}", HIDDEN):
                yield where


def require_private(path: Path, secret: str) -> None:
    """Refuse a config.ini that holds `secret`, which is its name, and that others may read."""
    if path.stat().st_mode & 0o077:
        said = f"{path} contains a secret ({secret}) and other users can read it"
        raise StartRefused(f"{said}; chmod 600 {path}")


def _types_with_variables() -> set[str]:
    """The types whose lifetimes the environment sets, as BELLHOP_TYPE_NAME_RESULTS_DAYS."""
    keys = "|".join(declared.name for declared in fields(Lifetime))
    variable = re.compile(rf"bellhop_type_(\w+?)_({keys})")
    return {found[1] for name in os.environ if (found := variable.fullmatch(name.lower()))}


def _of_type(name: str, written: Sections, path: Path) -> dict[str, str]:
    """The settings of one job type, and the lifetimes of its jobs, as they are written."""
    texts = written[f"type:{name}"]
    own = texts.keys() - {declared.name for declared in fields(Lifetime)}
    where = f"{path} [type:{name}]"
    return texts | {key: _read(values.free, texts[key], f"{where} {key}", HIDDEN) for key in own}


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


class _Parser(configparser.ConfigParser):
    """Knows the line of each key: `numbers`, in the order of the file."""

    def __init__(self) -> None:
        super().__init__(interpolation=None, default_section="\0")
        self.numbers: list[int] = []
        self._number = 0

    def read_numbered(self, text: str, source: str) -> None:
        self.read_file(self._lines(text), source)

    def _lines(self, text: str) -> Iterator[str]:
        for self._number, line in enumerate(io.StringIO(text), 1):
            yield line
        self._number = 0

    def optionxform(self, optionstr: str) -> str:
        if self._number:  # while reading, once for each key
            self.numbers.append(self._number)
        return optionstr.lower()


def _parse(path: Path, *, must_exist: bool) -> _Parser:
    parser = _Parser()
    try:
        parser.read_numbered(path.read_text("utf-8-sig"), str(path))
    except FileNotFoundError:
        if must_exist:
            raise StartRefused(f"{path}: there is no such file") from None
    except configparser.ParsingError as error:
        # Python would show the line, and that may be half a secret.
        number = getattr(error, "lineno", None) or error.errors[0][0]
        said = "is neither a [section] nor KEY = VALUE in a section"
        raise StartRefused(f"{path}: line {number} {said}") from None
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        what = getattr(error, "option", f"[{error.section}]")
        raise StartRefused(f"{path}: line {error.lineno} repeats {what}; keep one") from None
    except (OSError, UnicodeDecodeError, configparser.Error) as error:
        raise StartRefused(f"{path}: {' '.join(str(error).split())}") from None
    return parser


def _sections(parser: configparser.ConfigParser, path: Path) -> Sections:
    """Each section with its keys, by the name that Bellhop knows it by.

    Refuses two names that no variable of the environment tells apart.
    """
    found: Sections = {}
    spelled = {in_variable(f"queue:{name}"): f"queue:{name}" for name in QUEUES}
    for written in parser.sections():
        name = _known_section(written, path)
        twin = spelled.setdefault(in_variable(name), name)
        if twin != name or name in found:
            said = f"section [{written}] is [{twin}] but for capitals, - and _; allowed is one"
            raise StartRefused(f"{path}: {said} of them")
        found[name] = dict(parser[written])
    return found


def _known_section(written: str, path: Path) -> str:
    """The name of a section: capitals do not count but in that of a queue, which jobs show."""
    kind, colon, name = (part.strip() for part in written.partition(":"))
    kind = kind.lower()
    if kind in SECTIONS and not colon:
        return kind
    if kind in SEVERAL and QUEUE_NAME.fullmatch(name):
        return f"{kind}:{name}"
    if kind == "type" and name.isidentifier():
        return f"type:{name.lower()}"
    allowed = ", ".join([*SECTIONS, "queue:NAME", "watch:NAME", "type:NAME"])
    raise StartRefused(f"{path}: section [{written}] is unknown; allowed are {allowed}")


def _named(kind: str, written: Sections) -> list[str]:
    """The names of the sections of a kind."""
    return [name.partition(":")[2] for name in written if name.startswith(f"{kind}:")]


def _environment(several: Mapping[str, list[str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """`{(section, key): (variable, value)}` of the BELLHOP_* variables."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for variable, value in os.environ.items():
        if not variable.startswith("BELLHOP_") or variable in NOT_SETTINGS:
            continue
        prefix, _, rest = variable.removeprefix("BELLHOP_").lower().partition("_")
        if prefix in several:
            one, name = _split_variable(variable, prefix, rest, several[prefix])
            found[f"{prefix}:{one}", name] = variable, value
        elif prefix in SECTIONS:
            _require_known(SECTIONS[prefix], prefix, rest, f"environment {variable}")
            found[prefix, rest] = variable, value
        elif prefix != "type":
            log.warning("%s is not a setting of Bellhop and is ignored", variable)
    return found


def _split_variable(variable: str, kind: str, rest: str, names: list[str]) -> tuple[str, str]:
    """Which queue or watch folder a variable names, and the key of it."""
    known = {in_variable(name): name for name in names}
    keys = [declared.name for declared in fields(SEVERAL[kind])]
    for key in keys:
        one = rest.removesuffix("_" + key)
        if one != rest and one in known:
            return known[one], key
    raise StartRefused(
        f"environment {variable}: no such {kind} or key; allowed is a {kind} of "
        f"{', '.join(sorted(names)) or 'none'}, and a key of {', '.join(keys)}"
    )


def _watch(
    name: str, written: Sections, path: Path, overrides: dict[tuple[str, str], tuple[str, str]]
) -> Watch:
    watch: Watch = _section(Watch, f"watch:{name}", written, path, overrides, Watch())
    for key in ("folder", "type"):
        if not getattr(watch, key):
            raise StartRefused(f"{path}: [watch:{name}] has no {key}, which it needs")
    return replace(watch, folder=os.path.normpath(path.parent / watch.folder))


def _require_apart(settings: Settings) -> None:
    """Refuse a watched folder whose files are not there to become jobs, or become those of two."""
    taken = [*apart.of_bellhop(settings)]
    for name, watch in settings.watches.items():
        place = apart.watched(name, Path(watch.folder))
        if why := apart.why_not(place, taken):
            where = f"{settings.config_path} [watch:{name}] folder"
            raise StartRefused(f"{where}: {watch.folder} {why}; allowed is another folder")
        taken.append(place)


def _section(
    cls: type,
    section: str,
    written: Sections,
    path: Path,
    overrides: dict[tuple[str, str], tuple[str, str]],
    defaults: Any,
) -> Any:
    texts = written.get(section, {})
    for name in texts:
        _require_known(cls, section, name, str(path))
    found = {}
    for declared in fields(cls):
        default = getattr(defaults, declared.name)
        if (section, declared.name) in overrides:
            variable, text = overrides[section, declared.name]
            found[declared.name] = _convert(declared, default, text, f"environment {variable}")
        elif declared.name in texts:
            where = f"{path} [{section}] {declared.name}"
            found[declared.name] = _convert(declared, default, texts[declared.name], where)
        else:
            found[declared.name] = default
    return cls(**found)


def _require_known(cls: type, section: str, name: str, where: str) -> None:
    names = [declared.name for declared in fields(cls)]
    if name not in names:
        raise StartRefused(
            f"{where}: [{section}] has no key {name!r}; allowed are {', '.join(names)}"
        )


def _convert(declared: Field[Any], default: Any, text: str, where: str) -> Any:
    """`text` as the type of `default`, inside the declared bounds."""
    read = partial(_read, where=where, instead=HIDDEN if declared.metadata["secret"] else None)
    valued = partial(_valued, declared)
    if isinstance(default, tuple):
        return tuple(read(valued, part) for part in read(values.parts, text))
    return read(valued, read(values.plain, text))


def _valued(declared: Field[Any], text: str) -> Any:
    """One value inside the declared bounds."""
    rules = declared.metadata
    if rules["low"] is not None:
        # An annotation is text here, so the declared type is read from it.
        kind = int if declared.type == "int" else float
        return _number(text, kind, rules["low"], rules["high"])
    if rules["one_of"] and (text := text.lower()) not in rules["one_of"]:
        raise ValueError(", ".join(rules["one_of"]))
    return rules["form"](text) if text or declared.default else text


def _number(text: str, kind: type, low: float, high: float) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not low <= value <= high:
        noun = "a whole number" if kind is int else "a number"
        raise ValueError(f"{noun} from {low:g} to {high:g}")
    return value


def _read(read: Callable[[str], Any], text: str, where: str, instead: str | None = None) -> Any:
    """What `read` makes of a text; StartRefused with what is allowed where it raises ValueError.

    `instead` is shown in the place of a text that may be a secret.
    """
    try:
        return read(text)
    except ValueError as allowed:
        found = instead or masked(text)
        raise StartRefused(f"{where}: found {found!r}; allowed is {allowed}") from None
