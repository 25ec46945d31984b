"""Job types known by their descriptions; a bad file harms nobody else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bellhop.catalog import sources, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.reloading import taking
from bellhop.settings.sections import Retry
from bellhop.settings.settings import Queue, Settings
from bellhop.storage.installation import Installation, make_folder
from tests.support.builtin import come_with_bellhop
from tests.support.once import descriptions

GOOD = """
from bellhop import Context, job_type
@job_type(label="{label}", queue="{queue}")
def {name}(text: str, context: Context) -> dict:
    return {{}}
"""
PLAIN = GOOD.format(name="f", label="F", queue="default")
HANG = f"import time{PLAIN}time.sleep(1000)"
HANG = HANG.replace("label=", "describe_timeout_s=3, label=")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "own"
    path.mkdir()
    return path


@pytest.fixture
def catalog(config: Callable[[str], Settings], folder: Path) -> Catalog:
    settings = config(f"[jobtypes]\nfolder = {folder}\n")
    here = Installation(make_folder(settings), "test", "sqlite", "")
    here.described_types.write_bytes(descriptions())  # what comes with Bellhop
    return Catalog(settings, here)


def write(folder: Path, name: str = "good", label: str = "Good", queue: str = "default") -> Path:
    path = folder / f"{name}.py"
    path.write_text(GOOD.format(name=name, label=label, queue=queue))
    return path


def described(catalog: Catalog) -> dict[str, KnownType]:
    catalog.settle()
    return catalog.types()


def test_it_lists_the_types_that_come_with_bellhop(catalog: Catalog) -> None:
    types = described(catalog)
    assert types["word_count"].available and types["trial_balance"].available


def test_it_follows_the_limits_and_delays_of_the_settings(catalog: Catalog) -> None:
    running = catalog._settings
    before = catalog.types()["word_count"]
    queues = {**running.queues, "default": Queue(1, 180, 77)}
    held = replace(running, retry=Retry((1.0,)), queues=queues)
    taking.become(running, held)
    known = catalog.types()["word_count"]
    assert (known.memory_mb, list(known.delays_s)) == (77, [1.0])
    assert before.memory_mb != 77 and catalog.types() is catalog.types()


def test_it_lists_the_types_of_the_users_folder(catalog: Catalog, folder: Path) -> None:
    write(folder)
    assert described(catalog)["good"].label == "Good"


def test_it_prefers_the_users_type_of_the_same_name(catalog: Catalog, folder: Path) -> None:
    write(folder, "word_count", "My own count")
    assert described(catalog)["word_count"].label == "My own count"


@pytest.mark.parametrize(
    "text",
    [
        "def wanted(text): ...",
        "async  def\twanted (text): ...",
        "if True:\n    def wanted[T](text: T): ...",
        "def wanted(text): ...\ndef broken(:",
    ],
)
def test_it_asks_a_file_for_a_type_when_its_text_defines_a_function_of_that_name(
    folder: Path, text: str
) -> None:
    (folder / "some_file.py").write_text(text)
    assert typefiles.seems_to_have(folder / "some_file.py", "wanted")


def test_it_asks_a_file_for_a_type_that_is_called_like_the_file(folder: Path) -> None:
    (folder / "wanted.py").write_text("")
    assert typefiles.seems_to_have(folder / "wanted.py", "wanted")


@pytest.mark.parametrize("text", ["wanted = 1", "def unwanted(): ...", "def wanted_too(): ..."])
def test_it_asks_no_other_file_for_a_type(folder: Path, text: str) -> None:
    (folder / "some_file.py").write_text(text)
    assert not typefiles.seems_to_have(folder / "some_file.py", "wanted")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("job_type\ndef broken(:", "SyntaxError"),
        (f"import no_such_module\n{PLAIN}", "imports no_such_module, which is not"),
        (f"{PLAIN}\nraise SystemExit", "SystemExit"),
        (f"{PLAIN}\nimport os; os._exit(3)", "exit status 3"),
        (f"{PLAIN}\nimport os; os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("from bellhop import job_type", "no function with @job_type"),
        (PLAIN.replace("text: str", "thing"), "needs a type hint"),
        (PLAIN.replace("context: Context", "context: Context, **more"), "by its name"),
        (PLAIN.replace("label=", "colour="), "TypeError"),
        (PLAIN.replace("context: Context", "context: Context, x: complex"), "no field for complex"),
    ],
)  # fmt: skip
def test_it_lists_a_broken_file_with_the_reason(
    catalog: Catalog, folder: Path, text: str, reason: str
) -> None:
    (folder / "broken.py").write_text(text)
    write(folder)
    types = described(catalog)
    assert not types["broken"].available
    assert reason in str(types["broken"].reason)
    assert types["good"].available


def test_it_waits_for_no_file_that_hangs(catalog: Catalog, folder: Path) -> None:
    """The others are shown at once; the one that hangs is killed with what it started."""
    (folder / "hang.py").write_text(HANG)
    write(folder)
    catalog.step()
    deadline = time.monotonic() + 3
    while "good" not in catalog.types():
        assert time.monotonic() < deadline
        time.sleep(0.02)
        catalog.step()
    assert "hang" not in catalog.types() or not catalog.types()["hang"].available
    catalog.settle()
    assert "it took more than 3 seconds" in str(catalog.types()["hang"].reason)


def test_it_reads_nothing_that_a_file_prints(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    path.write_text("print('{\"types\": []}')\n" + path.read_text())
    assert described(catalog)["good"].available


def test_it_describes_a_changed_file_anew_and_no_other(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    before = described(catalog)
    write(folder, label="Better")
    os.utime(path, ns=(1, 1))
    after = described(catalog)
    assert after["good"].label == "Better"
    assert after["word_count"] == before["word_count"]


def test_it_keeps_the_name_of_a_type_whose_file_broke(catalog: Catalog, folder: Path) -> None:
    path = write(folder, "tool", "A tool")
    described(catalog)
    path.write_text("def tool(:")
    after = described(catalog)["tool"]
    assert (after.label, after.available) == ("A tool", False)


def test_it_forgets_a_file_that_is_gone(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    described(catalog)
    path.unlink()
    assert "good" not in described(catalog)


@pytest.mark.parametrize("queue", ["night", "night-shift", "NightShift", "Night_2"])
def test_it_takes_the_line_that_it_says_a_missing_queue_needs(
    config: Callable[[str], Settings], folder: Path, catalog: Catalog, queue: str
) -> None:
    write(folder, queue=queue)
    reason = str(described(catalog)["good"].reason)
    line = reason[reason.index("[") :]
    settings = config(f"{line}\n[jobtypes]\nfolder = {folder}\n")
    here = Installation(make_folder(settings), "test", "sqlite", "")
    assert described(Catalog(settings, here))["good"].available


def test_it_says_how_the_queue_of_a_type_is_written(catalog: Catalog, folder: Path) -> None:
    """A section for it would be refused: it looks like one that is there."""
    write(folder, queue="Parsing")
    reason = str(described(catalog)["good"].reason)
    assert "[queue:" not in reason and "Parsing as parsing" in reason


def test_it_says_which_line_a_missing_queue_needs(catalog: Catalog, folder: Path) -> None:
    write(folder, queue="night")
    assert "[queue:night]" in str(described(catalog)["good"].reason)


def test_it_says_how_to_install_what_a_type_requires(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    path.write_text(path.read_text().replace("label=", 'requires={"no_such": "ocr"}, label='))
    assert "pip install -r requirements-ocr.txt" in str(described(catalog)["good"].reason)


def test_it_notices_what_was_installed_meanwhile(
    catalog: Catalog, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.setattr(typefiles, "PACKAGES", [packages])
    path = write(folder)
    requires = f'import sys; sys.path.append("{packages}")\n'
    path.write_text(requires + path.read_text().replace("label=", 'requires={"late": ""}, label='))
    assert described(catalog)["good"].reason == (
        "late is not installed: pip install -r requirements.txt"
    )
    (packages / "late.py").write_text("")
    assert described(catalog)["good"].available


@pytest.mark.parametrize("changed", ["jobtypes/citations.py", "jobtypes/caselaw/finding.py"])
def test_it_knows_a_type_of_bellhop_by_all_the_code_that_comes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    shutil.copytree(typefiles.BUILT_IN, tmp_path / "jobtypes")
    come_with_bellhop(monkeypatch, tmp_path / "jobtypes")
    path = tmp_path / "jobtypes" / "citations.py"

    def known() -> tuple[Any, str]:
        """As a process that starts now sees it."""
        typefiles._built_in_code.cache_clear()
        return typefiles.stamp(path), typefiles.code(path)

    before = known()
    assert known() == before
    with (tmp_path / changed).open("a") as file:
        file.write("# changed\n")
    stamp, code = known()
    assert stamp != before[0] and code != before[1]


@pytest.mark.parametrize("text", ["{", "null", "[]", "7"])
def test_it_survives_a_damaged_store(catalog: Catalog, folder: Path, text: str) -> None:
    write(folder)
    described(catalog)
    catalog._store.write_text(text)
    assert described(catalog)["good"].available


def test_it_does_without_a_folder_that_is_not_there(catalog: Catalog, folder: Path) -> None:
    folder.rmdir()
    assert "word_count" in described(catalog)


def test_it_reads_the_form_from_the_signature(catalog: Catalog, folder: Path) -> None:
    (folder / "form.py").write_text(
        "from datetime import date\n"
        "from typing import Annotated, Literal\n"
        "from annotated_types import Ge, Gt, Le, Len, Lt, MultipleOf\n"
        "from jobtypes import Context, Secret, job_type\n"
        "@job_type(label='Form', accepts=['.CSV'], delays_s=[1], timeout_s=5,\n"
        "    settings={'url': str, 'key': Secret}, network=True)\n"
        "def form(file: 'Path', context: Context, *, must: str,\n"
        "    few: Annotated[int, Ge(1), Lt(9), 'How many'] = 2,\n"
        "    part: Annotated[float, Gt(0), Le(1)] = 0.5,\n"
        "    short: Annotated[str, Len(1, 3)] = 'a',\n"
        "    kind: Literal['a', 'b'] = 'a', day: date = date(2026, 1, 2),\n"
        "    maybe: int | None = None, tags: Annotated[list[int], Len(1, 2)] = [1]) -> dict:\n"
        "    'First line\\n    goes on.\\n\\n    Not this.'\n"
        "from pathlib import Path\n"
    )
    form = described(catalog)["form"]
    assert form.available, form.reason
    properties = {
        name: {key: value for key, value in schema.items() if key != "title"}
        for name, schema in form.params["properties"].items()
    }
    assert properties == {
        "must": {"type": "string"},
        "few": {"type": "integer", "minimum": 1, "exclusiveMaximum": 9, "default": 2,
                "description": "How many"},
        "part": {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": 0.5},
        "short": {"type": "string", "minLength": 1, "maxLength": 3, "default": "a"},
        "kind": {"enum": ["a", "b"], "default": "a"},
        "day": {"type": "string", "format": "date", "default": "2026-01-02"},
        "maybe": {"type": ["integer", "null"], "default": None},
        "tags": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2,
                 "default": [1]},
    }  # fmt: skip
    assert form.params["required"] == ["must"]
    assert (form.description, form.accepts) == ("First line goes on.", (".csv",))
    assert form.settings == {"url": "text", "key": "secret"}
    assert form.cache is False


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_text("{ rubbish")])
def test_it_goes_on_with_what_it_knew_when_its_store_is_lost(
    catalog: Catalog,
    config: Callable[[str], Settings],
    folder: Path,
    damage: Callable[[Path], object],
) -> None:
    write(folder)
    catalog.settle()
    reader = Catalog(catalog._settings, Installation(catalog._store.parent, "test", "sqlite", ""))
    assert reader.types()["good"].available
    damage(catalog._store)
    assert reader.types()["good"].available, "a consumer must not fail items for it"
    catalog.step()
    again = Catalog(catalog._settings, Installation(catalog._store.parent, "test", "sqlite", ""))
    assert again.types()["good"].available, "and the web makes it anew"


@pytest.mark.parametrize(
    "damage",
    [
        lambda entry: entry["types"][0].pop("label"),
        lambda entry: entry["types"][0].update(timeout_s="soon"),
        lambda entry: entry["types"][0]["params"].pop("properties"),
        lambda entry: entry.update(types=None),
        lambda entry: entry.clear(),
    ],
)
def test_it_describes_anew_what_its_store_says_wrongly(
    catalog: Catalog, folder: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    path = write(folder)
    catalog.settle()
    reader = Catalog(catalog._settings, Installation(catalog._store.parent, "test", "sqlite", ""))
    assert reader.types()["good"].available
    entries = json.loads(catalog._store.read_bytes())
    damage(entries[str(path)])
    catalog._store.write_text(json.dumps(entries))
    assert reader.types()["good"].available, "a consumer goes on with what it knew"
    later = Catalog(catalog._settings, Installation(catalog._store.parent, "test", "sqlite", ""))
    assert later.types()["word_count"].available, "one entry harms no other"
    assert described(later)["good"].available
    assert json.loads(catalog._store.read_bytes()).keys() == entries.keys()


def test_it_says_which_option_of_a_type_is_wrong(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    path.write_text(path.read_text().replace("label=", 'timeout_s="soon", label='))
    assert "timeout_s: must be" in str(described(catalog)["good"].reason)


def describing(catalog: Catalog, path: Path) -> int:
    """The pid of what describes a file, as soon as it is there."""
    while str(path) not in catalog._describing:
        catalog.step()
        time.sleep(0.01)
    return catalog._describing[str(path)]._child.pid


def test_it_begins_anew_with_what_a_stop_ended(catalog: Catalog, folder: Path) -> None:
    """Else a good file would be listed as unavailable until it changes."""
    os.kill(describing(catalog, write(folder)), signal.SIGTERM)
    assert described(catalog)["good"].available


def test_it_reads_a_file_once_more_that_had_too_little_time(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine even a good one may have; it would be unavailable until it changes."""
    limits = [30.0, 0.01]
    monkeypatch.setattr(sources, "limit_s", lambda path: limits.pop() if limits else 30.0)
    write(folder)
    assert described(catalog)["good"].available
    assert limits == []


def catches_sigterm(pid: int) -> bool:
    """Whether a process has a handler for it: proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (caught,) = [int(line.split()[1], 16) for line in lines if line.startswith("SigCgt")]
    return bool(caught >> (signal.SIGTERM - 1) & 1)


def test_it_outlives_a_stop_while_a_file_is_loaded(catalog: Catalog, folder: Path) -> None:
    path = write(folder)
    path.write_text(f"import time; time.sleep(2)\n{path.read_text()}")
    pid = describing(catalog, path)
    deadline = time.monotonic() + 20
    while not catches_sigterm(pid):
        assert time.monotonic() < deadline
    os.kill(pid, signal.SIGTERM)
    assert described(catalog)["good"].available
    assert not catalog._begun_anew


def test_it_lists_a_file_that_stops_itself_with_the_reason(catalog: Catalog, folder: Path) -> None:
    (folder / "broken.py").write_text(
        "import os, signal; signal.signal(15, signal.SIG_DFL); os.kill(os.getpid(), 15); job_type"
    )
    assert "SIGTERM" in str(described(catalog)["broken"].reason)
