"""Count the words of a text file."""

from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Le

from bellhop import BadInput, Context, job_type


@job_type(label="Word count", accepts=[".txt", ".md"], timeout_s=30)
def word_count(
    file: Path, context: Context, *, minimum: Annotated[int, Ge(1), Le(100)] = 1
) -> dict:
    """Count the words of at least `minimum` letters."""
    words = file.read_text("utf-8", errors="replace").split()
    if not words:
        raise BadInput("The file is empty.", code="empty_file", hint="Choose a file with text.")
    context.progress(50, "Counting")
    return {"words": sum(len(word) >= minimum for word in words)}
