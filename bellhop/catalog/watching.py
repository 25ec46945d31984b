"""The one thread of a machine that describes files of job types as they change."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Sequence

from bellhop.base.trouble import Trouble
from bellhop.catalog.catalog import LOOK_EVERY_S, TICK_S, Catalog
from bellhop.database.database import is_unavailable, line_of, will_pass
from bellhop.storage.offers import Offer

log = logging.getLogger("bellhop.catalog")


def watch(catalog: Catalog, tell: Callable[[Sequence[Offer]], object] | None = None) -> None:
    """Never returns; `tell` is given, after each look, what this machine offers the others."""
    reading = Trouble(
        log, "Bellhop cannot read the job types: %s", "Bellhop can read the job types again"
    )
    telling = Trouble(
        log,
        "Bellhop cannot tell the other machines its job types: %s",
        "the other machines know the job types of this one again",
    )
    while True:
        is_describing = False
        try:
            is_describing = catalog.step()
            catalog.tidy()
            reading.note(None)
        except Exception:
            reading.note(traceback.format_exc())
        if tell:
            telling.note(_why_not(tell, catalog))
        time.sleep(TICK_S if is_describing else LOOK_EVERY_S)


def _why_not(tell: Callable[[Sequence[Offer]], object], catalog: Catalog) -> str | None:
    """Tell the others; why that cannot be now, None when it could."""
    try:
        tell(catalog.offers())
        return None
    except Exception as error:
        is_passing = will_pass(error) or is_unavailable(error)
        return line_of(error) if is_passing else traceback.format_exc()
