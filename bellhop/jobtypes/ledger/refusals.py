"""What a user is told when a file is no trial balance: code, message, hint.

Any module of the ledger raises a `refusal`, and `several` offers its choices to the page; a file
that cannot be read at all is refused in the words of `reading.refusals`. Must never be used for
what a reader of the result can judge for himself; that is an anomaly or a warning.
"""

from bellhop import BadInput
from bellhop.jobtypes.ledger.cells import normal

MOST_NAMES = 40
# What the page offers to choose from, and the characters of one choice.
MOST_CHOICES, MOST_CHOICE = 200, 60
HINTS = {
    "ambiguous_columns": "Keep one pair of debit and credit columns, or one signed balance.",
    "bad_mapping": "Write a column as `debit = its header` or an account as `1000-1999 = asset`.",
    "not_a_trial_balance": "It needs a column of accounts, and debit and credit columns or one "
    "signed balance.",
}


def refusal(code: str, message: str, hint: str | None = None) -> BadInput:
    """The error to raise; `hint` only where the usual one of the code does not fit."""
    return BadInput(message, code=code, hint=hint or HINTS[code])


def several(what: str, names: list[str], parameter: str) -> BadInput:
    """The error that names the choices, of a long list the first ones and how many more."""
    more = len(names) - MOST_NAMES
    listed = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    text = f"The file contains several {what}: {listed}."
    error = refusal("multiple_periods", text, f"Set `{parameter}` to one of them.")
    choices = [{"text": name, "params": {parameter: name}} for name in names[:MOST_CHOICES]]
    error.data = {"choices": [each for each in choices if len(each["text"]) <= MOST_CHOICE]}
    return error


def asked_for(wanted: str, names: list[str]) -> list[int]:
    """The places of the names that a user asks for: of that name or, if none is, with it in it."""
    plain = [normal(name) for name in names]
    own = normal(wanted)
    equal = [n for n, name in enumerate(plain) if own and name == own]
    return equal or [n for n, name in enumerate(plain) if own and own in name]
