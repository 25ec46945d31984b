"""What runs in the child that builds the environment of a type (environments/environments.py).

Started as the command `build-environment BOUNDS COMMANDS`: it confines itself, since building a
package runs its code, and runs the commands until one fails.
"""

from __future__ import annotations

import json
import os

from bellhop.jobprocess.runner import start_guard
from bellhop.system import children, confine, proctree


def build(bounds: str, commands: str) -> int:
    """Run the commands, JSON of a list of argument lists; the exit status of the last."""
    proctree.adopt_orphans()  # so that who started it can see them
    start_guard(os.dup(0))
    confine.confine(bounds)
    status, nothing = 0, os.open(os.devnull, os.O_RDONLY)
    for command in json.loads(commands):
        # In a folder in which no tool looks for settings of a project.
        status = status or children.start(command, cwd="/", stdin=nothing).wait()
    return status
