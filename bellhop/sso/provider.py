"""What a provider of OpenID Connect says: where it is asked what, its keys, who somebody is.

Each question has a time and a size, and few are asked at once: a provider that is slow or away
holds up the logins alone.
"""

from __future__ import annotations

import base64
import contextlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from bellhop.base import documents, identity
from bellhop.settings.sections import Oidc

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

CONNECT_S, ANSWER_S = 3.0, 8.0
MOST_ANSWER_BYTES, PIECE_BYTES = 1024 * 1024, 64 * 1024
# What the provider says of itself is asked for again after the first, its keys also when one is
# unknown, but no sooner than after the second.
KEPT_S, KEYS_AGAIN_S = 3600.0, 30.0
# Requests of Bellhop that wait for the provider, and those that wait for their turn; each holds one
# of the few threads of the web.
MOST_AT_ONCE, MOST_WAITING = 2, 2
WELL_KNOWN = "/.well-known/openid-configuration"


class Away(Exception):
    """The provider cannot be asked now."""


class Mistaken(Exception):
    """The provider says something that it should not, or refuses what the settings say.

    `is_clock`: by the clock here, what it says is not valid now.
    """

    def __init__(self, why: str, *, is_clock: bool = False):
        super().__init__(why)
        self.is_clock = is_clock


class Rejected(Mistaken):
    """A code that the provider takes no more, or never gave to this login."""


@dataclass(frozen=True)
class Metadata:
    """Where a provider is asked what."""

    issuer: str
    authorization: str
    token: str
    keys: str
    userinfo: str | None
    takes_secret_in_body: bool
    names_itself: bool


class Provider:
    """The provider of the settings; what it says is kept for a while."""

    def __init__(self, oidc: Oidc):
        import urllib3  # more than a megabyte, and few have a provider

        self._oidc = oidc
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE + MOST_WAITING)
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_S, read=CONNECT_S), retries=False, maxsize=2
        )

    def metadata(self) -> Metadata:
        """Raises Away, Mistaken."""
        with self._lock:
            known = self._metadata
        if known is None or time.monotonic() - known[0] > KEPT_S:
            said = self._ask("GET", self._oidc.issuer.rstrip("/") + WELL_KNOWN)
            known = time.monotonic(), _metadata(self._oidc.issuer, said)
            with self._lock:
                self._metadata = known
        return known[1]

    def keys(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """Its public keys; `anew`: one that signed is not among those that it had a while ago."""
        with self._lock:
            known = self._keys
        age_s = time.monotonic() - known[0] if known else KEPT_S
        if known is None or age_s >= (KEYS_AGAIN_S if anew else KEPT_S):
            found = self._ask("GET", self.metadata().keys).get("keys")
            if not isinstance(found, list):
                raise Mistaken("its list of keys is none")
            known = time.monotonic(), [key for key in found if isinstance(key, dict)]
            with self._lock:
                self._keys = known
        return known[1]

    def redeem(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The tokens for a code (RFC 6749, 4.1.3)."""
        metadata = self.metadata()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "client_id": self._oidc.client_id,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._oidc.client_secret and metadata.takes_secret_in_body:
            fields["client_secret"] = self._oidc.client_secret
        elif self._oidc.client_secret:
            # RFC 6749, 2.3.1: both are encoded as in a form first.
            pair = f"{quote(self._oidc.client_id, '')}:{quote(self._oidc.client_secret, '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self._ask("POST", metadata.token, headers, urlencode(fields))

    def about(self, access_token: str) -> dict[str, Any]:
        """What it says of whom the token is about, beside the ID token; nothing where it cannot."""
        address = self.metadata().userinfo
        if address is None or not access_token.isascii() or not access_token.isprintable():
            return {}
        return self._ask("GET", address, {"Authorization": f"Bearer {access_token}"})

    def _ask(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: str | None = None
    ) -> dict[str, Any]:
        """The JSON object that it answers with. Raises Away, Mistaken."""
        from urllib3.exceptions import HTTPError

        if not self._places.acquire(blocking=False):
            raise Away("others wait for its answers already")
        sent = {"Accept": "application/json", **(headers or {})}
        try:
            with self._turns:
                response = self._pool.request(
                    method, url, body=body, headers=sent, redirect=False, preload_content=False
                )
                with contextlib.closing(response):
                    return _answer(url, response.status, _read(response))
        except (HTTPError, OSError) as error:
            raise Away(f"{url}: {type(error).__name__}") from None
        finally:
            self._places.release()


def _read(response: BaseHTTPResponse) -> bytes:
    """All of a short answer, in time."""
    until, read = time.monotonic() + ANSWER_S, b""
    while piece := response.read1(PIECE_BYTES):
        read += piece
        if len(read) > MOST_ANSWER_BYTES:
            raise Mistaken(f"its answer has more than {MOST_ANSWER_BYTES >> 20} MiB")
        if time.monotonic() > until:
            raise Away(f"its answer takes more than {ANSWER_S:g} s")
    return read


def _answer(url: str, status: int, body: bytes) -> dict[str, Any]:
    try:
        said = documents.parsed(body)
    except ValueError:
        said = None
    if status >= 500 or status == 429:
        raise Away(f"{url} answers {status}")
    if status != 200:
        error = said.get("error") if isinstance(said, dict) else None
        kind = Rejected if error == "invalid_grant" else Mistaken
        raise kind(f"{url} answers {status} {word(error)}".strip())
    if not isinstance(said, dict):
        raise Mistaken(f"{url} does not answer with a JSON object")
    return said


def word(error: object) -> str:
    """The code of an error (RFC 6749, 5.2), which is one word; nothing for anything else."""
    is_word = isinstance(error, str) and error.replace("_", "").isalnum() and len(error) <= 60
    return str(error) if is_word and str(error).isascii() else ""


def _metadata(issuer: str, said: dict[str, Any]) -> Metadata:
    """OpenID Connect Discovery 1.0, 3: only an issuer that names itself so is meant."""
    named = said.get("issuer")
    if not isinstance(named, str) or named.rstrip("/") != issuer.rstrip("/"):
        raise Mistaken(f"it calls itself {str(named)[:200]!r}, and not {issuer!r}")
    methods = said.get("token_endpoint_auth_methods_supported")
    has_methods = isinstance(methods, list) and bool(methods)
    return Metadata(
        issuer=named,
        authorization=_address(said, "authorization_endpoint"),
        token=_address(said, "token_endpoint"),
        keys=_address(said, "jwks_uri"),
        userinfo=_address(said, "userinfo_endpoint") if said.get("userinfo_endpoint") else None,
        takes_secret_in_body=has_methods and "client_secret_basic" not in (methods or ()),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _address(said: dict[str, Any], name: str) -> str:
    """An address of the provider, over TLS as the provider itself."""
    given = said.get(name)
    try:
        return identity.address(given if isinstance(given, str) else "")
    except ValueError:
        raise Mistaken(f"its {name} is not an https address") from None
