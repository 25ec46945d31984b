"""Job types that do nothing, so that what is measured is Bellhop and not their work."""

from pathlib import Path

from bellhop import Context, job_type


@job_type(label="No-op", queue="parsing", cache=False)
def noop(text: str, context: Context) -> dict[str, str]:
    """Give back the text."""
    return {"text": text}


@job_type(label="Keep", queue="parsing", cache=False)
def keep(file: Path, context: Context) -> dict[str, int]:
    """Take a file of any size without reading it."""
    return {"size": file.stat().st_size}
