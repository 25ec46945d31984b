"""What errors say to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from bellhop.base.errors import said_of


def test_it_says_of_which_file_an_error_is() -> None:
    with pytest.raises(OSError) as found:
        Path("/nowhere/x").read_text()
    assert said_of(found.value) == "/nowhere/x: No such file or directory"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileExistsError("x already exists"), "x already exists"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_it_says_something_of_an_error_without_a_file(error: OSError, said: str) -> None:
    assert said_of(error) == said
