"""`install-service`: Bellhop starts with the machine, as a service of systemd."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bellhop.base.errors import said_of
from bellhop.service import install
from bellhop.settings.configuration import CONFIG_VARIABLE
from bellhop.settings.settings import Settings

# Whether systemd runs this machine (sd_booted(3)).
BOOTED = Path("/run/systemd/system")


def run(settings: Settings, given: argparse.Namespace) -> int:
    """Write the unit, and let systemd start it; else say how."""
    service = install.service_of(settings, given.user)
    if given.only_print:
        print(service.text(), end="")
        return 0
    path = install.install(settings, service, given.name)
    print(f"wrote {path}: Bellhop starts with this machine")
    others = (n for n in os.environ if n.startswith("BELLHOP_") and n != CONFIG_VARIABLE)
    for variable in sorted(others):
        said = f"{variable} is set here, and not in the service: write it into config.ini"
        print(f"bellhop: {said}", file=sys.stderr)
    steps = install.steps(path.name)
    if not BOOTED.is_dir():
        print("systemd does not run here; where it does:", *map(shlex.join, steps), sep="\n  ")
        return 0
    return 0 if all(map(_did, steps)) else 1


def _did(step: Sequence[str]) -> bool:
    print(shlex.join(step), flush=True)
    try:
        return subprocess.run(step).returncode == 0
    except OSError as error:
        print(f"bellhop: {step[0]}: {said_of(error)}", file=sys.stderr)
        return False
