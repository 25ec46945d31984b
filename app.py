"""Bellhop's command and its WSGI application, in a checkout.

`python app.py` runs the commands of `--help`. `app.application` is the web for a server of yours,
as in `waitress-serve app:application`: one process with threads, and a consumer beside it.
Importing this file starts nothing. Web and consumer take their bell from `tasks.py`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

# `python -P` and PYTHONSAFEPATH leave this folder out.
if sys.flags.safe_path:
    sys.path.insert(0, str(Path(__file__).resolve().parent))

from bellhop.cli.main import main

if TYPE_CHECKING:
    from bellhop.bell.bell import Bell


def open_bell(*_: Any) -> Bell:
    """The bell of `tasks.py`, which only a web or a consumer needs: most processes import less."""
    bell: Bell = importlib.import_module("tasks").bell
    return bell


if __name__ == "__main__":
    try:
        sys.exit(main(open_bell=open_bell))
    except ModuleNotFoundError as missing:
        mend = "after `make run`, type .venv/bin/python app.py"
        sys.exit(f"bellhop: {missing.name} is not installed for this Python; {mend}")
else:
    from bellhop.cli.wsgi import Application

    application = Application(open_bell)
