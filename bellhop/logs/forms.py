"""How a record of the log is written: as a line for people, or as JSON for programs.

In both, one record is one record: no text of others can begin another one, or hold a secret.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from bellhop.base.masking import Mask
from bellhop.base.texts import shown_json, shown_lines
from bellhop.base.times import as_timestamp
from bellhop.logs.about import fields_of

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
# What the message of a line calls them.
SHORT = {"job_id": "job", "request_id": "request"}


class LineForm(logging.Formatter):
    """One line, tracebacks too: one line that looks like one is one.

    What a text of others holds is shown, and its further lines begin with a bar. What the record is
    about stands behind its first line, unless the form of the message says it: texts that are put
    into that form may be of others, who would hide it.
    """

    def __init__(self, mask: Mask, form: str = LINE):
        super().__init__(form)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        first, *others = self._mask.text(super().format(record)).split("\n")
        own = f" {record.msg}"
        for name, value in fields_of(record).items():
            short = SHORT.get(name, name)
            first += "" if f" {short}=" in own else f" {short}={value}"
        return shown_lines("\n".join([first, *others])).replace("\n", "\n  | ")


class JsonForm(logging.Formatter):
    """One object on a line: time (RFC 3339, UTC), level, logger, message, what it is about.

    `exception` is the traceback of an error.
    """

    def __init__(self, mask: Mask):
        super().__init__()
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": as_timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return shown_json(self._mask.within(document), None)
