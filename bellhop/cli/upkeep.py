"""The commands that look after a Bellhop while it runs: restart and reload."""

from __future__ import annotations

import sys

from bellhop.base.texts import shown
from bellhop.parent import answers
from bellhop.settings.settings import Settings
from bellhop.system import signals


def restart(settings: Settings) -> int:
    """Let the running Bellhop become the installed program; 1 where it did not."""
    return _told(answers.ask(settings.data_dir, signals.RESTART))


def reload(settings: Settings) -> int:
    """Let the running Bellhop take the settings of now; 1 where it did not."""
    return _told(answers.ask(settings.data_dir, signals.RELOAD))


def _told(answer: answers.Answer) -> int:
    for line in answer.said:
        print(f"bellhop: {shown(line)}", file=None if answer.is_done else sys.stderr)
    return 0 if answer.is_done else 1
