"""Handlers of one's own two-factor login: see accounts/totp.py."""

from __future__ import annotations

import io

from bottle import HTTPResponse

from bellhop.accounts import accounts, totp
from bellhop.accounts.access import User
from bellhop.base.errors import Problem, invalid_field
from bellhop.web.answers import json_answer, read_object
from bellhop.web.gate import noted
from bellhop.web.handlers.account import confirm_password, texts_of
from bellhop.web.site import Site


def show(site: Site, user: User) -> HTTPResponse:
    """GET /account/totp: whether it is on, and how many recovery codes are left."""
    document = {"is_on": totp.is_on(user.name), "recovery_codes": totp.codes_left(user.name)}
    return json_answer(document)


def begin(site: Site, user: User) -> HTTPResponse:
    """POST /account/totp: the one answer that has the secret; it is not on yet."""
    given = texts_of(read_object(), "password")
    confirm_password(site, user, given["password"])
    try:
        secret = totp.begin(user.name)
    except accounts.Refused as refusal:
        raise Problem("forbidden", f"{refusal}.".capitalize()) from None
    uri = totp.address(user.name, secret)
    return json_answer({"secret": secret, "address": uri, "qr": _qr(uri)}, 201)


def confirm(site: Site, user: User) -> HTTPResponse:
    """POST /account/totp/confirm: turns it on; the one answer that has the recovery codes."""
    given = texts_of(read_object(), "code")
    try:
        with noted(user, "turn on two-factor login"):
            made = totp.confirm(user.name, given["code"])
    except accounts.Refused as refusal:
        raise invalid_field("code", str(refusal)) from None
    return json_answer({"recovery_codes": made})


def remove(site: Site, user: User) -> HTTPResponse:
    """POST /account/totp/remove: the password is enough again."""
    given = texts_of(read_object(), "password")
    confirm_password(site, user, given["password"])
    with noted(user, "turn off two-factor login"):
        totp.remove(user.name)
    return HTTPResponse(status=204)


def _qr(text: str) -> str:
    """A text as a QR code: an SVG image."""
    import segno  # half a megabyte, for the few that set this up

    image = io.BytesIO()
    segno.make_qr(text).save(image, kind="svg", xmldecl=False, svgclass=None, lineclass=None)
    return image.getvalue().decode().strip()
