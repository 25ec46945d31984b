"""A login at a provider of OpenID Connect, from its answer to an account here.

An account belongs to whom the provider calls by one subject, which it never gives to anybody else.
The name is only what the account is called: who takes another's name there gets nothing of them
here, and an account that was here before is nobody's there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from bellhop.accounts import accounts, audit
from bellhop.accounts.access import LOCAL
from bellhop.base.times import timestamp
from bellhop.database.database import query
from bellhop.jobs import lifecycle
from bellhop.settings.sections import Oidc, Sso
from bellhop.sso import admission
from bellhop.sso.admission import NotAdmitted
from bellhop.sso.flow import Flow
from bellhop.sso.provider import Mistaken, Provider

BY = "provider"
OF_SUBJECT = "SELECT account FROM sso_identity WHERE issuer = :issuer AND subject = :subject"
BIND = """
    INSERT INTO sso_identity (issuer, subject, account, created_at)
    VALUES (:issuer, :subject, :account, :now)"""


@dataclass(frozen=True)
class Person:
    """Whom a provider has logged in; `name` is what it calls them now."""

    issuer: str
    subject: str
    name: str
    groups: frozenset[str]

    @property
    def bound(self) -> dict[str, str]:
        return {"issuer": self.issuer, "subject": self.subject}


def require_provider(oidc: Oidc) -> None:
    """Raise StartRefused where there is a provider, and no package that reads its ID tokens."""
    if oidc.issuer:
        from bellhop.sso import idtoken  # noqa: F401


def person(provider: Provider, oidc: Oidc, flow: Flow, code: str, redirect_uri: str) -> Person:
    """Who has come back with a code. Raises Away, Mistaken, NotAdmitted."""
    tokens = provider.redeem(code, flow.verifier, redirect_uri)
    claims = _claims(provider, oidc, flow, tokens)
    _require_domain(oidc, claims)
    name = claims.get(oidc.name_claim)
    if not isinstance(name, str) or (oidc.name_claim == "email" and not _is_verified(claims)):
        raise NotAdmitted("name")
    groups = claims.get(oidc.groups_claim, [])
    listed = groups if isinstance(groups, list) else [groups]
    named = frozenset(group for group in listed if isinstance(group, str))
    return Person(provider.metadata().issuer, claims["sub"], name, named)


def account_of(sso: Sso, person: Person, address: str) -> str:
    """The account of this person, which is added at their first login. Raises NotAdmitted."""
    rows = query(OF_SUBJECT, person.bound)
    name = rows[0][0] if rows else account_name(person.name)
    if not rows and accounts.exists(name):
        raise NotAdmitted("taken")
    admitted = admission.judged(sso, name, person.groups)
    if rows:
        if not admitted.is_settled:
            admission.settle(admitted, BY, address)
        return name
    try:
        with audit.noted(BY, address, f"add account ({admitted.role})", name):
            if accounts.add(name, admitted.role, None):
                lifecycle.hand_over(LOCAL, name)
            query(BIND, {**person.bound, "account": name, "now": timestamp()})
    except accounts.Refused:  # another request was the first to add it
        if query(OF_SUBJECT, person.bound) != [(name,)]:
            raise NotAdmitted("taken") from None
    return name


def account_name(given: str) -> str:
    """A name in the form of those of accounts: Zoë Müller is zoe-muller. Raises NotAdmitted.

    Two people may get the same one, of whom the second is not let in by it.
    """
    plain = unicodedata.normalize("NFKD", given).encode("ascii", "ignore").decode().lower()
    return admission.account_name(re.sub(r"[^a-z0-9._@-]+", "-", plain).strip("-._@")[:64])


def _claims(provider: Provider, oidc: Oidc, flow: Flow, tokens: dict[str, Any]) -> dict[str, Any]:
    """What the ID token says, and what the provider adds to it when it is asked."""
    from bellhop.sso import idtoken  # an extra

    token, access_token = tokens.get("id_token"), tokens.get("access_token")
    if not isinstance(token, str):
        raise Mistaken("its answer has no ID token")
    expected = idtoken.Expected(provider.metadata().issuer, oidc.client_id, flow.nonce)
    try:
        claims = idtoken.claims_of(token, provider.keys(), expected)
    except idtoken.UnknownKey:
        claims = idtoken.claims_of(token, provider.keys(anew=True), expected)
    wanted = {oidc.name_claim, oidc.groups_claim, *(["email"] if oidc.domains else [])}
    if wanted <= claims.keys() or not isinstance(access_token, str):
        return claims
    more = provider.about(access_token)
    if more and more.get("sub") != claims["sub"]:
        raise Mistaken("its answer is about somebody else than the ID token")
    return {**more, **claims}


def _is_verified(claims: dict[str, Any]) -> bool:
    return claims.get("email_verified") is True


def _require_domain(oidc: Oidc, claims: dict[str, Any]) -> None:
    """Refuse whose e-mail address is in none of the domains, or may not be theirs."""
    email = claims.get("email")
    domain = email.rpartition("@")[2].lower() if isinstance(email, str) else ""
    if oidc.domains and not (domain in oidc.domains and _is_verified(claims)):
        raise NotAdmitted("email")
