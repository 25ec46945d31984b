"""A job type whose library is not there."""

from bellhop import Context, job_type


@job_type(label="Needs", requires={"no_such_module": "cog"})
def needs_extra(text: str, context: Context) -> dict:
    return {}


@job_type(label="Elsewhere", queue="elsewhere")
def elsewhere(text: str, context: Context) -> dict:
    return {}
