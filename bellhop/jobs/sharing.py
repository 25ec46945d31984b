"""To whom a job is shown beside its owner, which is no state of it."""

from __future__ import annotations

from bellhop.database.database import database, query
from bellhop.jobs import lifecycle

SHOW = "INSERT INTO share (account, job) VALUES (:account, :job) ON CONFLICT DO NOTHING"
HIDE = "DELETE FROM share WHERE account = :account AND job = :job"
SHARES = "SELECT account FROM share WHERE job = :job ORDER BY account"


def share(job: int, account: str, *, is_shown: bool) -> None:
    """Show a job to an account beside its owner, or no more."""
    with database.atomic():
        query(SHOW if is_shown else HIDE, {"job": job, "account": account})
        lifecycle.touch(job)


def shares(job: int) -> list[str]:
    """The accounts that a job is shown to beside its owner."""
    return [name for (name,) in query(SHARES, {"job": job})]
