"""Bellhop's command in a checkout: `python app.py`, with the commands of `--help`."""

import sys

from bellhop.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
