"""Files of job types that do what they should not: each says why it does not work, others work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.running import Running, job_processes_of, running, wait_for

HEAD = "from pathlib import Path\nfrom bellhop import job_type\n"
GOOD = f"{HEAD}@job_type\ndef good(text: str) -> str:\n    return text\n"
FILES = {
    "good": GOOD,
    "endless": HEAD + "while True: pass\n@job_type\ndef endless(text: str): ...\n",
    "leaves": HEAD + "import os\nos._exit(4)\n@job_type\ndef leaves(text: str): ...\n",
    "loud": HEAD + "print('x' * 10_000_000)\n@job_type\ndef loud(text: str):\n    return text\n",
    "parents": HEAD + "import subprocess\n"
    "for _ in range(20): subprocess.Popen(['sleep', '600.25'])\n"
    "@job_type\ndef parents(text: str):\n    return text\n",
    "one": HEAD + "@job_type\ndef twin(text: str): ...\n",
    "two": HEAD + "@job_type\ndef twin(file: Path): ...\n",
    "cyclic": HEAD + "from dataclasses import dataclass\n"
    "@dataclass\nclass Node:\n    next: 'Node'\n"
    "@job_type\ndef cyclic(text: str, *, start: Node): ...\n",
    "absent": HEAD + "from typing import TYPE_CHECKING\n"
    "if TYPE_CHECKING:\n    from not_installed import Thing\n"
    "@job_type\ndef absent(text: str, thing: 'Thing'): ...\n",
    "missing": HEAD + "from not_installed import Thing\n"
    "@job_type\ndef missing(text: str, thing: Thing): ...\n",
    "forever": HEAD + "import time\n@job_type\ndef forever(text: str):\n"
    "    while True:\n        time.sleep(0.01)\n        yield {'text': text}\n",
    "huge": HEAD + "@job_type(queue='small')\ndef huge(text: str):\n"
    "    class Figure:\n        def savefig(self, place, **how):\n"
    "            Path(place).write_bytes(b'0' * 500_000_000)\n"
    "    return Figure()\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("bad")
    (home / "types").mkdir()
    for name, text in FILES.items():
        (home / "types" / f"{name}.py").write_text(text)
    config = home / "config.ini"
    config.write_text("[queue:small]\nmemory_mb = 256\n[queue:later]\n[retry]\ndelays_s = 0.1\n")
    with running(home, BELLHOP_CONFIG=str(config)) as made:
        made.environment["BELLHOP_JOBTYPES_FOLDER"] = str(home / "types")
        made.serve()
        wait_for(lambda: type_of(made, "endless").get("reason", "").startswith("Bellhop could"))
        yield made


def type_of(bellhop: Running, name: str) -> dict[str, Any]:
    types = bellhop.client().get("/api/v1/types")["types"]
    return next((each for each in types if each["type"] == name), {})


def error_of(bellhop: Running, job_id: str) -> dict[str, Any]:
    """Why its item failed."""
    assert bellhop.final(job_id)["status"] == "failed"
    return dict(bellhop.client().get(f"/api/v1/jobs/{job_id}/items")["items"][0]["error"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("endless", "it took more than"),
        ("leaves", "exit status 4"),
        ("twin", "one.py"),
        ("cyclic", "contains itself"),
        ("absent", "Thing"),
        ("missing", "not_installed"),
    ],
)
def test_it_says_why_a_type_is_not_available(bellhop: Running, name: str, reason: str) -> None:
    found = type_of(bellhop, name)
    assert not found["available"] and reason in found["reason"]


@pytest.mark.parametrize("name", ["good", "loud", "parents"])
def test_it_runs_a_type_whatever_its_file_does_beside_it(bellhop: Running, name: str) -> None:
    job_id = bellhop.texts("a", type=name)["job_id"]
    assert bellhop.final(job_id)["status"] == "completed"


def test_it_leaves_nothing_of_what_a_file_starts(bellhop: Running) -> None:
    """Neither when it is described nor after an item."""
    bellhop.final(bellhop.texts("a", type="parents")["job_id"])

    def sleepers() -> list[str]:
        running = Path("/proc").glob("[0-9]*/cmdline")
        return [path.parent.name for path in running if b"600.25" in _read(path)]

    wait_for(lambda: not sleepers())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_it_stops_a_generator_that_never_ends(bellhop: Running) -> None:
    job_id = bellhop.texts("a", type="forever")["job_id"]
    wait_for(lambda: bellhop.client().get(f"/api/v1/jobs/{job_id}")["status"] == "running")
    bellhop.client().post(f"/api/v1/jobs/{job_id}/cancel", {})
    assert bellhop.final(job_id)["status"] == "cancelled"
    wait_for(lambda: len(job_processes_of(bellhop.data)) < 3)


def test_it_fails_a_figure_that_is_larger_than_the_memory(bellhop: Running) -> None:
    job_id = bellhop.texts("a", type="huge")["job_id"]
    assert error_of(bellhop, job_id)["code"] in ("out_of_memory", "file_too_large")


@pytest.mark.parametrize(
    ("before", "after", "params", "outcome"),
    [
        ("n: int = 1", "n: int = 1, more: str = 'x'", {"n": 5}, "5"),
        ("n: int = 1", "m: int = 1", {"n": 5}, "no parameter n any more"),
        ("n: int = 1", "n: str = ''", {"n": 5}, "parameter n does not take 5 any more"),
        ("n: str = ''", "n: int = 1", {"n": "5"}, "parameter n does not take '5' any more"),
        ("n: int = 1", "n: int, other: str", {"n": 5}, "it needs the parameter other"),
    ],
)
def test_it_runs_no_waiting_job_with_another_meaning(
    bellhop: Running, before: str, after: str, params: dict[str, Any], outcome: str
) -> None:
    folder = Path(bellhop.environment["BELLHOP_JOBTYPES_FOLDER"])
    text = (
        f"{HEAD}@job_type(queue='later', label={{label!r}}, delays_s=[])\n"
        "def changing(text: str, *, {params}):\n    return str(n)\n"
    )

    def write(label: str, parameters: str) -> None:
        (folder / "changing.py").write_text(text.format(label=label, params=parameters))
        wait_for(lambda: type_of(bellhop, "changing").get("label") == label)

    write(f"Before {before} {after}", before)
    bellhop.client().post("/api/v1/queues/later/pause", {})
    job_id = bellhop.texts("a", type="changing", **params)["job_id"]
    write(f"After {before} {after}", after)
    bellhop.client().post("/api/v1/queues/later/resume", {})
    if outcome == "5":
        bellhop.final(job_id)
        result = bellhop.client().get(f"/api/v1/jobs/{job_id}/result")
        assert result["items"][0]["data"] == "5"
    else:
        error = error_of(bellhop, job_id)
        assert error["code"] == "parameters_changed" and outcome in error["message"]
