"""A login that has begun at a provider: what the browser keeps of it, and what is asked for.

All of it follows from one secret in a cookie, so Bellhop itself keeps nothing until the person
returns: strangers fill no table, a restart loses no login, and each tab has its own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from bellhop.base.times import wall_s

# How long a person may take at the provider, and how many logins of one browser can be under way.
LASTS_S, MOST_FLOWS = 900, 5
COOKIE = "bellhop_login_"
ID_LENGTH = 16
VALUE = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9]{1,12})\.([A-Za-z0-9_=-]{0,2000})")
# A page of ours, which the page of the login reads in the same way; no cookie has room for more.
PAGE = re.compile(r"(?!.{1001})/(?:[a-z]+(?:/[0-9A-Za-z_-]+)?)?(?:\?[!-~]*)?")


@dataclass(frozen=True)
class Flow:
    """`secret` is 256 random bits; `began_s` is when, `next` a page of ours to go to."""

    secret: str
    began_s: int
    next: str

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Of PKCE (RFC 7636): who redeems the code is who asked for it."""
        return self._derived("verifier")

    @property
    def cookie(self) -> tuple[str, str]:
        """The name and the value of the cookie."""
        kept = base64.urlsafe_b64encode(self.next.encode()).decode()
        return name_of(self.state), f"{self.secret}.{self.began_s}.{kept}"

    def asked(self, client_id: str, scopes: tuple[str, ...], redirect_uri: str) -> str:
        """The query with which the browser goes to the provider."""
        challenge = hashlib.sha256(self.verifier.encode()).digest()
        return urlencode(
            {
                "response_type": "code",
                "client_id": client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(dict.fromkeys(("openid", *scopes))),
                "state": self.state,
                "nonce": self.nonce,
                "code_challenge": _text(challenge),
                "code_challenge_method": "S256",
            }
        )

    def _derived(self, purpose: str) -> str:
        return _text(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


def begun(next_page: str) -> Flow:
    """A new login, which leads to a page of ours; to the first one for what is none or too long."""
    page = next_page if PAGE.fullmatch(next_page) else "/"
    return Flow(secrets.token_urlsafe(32), int(wall_s()), page)


def name_of(state: str) -> str:
    """The name of the cookie of the login with this state."""
    return COOKIE + state[:ID_LENGTH]


def returned(state: str, value: str) -> Flow | None:
    """The login that a cookie keeps, when it has this state and is not too old."""
    found = VALUE.fullmatch(value)
    if found is None:
        return None
    try:
        page = base64.urlsafe_b64decode(found[3]).decode()
    except ValueError:
        return None
    flow = Flow(found[1], int(found[2]), page if PAGE.fullmatch(page) else "/")
    is_young = 0 <= wall_s() - flow.began_s <= LASTS_S
    is_same = hmac.compare_digest(flow.state.encode(), state.encode("utf-8", "replace"))
    return flow if is_young and is_same else None


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
