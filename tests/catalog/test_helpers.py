"""Files beside a type: which of them are types, which it can import, what counts as its code."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.base import program
from bellhop.catalog import catalog as catalog_module
from bellhop.catalog import sources, typefiles
from bellhop.catalog.catalog import Catalog
from bellhop.catalog.sources import Beside, Source
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation, make_folder
from tests.support.builtin import come_with_bellhop

GOOD = """
from bellhop import job_type
{head}
@job_type(label="Good"{options})
def {name}(text: str) -> dict:
    return {{}}
"""
# As these are in the environment of a file.
ALIVE = "import threading, time; threading.Thread(target=time.sleep, args=[60]).start()"


def good(name: str = "good", head: str = "", options: str = "") -> str:
    return GOOD.format(name=name, head=head, options=options)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "types"
    folder.mkdir()
    return folder


@pytest.fixture
def catalog(config: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch) -> Catalog:
    # Those that come with Bellhop would take most of the time.
    come_with_bellhop(monkeypatch, Path("/nowhere"))
    find = typefiles.find
    monkeypatch.setattr(
        typefiles, "find", lambda folder: [p for p in find(folder) if p.parent == folder]
    )
    settings = config("[jobtypes]\n")
    return Catalog(settings, Installation(make_folder(settings), "test", "sqlite", ""))


def reasons(catalog: Catalog) -> dict[str, str | None]:
    catalog.settle()
    return {name: known.reason for name, known in catalog.types().items()}


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def test_it_uses_the_folder_types_beside_the_settings(catalog: Catalog, own: Path) -> None:
    write(own, good=good())
    assert reasons(catalog) == {"good": None}


def test_it_uses_a_folder_that_is_made_later(catalog: Catalog, own: Path) -> None:
    own.rmdir()
    assert reasons(catalog) == {}
    own.mkdir()
    write(own, good=good())
    assert reasons(catalog) == {"good": None}


def test_it_says_nothing_of_a_folder_that_is_not_there(
    catalog: Catalog, own: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own.rmdir()
    reasons(catalog)
    assert not caplog.records


def test_it_has_no_folder_where_the_setting_is_empty(config: Callable[[str], Settings]) -> None:
    assert config("[jobtypes]\nfolder =\n").jobtypes_folder is None


@pytest.mark.parametrize("text", ["x = 1", "def half(:", "", "import no_such_module", "'\x00'"])
def test_it_takes_what_has_no_types_for_a_helper(catalog: Catalog, own: Path, text: str) -> None:
    write(own, helper=text, good=good())
    assert reasons(catalog) == {"good": None}


@pytest.mark.parametrize(
    "text",
    [
        good("odd"), good("odd").replace("@job_type", "@bellhop.job_type").replace(
            "from bellhop import job_type", "import bellhop"),
        good("odd").replace("import job_type", "import job_type as it").replace("@job", "@it#"),
        "job_type, def (", "# -*- coding: latin-1 -*-\nx = '\xe9'; job_type",
    ],
)  # fmt: skip
def test_it_lists_what_uses_the_word(own: Path, text: str) -> None:
    (own / "odd.py").write_bytes(text.encode("latin-1"))
    assert sources.of(own / "odd.py").has_types


def test_it_runs_no_helper_to_know_it(catalog: Catalog, own: Path) -> None:
    mark = own / "ran"
    write(own, helper=f"open({str(mark)!r}, 'w')", good=good())
    reasons(catalog)
    assert not mark.exists()


def test_it_lets_a_type_import_helpers_and_packages(catalog: Catalog, own: Path) -> None:
    write(own, **{"helper": "A = 1", "pkg/__init__": "from . import part", "pkg/part": "B = 2"})
    write(own, good=good(head="import helper, pkg.part\nassert helper.A + pkg.part.B == 3"))
    assert reasons(catalog) == {"good": None}


def test_it_keeps_a_type_whose_file_is_half_written(catalog: Catalog, own: Path) -> None:
    write(own, good=good())
    reasons(catalog)
    write(own, good="def goo")
    assert "SyntaxError" in str(reasons(catalog)["good"])


def test_it_forgets_a_type_whose_file_became_a_helper(catalog: Catalog, own: Path) -> None:
    write(own, good=good())
    reasons(catalog)
    write(own, good="x = 1")
    assert reasons(catalog) == {}


FILES = {
    "a": good("a", "import helper"),
    "b": good("b", "def f():\n    from pkg.deep import part"),
    "c": good("c"),
    "d": good("d", "import importlib\nimportlib.import_module('hel' + 'per')"),
    "e": good("e", "import between"),
    "f": good("f", "import subprocess, sys\nsubprocess.run([sys.executable, 'helper.py'])"),
    "helper": "", "pkg/__init__": "", "pkg/other": "", "between": "import helper, a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "types"),
    [("helper", "adef"), ("pkg/other", "bdf"), ("between", "def"), ("c", "cdf"), ("a", "adef")],
)
def test_it_knows_which_types_a_file_is_part_of(own: Path, changed: str, types: str) -> None:
    write(own, **FILES)

    def known() -> dict[str, tuple[Any, str]]:
        found, beside = typefiles.find(own), Beside(own)
        return {
            path.stem: (typefiles.stamp(path, beside), typefiles.code(path))
            for path in found
            if path.parent == own
        }

    before = known()
    write(own, **{changed: f"{FILES[changed]}\n# changed\n"})
    after = known()
    assert "".join(name for name in after if after[name][0] != before[name][0]) == types
    assert "".join(name for name in after if after[name][1] != before[name][1]) == types


def test_it_reads_no_endless_text(own: Path) -> None:
    write(own, long=f"{'x = 1  # as long as nobody writes one' * 20_000}\njob_type")
    assert sources.of(own / "long.py") == Source(has_types=False)


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 200_000 + "1", "f(" * 300, "[" * 90 + "]"])
def test_it_reads_what_no_parser_takes(own: Path, text: str) -> None:
    write(own, odd=f"job_type\n{text}")
    assert sources.of(own / "odd.py").has_types


@pytest.mark.parametrize("part", ["outbound/__init__.py", "word_count.py", "../words.py"])
def test_it_counts_what_comes_with_bellhop_as_code_of_a_type(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    write(own, good=good())
    package = tmp_path / "bellhop"
    for name in ("jobtypes/outbound/__init__.py", "jobtypes/word_count.py", "words.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text("")
    monkeypatch.setattr(program, "PACKAGE", package)
    come_with_bellhop(monkeypatch, package / "jobtypes")
    before = typefiles.code(own / "good.py")
    (package / "jobtypes" / part).write_text("# changed")
    typefiles._built_in_code.cache_clear()
    after = typefiles.code(own / "good.py")
    assert before != after


def test_it_names_the_files_that_have_a_type_of_one_name(catalog: Catalog, own: Path) -> None:
    write(own, left=good("same"), right=good("same"), other=good("other"))
    found = reasons(catalog)
    assert "left.py and right.py" in str(found["same"]) and found["other"] is None


def test_it_reads_the_limit_of_a_type_before_it_runs_the_file(catalog: Catalog, own: Path) -> None:
    slow = "import time; time.sleep(1.5)"
    write(own, long=good("long", slow, ", describe_timeout_s=30"))
    write(own, short=good("short", slow, ", describe_timeout_s=0.9"))
    found = reasons(catalog)
    assert found["long"] is None
    assert "more than 0.9 seconds" in str(found["short"]) and "describe_timeout_s=" in str(found)


def test_it_has_a_setting_for_the_limit(
    config: Callable[[str], Settings], catalog: Catalog, own: Path
) -> None:
    write(own, good=good(head="import time; time.sleep(5)"))
    settings = config("[jobtypes]\ndescribe_timeout_s = 0.8\n")
    here = Installation(settings.data_dir, "test", "sqlite", "")
    assert "more than 0.8 seconds" in str(reasons(Catalog(settings, here))["good"])


@pytest.mark.parametrize("limit", ["1 + 1", "LIMIT", "-1", "0", "True", "'9'", "1e999"])
def test_it_refuses_a_limit_that_it_cannot_read(own: Path, limit: str) -> None:
    write(own, odd=good("odd", "LIMIT = 9", f", describe_timeout_s={limit}"))
    assert sources.of(own / "odd.py").wrong


def test_it_says_that_it_did_not_read_a_limit(catalog: Catalog, own: Path) -> None:
    text = good("odd", "MORE = {'describe_timeout_s': 9}", ", **MORE")
    write(own, odd=text, worse=good("worse", "", ", describe_timeout_s=2 * 2"))
    found = reasons(catalog)
    assert "describe_timeout_s must be a number" in str(found["odd"])
    assert "describe_timeout_s must be a number" in str(found["worse"])


def test_it_shows_a_file_that_takes_a_while(
    catalog: Catalog, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "MOMENT_S", 0.2)
    write(own, slow=good("slow", "import time; time.sleep(60)", ", describe_timeout_s=60"))
    while "slow" not in catalog.types():
        catalog.step()
        time.sleep(0.02)
    known = catalog.types()["slow"]
    assert not known.available and known.is_pending
    assert "reading its file, for 60 seconds at most" in str(known.reason)
    catalog.settle(patience_s=0)


def test_it_keeps_no_place_for_those_that_take_long(
    catalog: Catalog, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog_module, "MOMENT_S", 0.2)
    monkeypatch.setattr(catalog_module, "MOST_AT_ONCE", 2)
    hang = ("import time; time.sleep(60)", ", describe_timeout_s=60")
    write(own, x=good("x", *hang), y=good("y", *hang), z=good("z", *hang), good=good())
    began = time.monotonic()
    while not [name for name, known in catalog.types().items() if known.available]:
        assert time.monotonic() - began < 50
        catalog.step()
        time.sleep(0.02)
    catalog.settle(patience_s=0)


def test_it_ends_what_nobody_waits_for(catalog: Catalog, own: Path) -> None:
    write(own, slow=good("slow", "import time; time.sleep(60)", ", describe_timeout_s=60"))
    catalog.step()
    (inquiry,) = catalog._describing.values()
    catalog.settle(patience_s=0)
    assert inquiry._child.returncode and not catalog._describing


@pytest.mark.parametrize("head", [ALIVE, "import atexit, time; atexit.register(time.sleep, 60)"])
def test_it_waits_for_nothing_that_a_file_leaves_behind(
    catalog: Catalog, own: Path, head: str
) -> None:
    write(own, good=good(head=head, options=", describe_timeout_s=30"))
    began = time.monotonic()
    assert reasons(catalog) == {"good": None}
    assert time.monotonic() - began < 25


def test_it_hears_ten_megabytes_in_time(catalog: Catalog, own: Path) -> None:
    loud = "import sys; sys.stdout.write('x' * 10_000_000); sys.stderr.write('x' * 10_000_000)"
    write(own, good=good(head=loud))
    assert reasons(catalog) == {"good": None}
