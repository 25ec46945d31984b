"""A real Prometheus on a real Bellhop: its rules, and every query of the dashboard and alerts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from bellhop.client import Bellhop
from tests.support.pages import blocks
from tests.support.places import ROOT
from tests.support.running import Running, free_port, running, wait_for

DOCS = ROOT / "docs"
ALERTS = DOCS / "monitoring" / "alerts.yml"
RULES = ROOT / "tests" / "whole" / "prometheus" / "alerts.yml"
MISSING = "prometheus and promtool were not found: apt-get install prometheus"
# What Grafana puts where the dashboard says how far a rate looks back.
RATE_INTERVAL = "20s"


def tool(name: str) -> str:
    path = shutil.which(name)
    assert path, MISSING
    return path


def promtool(*arguments: object, given: bytes = b"") -> None:
    """It ends well, and has nothing to say."""
    command = [tool("promtool"), *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Prometheus:
    """A server that asks a Bellhop every half second."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of a query at this moment."""
        answer = self._get("query", query=expression)
        found: list[dict[str, Any]] = answer["result"]
        return found

    def is_up(self) -> bool:
        """Whether Bellhop was scraped."""
        try:
            return bool(self.query('up{job="bellhop"} == 1'))
        except OSError:
            return False

    def _get(self, path: str, **parameters: str) -> Any:
        with urlopen(f"{self.url}/api/v1/{path}?{urlencode(parameters)}", timeout=10) as answer:
            document = json.load(answer)
        assert document["status"] == "success", document
        return document["data"]


def configured(bellhop: Running, folder: Path, token: str) -> Path:
    """The configuration of docs/monitoring.md, for this Bellhop and this token."""
    text = (DOCS / "monitoring.md").read_text()
    scrape, *_ = (block for block in blocks(text, "yaml") if block.startswith("scrape_configs:"))
    kept = folder / "token"
    kept.write_text(token)
    config = scrape.replace("/etc/prometheus/bellhop.token", str(kept))
    config = config.replace("127.0.0.1:8080", bellhop.url.removeprefix("http://"))
    file = folder / "prometheus.yml"
    file.write_text(
        f"global: {{scrape_interval: 500ms, evaluation_interval: 500ms}}\n{config}\n"
        f"rule_files: [{ALERTS}]\n"
    )
    return file


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("watched")) as started:
        started.run("user", "add", "prometheus", "--role", "admin")
        started.serve()
        yield started


def token(bellhop: Running, scope: str) -> str:
    return bellhop.run("token", "add", "prometheus", "--scope", scope).stdout.strip()


@pytest.fixture(scope="module")
def prometheus(bellhop: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that has seen jobs complete, fail and run again."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    config = configured(bellhop, folder, token(bellhop, "read"))
    promtool("check", "config", config)
    client = Bellhop(bellhop.url, token(bellhop, "all"))
    command = [
        tool("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    with subprocess.Popen(command) as process:
        try:
            server = Prometheus(f"http://127.0.0.1:{port}")
            work(client, "noop", "bad_input", "crash")  # so that each series is there
            wait_for(server.is_up)
            work(client, "noop", "bad_input")
            seen = 'sum(rate(bellhop_jobs_finished_total{status="failed"}[20s])) > 0'
            wait_for(lambda: server.query(seen))
            yield server
        finally:
            process.kill()


def work(client: Bellhop, *types: str) -> None:
    """Run a job of each type to its end."""
    jobs = [
        client.post("/api/v1/jobs", {"type": name, "items": [{"text": str(time.monotonic())}]})
        for name in types
    ]
    for job in jobs:
        self = job["links"]["self"]
        wait_for(lambda: client.get(self)["completed_at"])  # noqa: B023


def dashboard() -> list[tuple[str, str]]:
    """(panel, query) of everything that the dashboard shows."""
    panels = json.loads((DOCS / "monitoring" / "dashboard.json").read_text())["panels"]
    return [
        (panel["title"], target["expr"].replace("$__rate_interval", RATE_INTERVAL))
        for panel in panels
        for target in panel.get("targets", ())
    ]


def alerts() -> dict[str, str]:
    """The query of each alert, by its name."""
    text = ALERTS.read_text()
    parts = re.split(r"^ +- alert: (\w+)\n", text, flags=re.M)[1:]
    found = {}
    for name, part in zip(parts[::2], parts[1::2], strict=True):
        expr = re.search(r"^ +expr: (?:\|\n)?(.*?)^ +(?:for|labels):", part, re.M | re.S)
        assert expr, name
        found[name] = " ".join(expr[1].split())
    return found


def test_it_tests_the_rules_of_every_alert() -> None:
    """Each fires in what promtool is told of a bad day, and none on a good one."""
    promtool("check", "rules", ALERTS)
    promtool("test", "rules", RULES)
    tested = set(re.findall(r'alertname="(\w+)"', RULES.read_text()))
    assert tested == alerts().keys()


def test_it_gives_metrics_that_promtool_finds_well_made(
    bellhop: Running, prometheus: Prometheus
) -> None:
    asked = Request(f"{bellhop.url}/metrics")
    asked.add_header("Authorization", f"Bearer {token(bellhop, 'read')}")
    with urlopen(asked, timeout=10) as answer:
        promtool("check", "metrics", given=answer.read())


@pytest.mark.parametrize(("panel", "query"), dashboard())
def test_it_fills_every_panel_of_the_dashboard(
    prometheus: Prometheus, panel: str, query: str
) -> None:
    assert prometheus.query(query)


@pytest.mark.parametrize("name", alerts())
def test_it_is_silent_while_nothing_is_wrong(prometheus: Prometheus, name: str) -> None:
    assert not prometheus.query(alerts()[name])


def test_it_names_no_metric_that_is_not_there() -> None:
    listed = (DOCS / "monitoring.md").read_text()
    queries = " ".join([*alerts().values(), *(query for _, query in dashboard())])
    names = set(re.findall(r"\b(?:bellhop|process)_\w+(?=[\[{) ]|$)", queries))
    unknown = {n for n in names if f"`{re.sub('_(bucket|sum|count)$', '', n)}`" not in listed}
    assert not unknown
