"""Why a file cannot be read, in words for the one who sent it.

The readers and the job types raise what these functions return, so that the same trouble has the
same code and the same words in each of them. What only one of them refuses is not here.
"""

from __future__ import annotations

from bellhop import BadInput

SAVE_AGAIN = "Open the file, save it again and retry."
# Of what a library says about a damaged file.
MOST_REASON = 200


def empty_file(
    message: str = "The file is empty.", hint: str = "Choose a file with content."
) -> BadInput:
    return BadInput(message, code="empty_file", hint=hint)


def unsupported_type(what: str, hint: str) -> BadInput:
    """`what` is the kind of the file with its article, such as those of `kinds.NAMES`."""
    return BadInput(
        f"This is {what}, which this job type does not accept.", code="unsupported_type", hint=hint
    )


def password_protected(what: str = "file") -> BadInput:
    return BadInput(
        f"The {what} is protected by a password.",
        code="password_protected",
        hint="Remove the password and send the file again.",
    )


def damaged(why: object) -> BadInput:
    """`why` is what the library says about it."""
    return corrupt_file(f"The file is damaged ({str(why)[:MOST_REASON]}).")


def corrupt_file(message: str, hint: str = SAVE_AGAIN) -> BadInput:
    return BadInput(message, code="corrupt_file", hint=hint)


def too_large(message: str, hint: str = "Split it and send the parts.") -> BadInput:
    return BadInput(message, code="too_large", hint=hint)


def no_text_layer(hint: str = "Run it through text recognition (OCR) first.") -> BadInput:
    return BadInput(
        "The PDF contains pictures of pages and no text.", code="no_text_layer", hint=hint
    )


def missing_extra(message: str, hint: str | None = None, *, extra: str | None = None) -> BadInput:
    """`extra` is the one that would help; Bellhop says how to install it, where `hint` does not."""
    return BadInput(message, code="missing_extra", hint=hint, extra=extra)
