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

from bellhop.base import plainfile
from bellhop.base.errors import StartRefused
from bellhop.base.hidden import HIDDEN, masked
from bellhop.base.identity import require_client, require_trust
from bellhop.base.program import HOME
from bellhop.settings import apart, values
from bellhop.settings.sections import SECTIONS, Lifetime
from bellhop.settings.settings import (
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
# Characters of a value that is refused.
MOST_FOUND = 200
# What there may be several of: the kind, as it stands before the name of one, and what one is.
SEVERAL: dict[str, type] = {"queue": Queue, "watch": Watch}
# {(section, key): (variable, text)} of the environment.
Overrides = Mapping[tuple[str, str], tuple[str, str]]
log = logging.getLogger("bellhop.settings")


class Sections(dict[str, dict[str, str]]):
    """What a config.ini says, as {section: {key: text}}, and the line of each key."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.lines: dict[tuple[str, str], int] = {}

    def place(self, section: str, key: str) -> str:
        """Where a key is, for a person."""
        return f"{self.path} line {self.lines[section, key]} [{section}] {key}"


def load(config: str | Path | None = None) -> Settings:
    """Read `config` and the environment.

    Without it, the file that `BELLHOP_CONFIG` names, else config.ini beside the program.

    Raises StartRefused with one line that names file, line, section, key, what was
    found and what is allowed.
    """
    config = config or os.environ.get(CONFIG_VARIABLE)
    path = Path(config).absolute() if config else HOME / "config.ini"
    return of_text(path, _read_file(path, must_exist=bool(config)), require_private)


def of_text(path: Path, text: str, require: Callable[..., object] = lambda *_: None) -> Settings:
    """The settings of a config.ini that had this text, and of the environment; as `load`.

    `require` hears of each secret in it: who may read the file now is a matter of `load`.
    """
    written = _sections(path, text)
    names = list(dict.fromkeys([*QUEUES, *_named("queue", written)]))
    watches = _named("watch", written)
    overrides = _environment({"queue": names, "watch": watches})
    sections = {
        name: _section(cls, name, written, overrides, cls()) for name, cls in SECTIONS.items()
    }
    queues = {
        name: _section(Queue, f"queue:{name}", written, overrides, QUEUES.get(name, Queue()))
        for name in names
    }
    require_client(sections["oidc"].issuer, sections["oidc"].client_id)
    require_trust(sections["sso"].header, sections["server"].trusted_proxy)
    folder, backups = sections["jobtypes"].folder, sections["backup"].folder
    log_file = sections["server"].log_file
    type_settings = {name: _of_type(name, written) for name in _named("type", written)}
    params = {name: _params(name, written) for name in watches}
    for secret, _ in secrets_in(_addresses(written), type_settings, params):
        require(path, secret)
    for secret in _secret_keys(written):
        require(path, secret)
    settings = Settings(
        **sections,
        queues=queues,
        watches={name: _watch(name, written, overrides) for name in watches},
        type_settings=type_settings,
        type_lifetimes={
            name: _type_lifetime(name, written, sections["lifetime"])
            for name in {*type_settings, *_types_with_variables()}
        },
        config_path=path,
        text=text,
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
    found: dict[tuple[str, str], str | int] = {}
    found |= _sections(settings.config_path, settings.text).lines
    several = {"queue": list(settings.queues), "watch": list(settings.watches)}
    found |= {place: variable for place, (variable, _) in _environment(several).items()}
    named = {*settings.type_settings, *settings.type_lifetimes, *map(str.lower, types)}
    return found | {_of_variable(v, named): v for v in os.environ if v.startswith(OF_TYPES)}


def _of_variable(variable: str, types: set[str]) -> tuple[str, str]:
    """The section and key of BELLHOP_TYPE_NAME_KEY, where NAME may have `_` as well."""
    rest = variable.removeprefix(OF_TYPES).lower()
    name = max((name for name in types if rest.startswith(f"{name}_")), key=len, default="")
    return (f"type:{name}", rest.removeprefix(f"{name}_")) if name else ("type", rest)


def _addresses(written: Sections) -> dict[str, str]:
    """The addresses of servers that the file holds, which may have passwords."""
    named = {("huey", "redis_url"), ("storage", "database"), ("storage", "files")}
    return {
        f"[{section}] {name}": _read(
            values.plain, written[section][name], written.place(section, name)
        )
        for section, name in named & written.lines.keys()
    }


def _params(name: str, written: Sections) -> str:
    """The parameters of a watch that the file holds, which may be or have secrets."""
    place = f"watch:{name}", "params"
    if place not in written.lines:
        return Watch().params
    where = written.place(*place)
    text = _read(values.plain, written[place[0]]["params"], where)
    return str(_read(values.json_object, text, where))


def _secret_keys(written: Sections) -> Iterator[str]:
    """The keys that are declared as secret and that the file holds."""
    for section, cls in SECTIONS.items():
        for declared in fields(cls):
            place = section, declared.name
            if declared.metadata["secret"] and place in written.lines:
                text = written[section][declared.name]
                if _read(values.plain, text, written.place(*place), HIDDEN):
                    yield f"[{section}] {declared.name}"


def require_private(path: Path, secret: str) -> None:
    """Refuse a config.ini that holds `secret`, which is its name, and that others may read."""
    try:
        is_shared = bool(path.stat().st_mode & 0o077)
    except OSError:  # removed since it was read
        is_shared = False
    if is_shared:
        said = f"{path} contains a secret ({secret}) and other users can read it"
        raise StartRefused(f"{said}; chmod 600 {path}")


def _types_with_variables() -> set[str]:
    """The types whose lifetimes the environment sets, as BELLHOP_TYPE_NAME_RESULTS_DAYS."""
    keys = "|".join(declared.name for declared in fields(Lifetime))
    variable = re.compile(rf"bellhop_type_(\w+?)_({keys})")
    return {found[1] for name in os.environ if (found := variable.fullmatch(name.lower()))}


def _of_type(name: str, written: Sections) -> dict[str, str]:
    """The settings of one job type, and the lifetimes of its jobs, as they are written."""
    section = f"type:{name}"
    texts = written[section]
    own = texts.keys() - {declared.name for declared in fields(Lifetime)}
    return texts | {
        key: _read(values.free, texts[key], written.place(section, key), HIDDEN) for key in own
    }


def _type_lifetime(name: str, written: Sections, common: Lifetime) -> Lifetime:
    """[lifetime] with what the section or the environment of one type says otherwise."""
    section, variable = f"type:{name}", f"{OF_TYPES}{name.upper()}_"
    overrides = {
        (section, declared.name): (variable + declared.name.upper(), text)
        for declared in fields(Lifetime)
        if (text := os.environ.get(variable + declared.name.upper())) is not None
    }
    found: Lifetime = _converted(Lifetime, section, written, overrides, common)
    return found


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


def _read_file(path: Path, *, must_exist: bool) -> str:
    """The text of a config.ini; none where there is no file that must exist."""
    try:
        text = plainfile.read(path).decode("utf-8-sig")
        return io.StringIO(text, newline=None).read()
    except FileNotFoundError:
        if must_exist:
            raise StartRefused(f"{path}: there is no such file") from None
        return ""
    except OSError as error:
        raise StartRefused(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise StartRefused(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None


def _parse(path: Path, text: str) -> _Parser:
    parser = _Parser()
    try:
        parser.read_numbered(text, str(path))
    except configparser.ParsingError as error:
        # Python would show the line, and that may be half a secret.
        number = getattr(error, "lineno", None) or error.errors[0][0]
        said = "is neither a [section] nor KEY = VALUE in a section"
        raise StartRefused(f"{path}: line {number} {said}") from None
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        what = getattr(error, "option", f"[{error.section}]")
        raise StartRefused(f"{path}: line {error.lineno} repeats {what}; keep one") from None
    except configparser.Error as error:
        raise StartRefused(f"{path}: {' '.join(str(error).split())}") from None
    return parser


def _sections(path: Path, text: str) -> Sections:
    """Each section with its keys, by the name that Bellhop knows it by.

    Refuses two names that no variable of the environment tells apart.
    """
    parser, found = _parse(path, text), Sections(path)
    numbers = iter(parser.numbers)
    spelled = {in_variable(f"queue:{name}"): f"queue:{name}" for name in QUEUES}
    for written in parser.sections():
        name = _known_section(written, path)
        twin = spelled.setdefault(in_variable(name), name)
        if twin != name or name in found:
            said = f"section [{written}] is [{twin}] but for capitals, - and _; allowed is one"
            raise StartRefused(f"{path}: {said} of them")
        found[name] = dict(parser[written])
        found.lines |= {(name, key): next(numbers) for key in found[name]}
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


def _environment(several: Mapping[str, list[str]]) -> Overrides:
    """What the BELLHOP_* variables say."""
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


def _watch(name: str, written: Sections, overrides: Overrides) -> Watch:
    watch: Watch = _section(Watch, f"watch:{name}", written, overrides, Watch())
    for key in ("folder", "type"):
        if not getattr(watch, key):
            raise StartRefused(f"{written.path}: [watch:{name}] has no {key}, which it needs")
    return replace(watch, folder=os.path.normpath(written.path.parent / watch.folder))


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
    cls: type, section: str, written: Sections, overrides: Overrides, defaults: Any
) -> Any:
    for name in written.get(section, {}):
        _require_known(cls, section, name, f"{written.path} line {written.lines[section, name]}")
    return _converted(cls, section, written, overrides, defaults)


def _converted(
    cls: type, section: str, written: Sections, overrides: Overrides, defaults: Any
) -> Any:
    """The keys of a section: as a variable says them, else the file, else `defaults`."""
    found = {}
    for declared in fields(cls):
        place = section, declared.name
        if place in overrides:
            variable, text = overrides[place]
            where = f"environment {variable}"
        elif place in written.lines:
            text, where = written[section][declared.name], written.place(*place)
        else:
            continue
        default = getattr(defaults, declared.name)
        found[declared.name] = _convert(declared, default, text, where)
    return replace(defaults, **found)


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
        return tuple(read(valued, part) for part in read(declared.metadata["parts"], text))
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
        found = found if len(found) <= MOST_FOUND else f"{found[:MOST_FOUND]}…"
        raise StartRefused(f"{where}: found {found!r}; allowed is {allowed}") from None
