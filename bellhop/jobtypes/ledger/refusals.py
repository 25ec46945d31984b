"""What a user is told when a file cannot be read as a trial balance: code, message, hint.

Any module of the ledger raises a `refusal`. Must never be used for what a reader of the result
can judge for himself; that is an anomaly or a warning.
"""

from bellhop import BadInput

HINTS = {
    "ambiguous_columns": "Keep one pair of debit and credit columns, or one signed balance.",
    "bad_mapping": "Write a column as `debit = its header` or an account as `1000-1999 = asset`.",
    "corrupt_file": "Open the file, save it again and retry.",
    "empty_file": "Choose a file with a trial balance.",
    "missing_extra": "pip install python-calamine==0.9.1",
    "no_text_layer": "Run text recognition (OCR) over it first, or export the trial balance "
    "as CSV or XLSX.",
    "not_a_trial_balance": "It needs a column of accounts, and debit and credit columns or one "
    "signed balance.",
    "password_protected": "Remove the password and upload the file again.",
    "too_large": "Keep only the sheet with the trial balance.",
    "unsupported_type": "Save or export the trial balance as CSV, XLSX or PDF.",
}


def refusal(code: str, message: str, hint: str | None = None) -> BadInput:
    """The error to raise; `hint` only where the usual one of the code does not fit."""
    return BadInput(message, code=code, hint=hint or HINTS[code])


def several(what: str, names: list[str], parameter: str) -> BadInput:
    text = f"The file holds several {what}: {', '.join(names)}."
    return refusal("multiple_periods", text, f"Set `{parameter}` to one of them.")
