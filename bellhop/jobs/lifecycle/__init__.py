"""The state machine of jobs and items: the only writer of a status.

An item is one of

- `pending`    waits for a time, or for what `waits_for` names: the `step` before it, another
               `job`, or an `equal` item that runs and whose result it will take;
- `queued`     may run now, and waits for a worker;
- `running`    a worker holds it, with a lease; its writes carry (item, attempt, worker);
- `completed`  its result is recorded;
- `failed`     an error is recorded that only a person can change by a retry;
- `cancelled`  a person stopped it; no process of it lives.

An item of a chain has a row for each step; at most one of them is not blocked by an earlier one,
and the item is final when its last step completed or any step ended otherwise.

`moves` is the table of the moves and makes them; who asks for one stands in the other modules:
`accept` (whoever accepts a job), `claims` and `ends` (a worker), `upkeep` (the keeper), `wishes`
(people).
Every function below makes its own transaction, or works in one that its caller has opened, and may
be called from any process.
"""

from bellhop.jobs.lifecycle.accept import KeyIsTaken, add_own, submit
from bellhop.jobs.lifecycle.attributes import hand_over, hold_bytes
from bellhop.jobs.lifecycle.claims import (
    LEASE_S,
    Claim,
    Due,
    cancel_asked,
    due,
    held_by,
    progress,
    queues_with_items,
    read_due,
    renew,
    stay_wanted,
    take,
)
from bellhop.jobs.lifecycle.deliveries import of_missed
from bellhop.jobs.lifecycle.ends import (
    Completion,
    cancel,
    complete_all,
    crash,
    fail,
    fail_attempt,
    give_back,
    interrupt,
    recording,
    try_again,
)
from bellhop.jobs.lifecycle.moves import MOVES
from bellhop.jobs.lifecycle.queuing import queued
from bellhop.jobs.lifecycle.rows import UnknownJobs, touch
from bellhop.jobs.lifecycle.upkeep import (
    adopt,
    adopt_silent,
    cancel_hopeless,
    expire,
    follow_clock,
    forget_old,
    release_due,
    settle_copy,
    shorten_waits,
    sign_off,
)
from bellhop.jobs.lifecycle.wishes import (
    ask_cancel,
    give_up,
    hurry,
    keep,
    move_to_front,
    purge,
    retry,
    set_priority,
)

__all__ = [
    "LEASE_S", "MOVES", "Claim", "Completion", "Due", "KeyIsTaken", "UnknownJobs", "add_own",
    "adopt", "adopt_silent", "ask_cancel", "cancel", "cancel_asked", "cancel_hopeless",
    "complete_all", "crash", "due", "expire", "fail", "fail_attempt", "follow_clock", "forget_old",
    "give_back", "give_up", "hand_over", "held_by", "hold_bytes", "hurry", "interrupt", "keep",
    "move_to_front", "of_missed", "progress", "purge", "queued", "queues_with_items", "read_due",
    "recording", "release_due", "renew", "retry", "set_priority", "settle_copy", "shorten_waits",
    "sign_off", "stay_wanted", "submit", "take", "touch", "try_again",
]  # fmt: skip
