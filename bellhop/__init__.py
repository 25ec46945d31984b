"""Bellhop: background jobs for small teams. Here are the words that a job type is written with."""

from bellhop.words import (
    BadInput,
    Context,
    Markdown,
    Secret,
    Table,
    Text,
    TryAgain,
    Unavailable,
    Url,
    job_type,
)

__all__ = [
    "BadInput", "Context", "Markdown", "Secret", "Table", "Text", "TryAgain", "Unavailable", "Url",
    "job_type",
]  # fmt: skip
__version__ = "0.2.0"
