"""Run Bellhop and restart it when one of its files or config.ini changes.

Job types need no restart: Bellhop itself notices a change of them.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOOK_EVERY_S = 0.5


def stamps() -> dict[Path, int]:
    watched = [ROOT / "config.ini", *ROOT.glob("*.py"), *ROOT.glob("bellhop/**/*.py")]
    watched += [path for path in ROOT.glob("static/**/*") if path.is_file()]
    types = ROOT / "bellhop" / "jobtypes"  # Bellhop itself notices when one of them changes
    watched = [path for path in watched if path.parent != types]
    return {path: path.stat().st_mtime_ns for path in watched if path.exists()}


def main() -> int:
    # Ctrl-C reaches the server too; it ends by itself, and then so do we.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        seen = stamps()
        server = subprocess.Popen([sys.executable, str(ROOT / "app.py"), *sys.argv[1:]])
        try:
            while server.poll() is None and stamps() == seen:
                time.sleep(LOOK_EVERY_S)
            if server.poll() is not None:
                print("dev: it ended; waiting for a change", file=sys.stderr)
                while stamps() == seen:
                    time.sleep(LOOK_EVERY_S)
        except KeyboardInterrupt:
            return server.wait()
        finally:
            if server.poll() is None:
                server.terminate()
                server.wait()


if __name__ == "__main__":
    sys.exit(main())
