"""PDF documents, opened by PDFium (pypdfium2)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bellhop.jobtypes.reading.refusals import corrupt_file, password_protected, too_large

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MAX_PAGES = 2000


@contextlib.contextmanager
def open_pdf(file: Path) -> Iterator[PdfDocument]:
    """The document in `file`, closed afterwards.

    Raises BadInput: password_protected, corrupt_file, too_large.
    """
    import pypdfium2  # late: what reads no PDF does without it

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise password_protected("PDF") from error
        raise corrupt_file(
            "The PDF is damaged and cannot be opened.",
            "Print or export it to a new PDF and retry.",
        ) from error
    with contextlib.closing(document):
        if len(document) > MAX_PAGES:
            raise too_large(f"The PDF has {len(document):,} pages; the limit is {MAX_PAGES:,}.")
        yield document
