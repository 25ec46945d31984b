"""Submit the files of examples/ to the running Bellhop and show the results."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bellhop.base.errors import StartRefused  # noqa: E402
from bellhop.cli import commands  # noqa: E402
from bellhop.client import BellhopError  # noqa: E402
from bellhop.settings import configuration  # noqa: E402

TYPES = {
    "article.json": "summary",
    "brief.txt": "citations",
    "island.tif": "georaster",
    "notes.txt": "word_count",
    "quiz.png": "quiz",
    "trial_balance.csv": "trial_balance",
    "trial_balance.xlsx": "trial_balance",
}
SHOWN_CHARACTERS = 400


def main() -> int:
    client = commands.at_home(configuration.load())
    failures = 0
    missing = {t["type"]: t["reason"] for t in client.get("/api/v1/types")["types"] if t["reason"]}
    for path in sorted((ROOT / "examples").iterdir()):
        if reason := missing.get(TYPES[path.name]):
            print(f"{path.name}: left out, {reason}")
            continue
        is_data = path.suffix == ".json"
        given = {"data": [json.loads(path.read_text())]} if is_data else {"files": [path]}
        job = client.create(TYPES[path.name], **given)
        for state in client.follow(job["job_id"]):
            job = state
        print(f"{path.name}: {job['status']}, {client.url}/jobs/{job['job_id']}")
        failures += job["status"] != "completed"
        if job["completed_items"]:
            data = client.get(job["links"]["result"])["items"][0]["data"]
            shown = data.get("reports") or data.get("counts") or data.get("summary") or data
            print("  " + json.dumps(shown)[:SHOWN_CHARACTERS])
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (StartRefused, BellhopError) as error:
        sys.exit(f"demo: {error}")
