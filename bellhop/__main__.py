"""`python -m bellhop`, and what the single file runs: the same commands as `python app.py`."""

import sys

from bellhop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
