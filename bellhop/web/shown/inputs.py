"""What an item was given, as one file: an upload, or a text or data that was sent in JSON."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from typing import Any

from bellhop.base import addresses
from bellhop.base.documents import Unreadable, stored
from bellhop.storage.files import Files
from bellhop.storage.models import Item, Job
from bellhop.stores.contents import Opened


@dataclass(frozen=True)
class Given:
    """`upload` is the stored name of a file; without one, `content` is all of it."""

    filename: str
    upload: str | None = None
    content: bytes = b""

    def size(self, files: Files, job_id: str) -> int:
        """In bytes; raises FileNotFoundError once the uploads are gone."""
        if self.upload is None:
            return len(self.content)
        return files.upload_size(job_id, self.upload)

    def open(self, files: Files, job_id: str) -> Opened:
        """Raises FileNotFoundError once the uploads are gone."""
        if self.upload is not None:
            return files.open_upload(job_id, self.upload)
        with tempfile.TemporaryFile(dir=files.spool) as file:
            file.write(self.content)
            file.flush()
            return os.dup(file.fileno())


def given(item: Item) -> Given | None:
    """What the first step of an item was given; None for a URL, nothing, or several files.

    Raises Unreadable.
    """
    found = stored(item.input, dict, "item", item.id, "input")
    if "file" in found:
        return Given(item.filename.rpartition("/")[2], upload=str(found["file"]))
    if "text" in found:
        return Given("text.txt", content=str(found["text"]).encode("utf-8", "replace"))
    if "data" in found:
        text = json.dumps(found["data"], ensure_ascii=False, indent=2)
        return Given("data.json", content=text.encode("utf-8", "replace"))
    return None


def view(files: Files, job: Job, item: Item) -> dict[str, Any] | None:
    """The input of an item as the API shows it; None where there is none, or none any more."""
    try:
        if found := given(item):
            size = found.size(files, job.job_id)
            url = f"{addresses.of_job(job.job_id)}/items/{item.item_index}/input"
            return {"filename": found.filename, "size": size, "url": url}
    except (Unreadable, OSError):
        pass
    return None
