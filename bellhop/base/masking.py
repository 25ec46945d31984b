"""Secrets are masked in whatever comes back from where they were needed.

A job type gets the secrets it declared, and may print them, fail with them or return them by
mistake. Bellhop knows them, so none of it is written down as it is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "•••"
# What is shorter stands in too many words that are no secret.
LEAST_LENGTH = 6


class Mask:
    """Replaces some secrets, however they are usually written; without any it costs nothing."""

    def __init__(self, secrets: Iterable[str | None]):
        known = {secret for secret in secrets if secret and len(secret) >= LEAST_LENGTH}
        forms = {form for secret in known for form in _forms(secret)}
        # The longest first: one form may begin another.
        self._forms = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, self._forms))) if forms else None

    @classmethod
    def of_type(cls, declared: Mapping[str, str], given: Mapping[str, str | None]) -> Mask:
        """Of the settings that a job type is `given`, those that it `declared` as secret."""
        return cls(value for name, value in given.items() if declared[name] == "secret")

    def hits(self, text: str) -> bool:
        """Whether a secret stands in a text."""
        return any(form in text for form in self._forms)

    def text(self, text: str) -> str:
        return self._pattern.sub(MARK, text) if self._pattern and self.hits(text) else text

    def within(self, document: Any) -> Any:
        """A JSON document with each of its texts masked."""
        if not self._forms:
            return document
        if isinstance(document, str):
            return self.text(document)
        if isinstance(document, list):
            return [self.within(each) for each in document]
        if isinstance(document, dict):
            return {self.text(name): self.within(value) for name, value in document.items()}
        return document

    def json(self, text: str) -> str:
        """The same of JSON text; it stays JSON."""
        if not self.hits(text):
            return text
        return json.dumps(self.within(json.loads(text)), ensure_ascii=False)

    def stream(self, write: Callable[[bytes], None]) -> Masked:
        """What masks a stream of bytes on its way to `write`."""
        return Masked(write, [form.encode() for form in self._forms])


class Masked:
    """A stream that is masked: what may be the beginning of a secret waits for what follows."""

    def __init__(self, write: Callable[[bytes], None], forms: list[bytes]):
        self._write, self._forms = write, forms
        self._pattern = re.compile(b"|".join(map(re.escape, forms))) if forms else None
        self._held = b""

    def write(self, chunk: bytes) -> None:
        if self._pattern is None:
            return self._write(chunk)
        text = self._pattern.sub(MARK.encode(), self._held + chunk)
        most = min(len(text), max(map(len, self._forms)) - 1)
        tails = (text[len(text) - size :] for size in range(most, 0, -1))
        is_begun = (t for t in tails if any(form.startswith(t) for form in self._forms))
        self._held = next(is_begun, b"")
        if told := text[: len(text) - len(self._held)]:
            self._write(told)

    def close(self) -> None:
        """Write what has waited: nothing follows it."""
        if self._held:
            self._write(self._held)
            self._held = b""


def _forms(secret: str) -> set[str]:
    """A secret as it is, in JSON, in a URL, and as base64."""
    raw = secret.encode("utf-8", "surrogatepass")
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        *encoded,
        *(text.rstrip("=") for text in encoded),
    }
