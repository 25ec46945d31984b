"""The tables of bellhop.db about accounts, and the class that every table is of; see models.py."""

from __future__ import annotations

from peewee import (
    AutoField,
    BooleanField,
    CompositeKey,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

from bellhop.database.database import database


class Table(Model):
    class Meta:
        database = database
        legacy_table_names = False


class Account(Table):
    """Who may log in."""

    name = TextField(primary_key=True)
    role = TextField()
    password = TextField(null=True)
    is_disabled = BooleanField(default=False)
    created_at = TextField()


class Session(Table):
    """A browser that is logged in, known by the SHA-256 of its secret."""

    id = AutoField()
    hash = TextField(unique=True)
    account = ForeignKeyField(Account, column_name="account", on_delete="CASCADE")
    address = TextField()
    agent = TextField()
    created_at = TextField()
    used_at = TextField()


class Token(Table):
    """What a program logs in with, known by its SHA-256."""

    id = AutoField()
    hash = TextField(unique=True)
    account = ForeignKeyField(Account, column_name="account", on_delete="CASCADE")
    name = TextField()
    scope = TextField()
    created_at = TextField()
    expires_at = TextField(null=True)
    used_at = TextField(null=True)


class KnownBrowser(Table):
    """A browser that logged in to an account before, known by the SHA-256 of its cookie."""

    id = AutoField()
    hash = TextField(unique=True)
    account = ForeignKeyField(Account, column_name="account", on_delete="CASCADE")
    network = TextField()
    used_at = TextField()


class OneTimeLink(Table):
    """A link with which somebody comes in once, known by the SHA-256 of its secret."""

    id = AutoField()
    hash = TextField(unique=True)
    kind = TextField()
    account = TextField()
    role = TextField()
    made_by = TextField()
    created_at = TextField()
    expires_at = TextField()
    used_at = TextField(null=True)
    revoked_at = TextField(null=True)


class Totp(Table):
    """The second factor of an account; it counts from `confirmed_at` on."""

    account = TextField(primary_key=True)
    secret = TextField()
    last_step = IntegerField(default=0)
    confirmed_at = TextField(null=True)


class RecoveryCode(Table):
    """What is accepted once in place of a code of the second factor, known by its SHA-256."""

    hash = TextField(primary_key=True)
    account = TextField()


class SsoIdentity(Table):
    """Whom a provider logs in to an account."""

    issuer = TextField()
    subject = TextField()
    account = ForeignKeyField(Account, column_name="account", unique=True, on_delete="CASCADE")
    created_at = TextField()

    class Meta:
        primary_key = CompositeKey("issuer", "subject")


class LoginFailure(Table):
    """Logins that failed lately, counted under what the rules of accounts/guessing.py name."""

    known_as = TextField(primary_key=True)
    count = IntegerField()
    at = TextField()
    not_before = TextField()


class Refusal(Table):
    """Refused logins of the last hour that the audit log tells of together."""

    who = TextField()
    network = TextField()
    action = TextField()
    since = TextField()
    count = IntegerField()

    class Meta:
        primary_key = CompositeKey("who", "network", "action")


class Audit(Table):
    """Who did what."""

    id = AutoField()
    at = TextField()
    who = TextField()
    address = TextField()
    action = TextField()
    target = TextField()


OF_PEOPLE = (
    Account, Session, Token, KnownBrowser, OneTimeLink, Totp, RecoveryCode, SsoIdentity,
    LoginFailure, Refusal, Audit,
)  # fmt: skip
