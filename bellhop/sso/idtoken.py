"""ID tokens: who signed one, and whether it is about a login here.

The only module that knows joserfc, which is an extra (`requirements-sso.txt`).
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass
from typing import Any

from bellhop.base import documents
from bellhop.base.errors import StartRefused
from bellhop.base.program import pip_line
from bellhop.base.times import wall_s
from bellhop.sso.provider import Mistaken

try:
    import joserfc.errors
except ImportError:
    raise StartRefused(
        f"[oidc] issuer needs joserfc, which is not installed: {pip_line('sso')}"
    ) from None
from joserfc import jwt
from joserfc.jwk import JWKRegistry

# Signatures with a key pair: nobody but the provider can make one.
ALGORITHMS = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519",
    "EdDSA",
]  # fmt: skip
KEY_TYPES = ("RSA", "EC", "OKP")
# How far the clocks of two machines may be apart, and how old a token may be that was just made.
SKEW_S, OLDEST_S = 120, 900
MOST_KEYS, MOST_BYTES, MOST_SUBJECT = 20, 64 * 1024, 255


class UnknownKey(Mistaken):
    """The provider has signed with a key that is not among these; perhaps it has new ones."""


@dataclass(frozen=True)
class Expected:
    """What a token of one login has to say."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(token: str, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """What the token says. Raises Mistaken."""
    if len(token) > MOST_BYTES:
        raise Mistaken("the ID token is too long")
    claims = _signed(token, keys)
    _check(claims, expected)
    _check_times(claims)
    return claims


def _signed(token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    """The claims, signed by one of the keys."""
    algorithm, kid = _header(token)
    usable = [key for key in keys[:MOST_KEYS] if _is_usable(key, kid, algorithm)]
    for key in usable:
        try:
            return jwt.decode(token, JWKRegistry.import_key(key), algorithms=ALGORITHMS).claims
        except (joserfc.errors.JoseError, ValueError, TypeError):
            continue
    raise UnknownKey("the ID token is not signed with a key of the provider")


def _header(token: str) -> tuple[str, object]:
    """The algorithm of the signature, which is one of ours, and the id of the key."""
    part = token.partition(".")[0]
    try:
        header = documents.parsed(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise Mistaken("the ID token cannot be read")
    if (algorithm := header.get("alg")) not in ALGORITHMS:
        raise Mistaken(f"the ID token is signed with {str(algorithm)[:20]!r}, not with a key")
    return algorithm, header.get("kid")


def _is_usable(key: dict[str, Any], kid: object, algorithm: str) -> bool:
    """Whether the provider may sign with this key, and says so of this token."""
    is_named = kid is None or key.get("kid") in (None, kid)
    is_for_it = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    return is_named and is_for_it and key.get("kty") in KEY_TYPES


def _check(claims: dict[str, Any], expected: Expected) -> None:
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != expected.issuer:
        raise Mistaken("the ID token is of another issuer")
    if expected.client_id not in meant:
        raise Mistaken("the ID token is for another client")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise Mistaken("the ID token was made for another client")
    if len(meant) > 1 and "azp" not in claims:
        raise Mistaken("the ID token is for several clients and does not say for which")
    nonce = str(claims.get("nonce", ""))
    if not hmac.compare_digest(nonce.encode("utf-8", "replace"), expected.nonce.encode()):
        raise Mistaken("the ID token is of another login")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT:
        raise Mistaken("the ID token names nobody")


def _check_times(claims: dict[str, Any]) -> None:
    now = wall_s()
    times: dict[str, Any] = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if "exp" not in times or "iat" not in times:
        raise Mistaken("the ID token does not say how long it is valid")
    if any(type(at) not in (int, float) for at in times.values()):
        raise Mistaken("the ID token has a time that is not a number")
    if now > times["exp"] + SKEW_S or now > times["iat"] + OLDEST_S:
        raise Mistaken("the ID token is over by the clock of this machine", is_clock=True)
    if now < max(times["iat"], times.get("nbf", 0)) - SKEW_S:
        raise Mistaken("the ID token is from later than the clock here", is_clock=True)
