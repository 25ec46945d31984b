"""The client without a server."""

from __future__ import annotations

import pytest

from bellhop.client import Bellhop, NoAnswer


def test_it_says_that_nobody_answers() -> None:
    with pytest.raises(NoAnswer):
        Bellhop("http://127.0.0.1:9").stats()
