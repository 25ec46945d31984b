"""Huey without what it imports for places of the bell that are not used."""

from __future__ import annotations

import importlib
import sys


def import_huey() -> None:
    """Import Huey as if the package redis were not installed: it is a quarter of what a start is.

    For processes that are Bellhop's alone, since a RedisHuey of others works only once onredis.py
    was imported, which gives Huey what it lacks.
    """
    if "redis" in sys.modules or "huey" in sys.modules:
        return
    sys.modules["redis"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("huey")
    finally:
        del sys.modules["redis"]
