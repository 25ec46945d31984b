"""Code at the top of a type file is hostile: what it forges is judged, and nothing of it stays."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.catalog import catalog as catalog_module
from bellhop.catalog import description, sources, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import DescribedFile, KnownType, unknown_type
from bellhop.settings.settings import Settings
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, make_folder
from bellhop.system import children
from tests.support.nobody import in_a_process

Describe = Callable[..., dict[str, KnownType]]
GOOD = """
from bellhop import Context, job_type
@job_type(label="Good")
def {name}(text: str, context: Context) -> dict:
    return {{}}
"""
# Finds where the description goes, and writes another one there.
FORGE = """
import os
for name in os.listdir("/proc/self/fd"):
    try:
        if "(deleted)" in os.readlink(f"/proc/self/fd/{{name}}"):
            os.write(int(name), {text!r})
    except OSError:
        pass
os._exit(0)
"""
GIVEN = {"name": "a", "kind": "file", "required": True, "schema": {}}
LEAVE = """
import ctypes, os, time
ctypes.CDLL(None).prctl(36, 0, 0, 0, 0)
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1000)
        os._exit(0)
"""
FIELD: dict[str, Any] = {"type": "string"}


@pytest.fixture
def describe(
    config: Callable[[str], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Describe:
    """The types there are, once files of these texts lie in the user's folder."""
    own = tmp_path / "own"
    own.mkdir()
    settings = config(f"[jobtypes]\nfolder = {own}\n")
    here = Installation(make_folder(settings), "test", "sqlite", "")
    # Those that come with Bellhop would take most of the time.
    monkeypatch.setattr(typefiles, "find", lambda folder: sorted(own.glob("*.py")))

    def ask(**texts: str) -> dict[str, KnownType]:
        for name, text in texts.items():
            (own / f"{name}.py").write_text(text)
        catalog = Catalog(settings, here)
        catalog.settle()
        return catalog.types()

    return ask


def said(**changes: Any) -> bytes:
    """What a child says of a valid type, but for some members."""
    (document,) = json.loads(description.to_json(DescribedFile((unknown_type("good"),), None)))[
        "types"
    ]
    return json.dumps(
        {"types": [{**document, "code": "0" * 64, **changes}], "error": None, "stamp": []}
    ).encode()


def form(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": [], "additionalProperties": False}


def test_it_accepts_what_a_type_may_say() -> None:
    given = form(a={**FIELD, "default": "x", "minLength": 1}, b={"enum": [1, None]})
    (found,) = description.said_in(said(params=given, timeout_s=5, viewer="a-b", cache=60)).types
    assert (found.type, found.params["properties"]["b"]) == ("good", {"enum": [1, None]})


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", "a b"), ("type", "../a"), ("type", ""), ("type", "a" * 101),
        ("label", "a" * 201), ("label", "\x1b[2J"), ("label", "a\nb"), ("label", "\u202eb"),
        ("description", "a" * 2001), ("description", "\x00"),
        ("inputs", [GIVEN | {"kind": "path"}]),
        ("accepts", ["a"] * 101), ("accepts", ["\x07"]),
        ("params", form(a={"$ref": "http://127.0.0.1/"})), ("params", form(a={"pattern": "(a+)+"})),
        ("params", form(**{"a'b": FIELD})), ("params", form(a={"type": ["string", "file"]})),
        ("params", form(a={"type": [["string"]]})), ("params", form(a={"multipleOf": 0})),
        ("params", form(a={"minimum": True})), ("params", form(a={"items": {"$id": "x"}})),
        ("params", form(a={**FIELD, "default": "a" * 70_000})),
        ("params", {**form(a=FIELD), "required": ["b"]}),
        ("params", {**form(), "additionalProperties": True}),
        ("queue", "../a"), ("queue", ""), ("timeout_s", 0), ("timeout_s", -1.5),
        ("timeout_s", 1e30), ("memory_mb", -1), ("memory_mb", 1 << 40), ("delays_s", [-1]),
        ("delays_s", [1e30]), ("delays_s", [1] * 101), ("version", "a" * 201), ("cache", -1),
        ("requires", {"a\nb": ""}), ("viewer", "../../a"), ("settings", {"key": "other"}),
        ("settings", {"a-b": "text"}), ("missing", "a" * 2001), ("code", "0"),
        ("network", "yes"), ("hidden", 1),
    ],
)  # fmt: skip
def test_it_accepts_nothing_else(member: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{member}: must be"):
        description.said_in(said(**{member: value}))


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 500_000, said() * 2, said(timeout_s=float("nan")), said(label="\ud800"),
        said()[:-1], b'{"types": [], "error": null}', b" " * description.MOST_BYTES + said(),
        json.dumps({"types": [json.loads(said())["types"][0]] * 101, "error": None, "stamp": []}
                   ).encode(),
    ],
    ids=["deep", "two", "no number", "half a character", "cut", "members", "large", "many"],
)  # fmt: skip
def test_it_reads_strictly(text: bytes) -> None:
    with pytest.raises(ValueError):
        description.said_in(text)


