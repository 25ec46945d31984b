"""The command `upgrade-check`: can this program take over, and what does it do then?"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bellhop.base.errors import StartRefused
from bellhop.cli.selfcheck import Finding, answered
from bellhop.settings import configuration
from bellhop.storage.installation import read_record
from bellhop.upgrade import questions


def run(*, as_json: bool) -> int:
    """Print what was asked and found; 1 when anything stands in the way."""
    found = []
    for finding in _findings():
        found.append(finding)
        if not as_json:
            print(finding, flush=True)
    if as_json:
        print(json.dumps([finding._asdict() for finding in found]))
    return 0 if all(finding.ok for finding in found) else 1


def _findings() -> Iterator[Finding]:
    """Also of settings that stop every other command."""
    try:
        settings = configuration.load()
        here = read_record(settings.data_dir)
        if here is None or not here.has_database:
            raise StartRefused(f"there is no Bellhop in {settings.data_dir}; name its config.ini")
    except StartRefused as refusal:
        said = str(refusal)
        yield Finding("settings", ok=False, said=said, mend=said.rpartition("; ")[2])
        return
    for question in questions.every(settings, here):
        yield from answered(question)
