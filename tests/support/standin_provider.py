"""A stand-in for a provider of OpenID Connect, which can be wrong in every way."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "bellhop", "the secret of the client"
Claims = dict[str, Any]


class StandIn:
    """It knows nobody: whom it logs in, a test says."""

    def __init__(self) -> None:
        self.keys: list[Any] = [new_key()]
        # What it answers at a path instead: status and body, or what to do with the handler.
        self.instead: dict[str, tuple[int, bytes] | Callable[[Any], None]] = {}
        self.metadata: Claims = {}
        self.about: Claims = {}
        # What becomes of the claims, and how they are signed.
        self.change: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.asked: list[str] = []
        self._codes: dict[str, tuple[str, Claims]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def consent(self, location: str, sub: str = "s1", **claims: Any) -> str:
        """Log somebody in who was led here: the address that they are sent back to."""
        asked = dict(parse_qsl(urlsplit(location).query))
        code, now = secrets.token_hex(8), int(time.time())
        told = {
            "iss": self.url, "aud": CLIENT, "sub": sub, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"], "preferred_username": "vera", "groups": [], **claims,
        }  # fmt: skip
        self._codes[code] = asked["code_challenge"], told
        back = {"code": code, "state": asked["state"], "iss": self.url}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def signed(self, claims: Claims, **header: Any) -> str:
        key = self.keys[-1]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        header = {"alg": algorithm, "kid": key.kid, **header}
        return jwt.encode(header, claims, key, algorithms=[header["alg"]])

    def answer(self, path: str, sent: dict[str, str], authorization: str) -> tuple[int, Claims]:
        url = self.url
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": url, "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token", "jwks_uri": f"{url}/keys",
                "userinfo_endpoint": f"{url}/about", **self.metadata,
            }  # fmt: skip
        if path == "/keys":
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/about":
            return 200, self.about
        pair = base64.b64encode(f"{CLIENT}:{SECRET.replace(' ', '%20')}".encode()).decode()
        if authorization != f"Basic {pair}":
            return 401, {"error": "invalid_client"}
        challenge, claims = self._codes.pop(sent["code"], ("", {}))
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        if challenge != base64.urlsafe_b64encode(digest).rstrip(b"=").decode():
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "a", "id_token": self.sign(self.change(claims))}


def new_key() -> Any:
    """A pair of keys with an id; of a curve, which takes no time to make."""
    return ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)


def new_rsa_key() -> Any:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def standing_in() -> Iterator[StandIn]:
    found = StandIn()
    yield found
    found.close()


def _handler(standin: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            standin.asked.append(self.path)
            length = int(self.headers.get("Content-Length", 0))
            sent = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
            instead = standin.instead.get(self.path)
            if callable(instead):
                instead(self)
                return
            if instead is not None:
                status, body = instead
            else:
                given = self.headers.get("Authorization", "")
                status, document = standin.answer(self.path, sent, given)
                body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

    return Handler