def test_it_keeps_the_fault_of_a_file_to_that_file(describe: Describe) -> None:
    types = describe(
        good=GOOD.format(name="good"),
        forged=FORGE.format(text=said(type="good", viewer="../../a")),
        deep=FORGE.format(text=b"[" * 500_000),
        large=FORGE.format(text=b"x" * (2 << 20)),
    )
    assert types["good"].available
    assert "viewer: must be" in str(types["forged"].reason)
    assert "is not valid" in str(types["deep"].reason)
    assert "larger than 1024 KiB" in str(types["large"].reason)


def test_it_reads_no_error_as_it_is(describe: Describe) -> None:
    types = describe(loud='raise ValueError("\\x1b[2J\\n" + "a" * 100_000)')
    reason = str(types["loud"].reason)
    assert "\x1b" not in reason and "\n" not in reason and len(reason) <= description.MOST_TEXT


def test_it_leaves_nothing_that_the_next_web_does_not_remove(
    config: Callable[[str], Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is killed while it describes a file."""
    file, temporary = tmp_path / "slow.py", tmp_path / "temporary"
    file.write_text("import time\ntime.sleep(1000)")
    temporary.mkdir()
    monkeypatch.setattr(typefiles, "find", lambda folder: [file])
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    settings = config("")
    here = Installation(make_folder(settings), "test", "sqlite", "")

    def is_killed() -> bool:
        Catalog(settings, here).step()
        os.kill(os.getpid(), signal.SIGKILL)
        return True

    assert not in_a_process(is_killed)
    files = Files(here.folder)
    assert len(list(files.spool.iterdir())) == 1
    files.remove_incoming()
    assert [*files.spool.iterdir(), *temporary.iterdir()] == []


def test_it_leaves_no_process(
    describe: Describe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a file that has ended by itself, nor of one that took too long."""
    monkeypatch.setattr(sources, "limit_s", lambda path: 3.0)

    def as_the_web_does() -> bool:
        children.adopt_orphans()
        types = describe(quick=LEAVE + GOOD.format(name="quick"), slow=LEAVE + "time.sleep(1000)")
        return types["quick"].available and not types["slow"].available

    assert in_a_process(as_the_web_does)
    deadline = time.monotonic() + 2
    while left := [pid for pid in Path("/proc").glob("[0-9]*") if _describes(pid, tmp_path)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _describes(process: Path, folder: Path) -> bool:
    try:
        return str(folder).encode() in (process / "cmdline").read_bytes()
    except OSError:
        return False


def test_it_lets_no_file_take_the_place_of_deliveries(
    config: Callable[[str], Settings], tmp_path: Path
) -> None:
    """They are given the secrets of everybody's webhooks."""
    settings = config("")
    catalog = Catalog(settings, Installation(make_folder(settings), "test", "sqlite", ""))
    for folder, hidden in ((typefiles.BUILT_IN, True), (tmp_path, False)):
        (described,) = description.said_in(said(type="webhook", hidden=hidden)).types
        catalog._files[str(folder / "webhook.py")] = DescribedFile((described,), None)
    assert catalog.types()["webhook"].path == str(typefiles.BUILT_IN / "webhook.py")


def test_it_goes_on_when_all_that_it_describes_at_a_time_ends_at_once(
    describe: Describe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(catalog_module, "TICK_S", 10)  # it looks after both have ended
    names = ["a", "b", "c"]
    assert list(describe(**{name: GOOD.format(name=name) for name in names})) == names
