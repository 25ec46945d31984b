"""Look every pinned package up in the database of known vulnerabilities, by pip-audit.

pip-audit says "No known vulnerabilities found" also when it could look nothing up. So its answer
is read package by package: 0 means that all were looked up and none is known to be vulnerable.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
VULNERABLE = 1
NOT_LOOKED_UP = 2
NOTHING_KNOWN = "Nothing is known: pip-audit did not reach its database."


def main() -> int:
    command = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off"]
    # pip-audit does not follow `-r` lines.
    for path in sorted(ROOT.glob("requirements*.txt")):
        command += ["--requirement", path.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"{NOTHING_KNOWN}\n{last}", file=sys.stderr)
        return NOT_LOOKED_UP
    return _tell(packages)


def _tell(packages: list[dict[str, Any]]) -> int:
    skipped = [package for package in packages if "skip_reason" in package]
    found = [(package, known) for package in packages for known in package.get("vulns", [])]
    for package, known in found:
        fixed = ", ".join(known["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {known['id']}, fixed in {fixed}")
    looked_up = len(packages) - len(skipped)
    print(f"{looked_up} of {len(packages)} packages looked up, {len(found)} vulnerabilities known")
    if skipped:
        names = ", ".join(package["name"] for package in skipped)
        missing = f"Nothing is known of: {names}" if looked_up else NOTHING_KNOWN
        print(f"{missing}\n{skipped[0]['skip_reason']}", file=sys.stderr)
    if found:
        return VULNERABLE
    return NOT_LOOKED_UP if skipped or not packages else 0


if __name__ == "__main__":
    sys.exit(main())
