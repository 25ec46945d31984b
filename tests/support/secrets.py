"""Secrets that the tests hide, and where they are found."""

from __future__ import annotations

from pathlib import Path

from bellhop.base.masking import Mask

# With what is written otherwise in JSON, in a URL, and in base64.
SECRET = 'pa"ss/wörd+=~ 42'
HIDDEN = "hidden-in-the-environment-42"


def traces_of(secret: str, folder: Path) -> list[Path]:
    """Files that hold the secret, however it is written."""
    mask = Mask([secret])
    return [
        path
        for path in folder.rglob("*")
        if (path.is_file() and mask.hits(path.read_bytes().decode("utf-8", "replace")))
        or mask.hits(path.name)
    ]  # fmt: skip
