"""Another folder in the place of the job types that come with Bellhop."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from bellhop.catalog import typefiles


def come_with_bellhop(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Those of `folder` do, for this test alone: what it learns of their code ends with it."""
    monkeypatch.setattr(typefiles, "BUILT_IN", folder)
    own = functools.cache(typefiles._built_in_code.__wrapped__)
    monkeypatch.setattr(typefiles, "_built_in_code", own)
