"""What stands on the pages of docs/ to be typed or copied, which tests run as it is."""

from __future__ import annotations

import re


def blocks(text: str, language: str = "") -> list[str]:
    """The blocks of a language, each without its last newline; of none: the lines to type."""
    found = re.findall(r"^```(\w*)\n(.*?)\n```$", text, re.M | re.S)
    return [block for its_language, block in found if its_language == language]
