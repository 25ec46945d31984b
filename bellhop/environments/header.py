"""What a file of job types says it needs: its inline script metadata (PEP 723).

# /// script
# requires-python = ">=3.12"
# dependencies = ["rich"]
# ///
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

# Of the specification.
BLOCK = re.compile(r"(?m)^# /// (?P<type>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
BEGIN = re.compile(r"(?m)^#\s*///\s*script\s*$")
KEYS = ("dependencies", "requires-python", "tool")
# A requirement as in PEP 508: the name, extras, and what is asked of it.
REQUIREMENT = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(\[[^\]]*\])?\s*(.*)")
CLAUSE = re.compile(r"(~=|==|!=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?")
MOST_DEPENDENCIES, MOST_CHARACTERS = 200, 1000


@dataclass(frozen=True)
class Needs:
    """The packages and the Python of an environment, in an order of their own."""

    dependencies: tuple[str, ...]
    requires_python: str

    def allows(self, version: tuple[int, ...]) -> bool:
        """Whether a Python of this version (major, minor, micro) may run it."""
        return all(_allows(clause, version) for clause in _clauses(self.requires_python))

    def sources(self) -> list[str]:
        """The dependencies that are built from a source, as far as one can see."""
        return [d for d in self.dependencies if "@" in d and not _is_wheel(d)]


def read(text: str) -> Needs | None:
    """What the header of a file asks for; None where it has none. ValueError for a wrong one."""
    text = text.replace("\r\n", "\n")
    found = [match for match in BLOCK.finditer(text) if match["type"] == "script"]
    if not found and BEGIN.search(text):
        raise ValueError("each line of its # /// script block must begin with #, the last is # ///")
    if len(found) > 1:
        raise ValueError("it has several # /// script blocks; write one")
    return _needs(_toml(found[0]["content"])) if found else None


def _toml(content: str) -> dict[str, object]:
    lines = (line.removeprefix("#").removeprefix(" ") for line in content.splitlines())
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"its # /// script block is not TOML: {error}") from None


def _needs(document: dict[str, object]) -> Needs:
    if unknown := sorted(document.keys() - set(KEYS)):
        raise ValueError(
            f"its # /// script block has an unknown key {unknown[0]}; allowed are {', '.join(KEYS)}"
        )
    listed = document.get("dependencies", [])
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise ValueError('dependencies must be a list of texts, as in ["rich>=13"]')
    if len(listed) > MOST_DEPENDENCIES:
        raise ValueError(f"dependencies: at most {MOST_DEPENDENCIES}")
    python = document.get("requires-python", "")
    if not isinstance(python, str):
        raise ValueError('requires-python must be a text, as in ">=3.12"')
    return Needs(tuple(sorted(map(_requirement, listed))), ", ".join(_normal_clauses(python)))


def _requirement(written: str) -> str:
    """A requirement in one form; what is an option of pip, a path or a file of others is none."""
    found = REQUIREMENT.fullmatch(written.strip())
    if found is None or not written.isprintable() or len(written) > MOST_CHARACTERS:
        raise ValueError(f"dependencies: {written!r:.100} is not a requirement like rich>=13")
    name = re.sub(r"[-_.]+", "-", found[1]).lower()
    asked = found[3].strip()
    if asked and asked[0] not in "<>=!~@;(":
        raise ValueError(f"dependencies: {written!r:.100} is not a requirement like rich>=13")
    extras = re.sub(r"\s", "", found[2] or "")
    return f"{name}{extras}{' ' if asked[:1] in ('@', ';') else ''}{asked}"


def _is_wheel(dependency: str) -> bool:
    url = dependency.partition("@")[2].partition(";")[0].partition("#")[0].partition("?")[0]
    return url.strip().endswith(".whl")


def _normal_clauses(written: str) -> list[str]:
    return sorted("".join(map(str, clause)) for clause in _clauses(written))


def _clauses(written: str) -> list[tuple[str, str, str]]:
    """Each clause as (operator, version, `.*` or nothing)."""
    found = []
    for part in filter(None, (part.strip() for part in written.split(","))):
        clause = CLAUSE.fullmatch(part)
        is_whole = clause and (not clause[3] or clause[1] in ("==", "!="))
        if clause is None or not is_whole or (clause[1] == "~=" and "." not in clause[2]):
            raise ValueError(f"requires-python: {part!r:.100} is not a version like >=3.12")
        found.append((clause[1], clause[2], clause[3] or ""))
    return found


def _allows(clause: tuple[str, str, str], version: tuple[int, ...]) -> bool:
    operator, text, wildcard = clause
    asked = tuple(map(int, text.split(".")))
    length = len(asked) if wildcard else max(len(asked), len(version))
    given = (version + (0,) * length)[:length]
    wanted = (asked + (0,) * length)[:length]
    match operator:
        case "~=":
            return given >= wanted and given[: len(asked) - 1] == asked[:-1]
        case "==":
            return given == wanted
        case "!=":
            return given != wanted
        case "<=":
            return given <= wanted
        case ">=":
            return given >= wanted
        case "<":
            return given < wanted
    return given > wanted
