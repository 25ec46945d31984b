"""PDF documents, opened by PDFium (pypdfium2)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bellhop import BadInput

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
            raise BadInput(
                "The PDF is protected by a password.",
                code="password_protected",
                hint="Remove the password and send the file again.",
            ) from error
        raise BadInput(
            "The PDF is damaged and cannot be opened.",
            code="corrupt_file",
            hint="Print or export it to a new PDF and retry.",
        ) from error
    with contextlib.closing(document):
        if len(document) > MAX_PAGES:
            raise BadInput(
                f"The PDF has {len(document):,} pages; the limit is {MAX_PAGES:,}.",
                code="too_large",
                hint="Split it and send the parts.",
            )
        yield document
