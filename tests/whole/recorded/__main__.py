"""`python -m tests.whole.recorded`: ask everything anew and keep the answers.

For a change of the contract that is meant: what it changes is then to be read in `git diff`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.whole.recorded.passes import PASSES, asked, path_of, text_of

for name in PASSES:
    with tempfile.TemporaryDirectory() as folder:
        path_of(name).write_text(f"{text_of(asked(name, Path(folder)))}\n")
        print(f"recorded {path_of(name).name}", flush=True)
