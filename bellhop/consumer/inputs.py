"""The files that an item was given, as copies for its job process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bellhop.base.errors import ItemError, item_error
from bellhop.functions.signature import FILES
from bellhop.jobs import items
from bellhop.jobs.lifecycle import Claim
from bellhop.storage.files import Files, Scratch


class NotGiven(Exception):
    """An item cannot have what it was given; `error` is what it ends with."""

    def __init__(self, error: ItemError):
        super().__init__(error.message)
        self.error = error


def given(
    files: Files, claim: Claim, scratch: Scratch, on_chunk: Callable[[], object]
) -> tuple[Any, dict[str, Any]]:
    """What an item is given: of files, the paths of copies; and of those beside, by parameter.

    Where others reach the files too, they must be those that were accepted; NotGiven if they are
    not, or gone. `on_chunk` is called now and then.
    """
    (kind, value), *_ = claim.input.items()
    hashes: dict[str, str] = {}

    def taken(stored: Any) -> Any:
        if isinstance(stored, list):
            return [taken(name) for name in stored]
        path, sha256 = _taken(files, claim, stored, scratch, on_chunk)
        hashes.update({stored: sha256} if sha256 else {})
        return str(path)

    main = taken(value) if kind in FILES else value
    beside = {name: taken(stored) for name, stored in claim.input.get("beside", {}).items()}
    if hashes and claim.sha256 and items.sha256_of(claim.input, hashes) != claim.sha256:
        raise NotGiven(item_error("input_damaged"))
    return main, beside


def _taken(
    files: Files, claim: Claim, stored: str, scratch: Scratch, on_chunk: Callable[[], object]
) -> tuple[Path, str | None]:
    try:
        return files.give(scratch, claim.job_id, stored, on_chunk)
    except FileNotFoundError:
        if stored in files.upload_sizes(claim.job_id):
            raise  # something else is missing
        raise NotGiven(item_error("input_missing", name=stored)) from None
