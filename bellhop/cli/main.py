"""Where every process of Bellhop starts (`program.COMMAND`).

One that runs code of job types is started often, and somebody waits for it: it imports its own part
alone, and nothing of the commands that people type.
"""

from __future__ import annotations

import sys
from typing import Any


def main(arguments: list[str] | None = None, open_bell: Any = None) -> int:
    """Run one command; its exit status. `open_bell` is as `run.run` takes it."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["job-process"]:
        from bellhop.jobprocess import runner

        guard, say, alive, stop, ahead, *cores = map(int, arguments[2:])
        runner.serve(arguments[1], guard, say, alive, stop, ahead, cores)
        return 0
    if arguments[:1] == ["describe"]:
        from bellhop.jobprocess import describing

        describing.print_description(arguments[1], arguments[2])
    if arguments[:1] == ["build-environment"]:
        from bellhop.jobprocess import building

        return building.build(arguments[1], arguments[2])
    from bellhop.cli import run

    return run.run(arguments, open_bell or run.own_bell)
