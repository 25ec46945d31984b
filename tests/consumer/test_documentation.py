"""Every job type in the documents, pasted as it is printed, runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bellhop.catalog.catalog import Catalog
from bellhop.catalog.description import KnownType
from bellhop.consumer.workers import Workers
from bellhop.settings.settings import Settings
from bellhop.storage.installation import Installation
from bellhop.web.site import Site
from tests.support.places import ROOT
from tests.support.samples import parts_for
from tests.support.wsgi import WsgiClient, parts_form

JOBS = "/api/v1/jobs"
DOCUMENTS = ("README.md", "docs/adding-a-job-type.md", "docs/coming-from.md")
SNIPPET = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
SNIPPETS = {
    f"{Path(name).stem}_{number}".replace("-", "_"): text
    for name in DOCUMENTS
    for number, text in enumerate(SNIPPET.findall((ROOT / name).read_text()))
    if "@job_type" in text
}


@pytest.fixture
def loaded(config: Callable[[str], Settings], tmp_path: Path) -> Settings:
    folder = tmp_path / "types"
    folder.mkdir()
    for name, text in SNIPPETS.items():
        (folder / f"{name}.py").write_text(text)
    return config(f"[jobtypes]\nfolder = {folder}\n")


def own(site: Site, snippet: str) -> dict[str, KnownType]:
    types = site.catalog.types().items()
    return {name: each for name, each in types if Path(each.path).stem == snippet}


def result_of(web: WsgiClient, workers: Workers, job_type: KnownType) -> dict[str, Any]:
    accepted = web.send_form(parts_form([("type", job_type.type, None), *parts_for(job_type)]))
    assert accepted.status == 202, accepted.body
    while workers.run_next():
        pass
    (item,) = web.get(f"{JOBS}/{accepted.json['job_id']}/items").json["items"]
    return dict(item)


def test_it_runs_every_job_type_of_the_documents(
    web: WsgiClient, workers: Workers, site: Site, here: Installation
) -> None:
    Catalog(site.settings, here).settle()
    for snippet in SNIPPETS:
        types = own(site, snippet)
        assert types, snippet
        for name, job_type in types.items():
            assert job_type.available, f"{snippet}: {job_type.reason}"
            item = result_of(web, workers, job_type)
            assert item["status"] == "completed", f"{snippet} {name}: {json.dumps(item['error'])}"


def test_it_counts_the_lines_of_each_quick_start() -> None:
    text = (ROOT / "docs" / "coming-from.md").read_text()
    snippets = [each.splitlines() for each in SNIPPET.findall(text)]
    told = [int(lines) for lines in re.findall(r"\| (\d+) \|$", text, re.M)]
    assert told == [len([line for line in lines if line]) for lines in snippets]
