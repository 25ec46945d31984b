"""Job types of the recording that fail; they import as job types did at first."""

# mypy: disable-error-code="import-not-found, untyped-decorator"

from jobtypes import BadInput, Context, TryAgain, job_type


@job_type(label="Picky", delays_s=[])
def picky(text: str, context: Context) -> dict:
    """Refuse a text that is bad, and the first attempt at one that is new."""
    if text == "bad" or (text == "new" and context.attempt == 1):
        raise BadInput(f"This is no good: {text}", code="no_good", hint="Try another.")
    return {"text": text}


@job_type(label="Mistake", delays_s=[0])
def mistake(text: str, context: Context) -> dict:
    """Raise what nobody expects, each time."""
    print("about to fail")
    raise ValueError(f"no {text}")


@job_type(label="Later")
def later(text: str, context: Context, *, after_s: float = 3600) -> dict:
    """Ask once to be tried again, in an hour if it is not said otherwise."""
    if context.attempt == 1:
        raise TryAgain(after_s, "the server is busy")
    return {"text": text}


@job_type(label="Needs", requires={"no_such_module": "cog"})
def needs(text: str, context: Context) -> dict:
    """Miss a library."""
    return {}
