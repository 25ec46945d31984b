"""What the OpenAPI document says of the accounts of others, which admins see and change."""

from __future__ import annotations

from bellhop.accounts.access import ROLES
from bellhop.accounts.links import FIRST, INVITATION, RESET
from bellhop.accounts.passwords import LEAST_LENGTH
from bellhop.base.addresses import API
from bellhop.web.openapi.operation import BODY, NOTHING, Route, shows, takes
from bellhop.web.openapi.schemas import (
    Schema,
    count,
    flag,
    list_of,
    named,
    one_of,
    or_null,
    record,
    text,
    time,
)

ROLE = one_of(ROLES, "The role.")
PASSWORD = text("A new password.", minLength=LEAST_LENGTH)
OWN = text("Your own password.")
PERSON = record(
    "An account.", name=text("Its name."), role=ROLE,
    is_disabled=flag("Whether it cannot log in."), created_at=time("Creation time."),
    last_login_at=or_null(time("The last login; null if there was none within a year.")),
    has_totp=flag("Whether its login asks for a code."),
    tokens=count("Its tokens."), jobs=count("Its jobs."),
    bytes=count("What its jobs and uploads hold."),
    recent_jobs=count("Those of its jobs that are at most 30 days old."),
    recent_bytes=count("What these hold."),
    password=text("A password that Bellhop made for this request, told only once."),
)  # fmt: skip
PERSON["required"].remove("password")
NEW = record("A new account.", needs=("name", "role", "own_password"),
             role=ROLE, own_password=OWN,
             name=text("Up to 64 lower-case letters, digits and . _ @ -"),
             password=text("Without one, Bellhop makes one.", minLength=LEAST_LENGTH))  # fmt: skip
CHANGE = record("What to change.", needs=(), role=ROLE, own_password=OWN, password=PASSWORD,
                is_disabled=flag("true: the account cannot log in."),
                reset_password=flag("true: Bellhop makes a new password."),
                remove_totp=flag("true: the login asks for no code any more."))  # fmt: skip
TOTP_SCHEMAS: dict[str, Schema] = {
    "Totp": record("Two-factor login.", is_on=flag("Whether the login asks for a code."),
                   recovery_codes=count("How many recovery codes are left.")),
    "NewTotp": record(
        "What an authenticator app needs.", secret=text("The key, in Base32."),
        address=text("The same for an app, as an otpauth: URI.", format="uri"),
        qr=text("The same as a QR code, an SVG image."),
    ),
    "TotpCode": record("A code.", needs=("code",), code=text("As the app shows it.")),
    "RecoveryCodes": record("Recovery codes, shown only once.",
                            recovery_codes=list_of(text("It logs in once."))),
    "OwnPassword": record("Your password.", needs=("password",), password=OWN),
}  # fmt: skip
TOTP = f"{API}/account/totp"
TOTP_ROUTES = (
    Route("GET", TOTP, name="getTotp", summary="Show whether your login asks for a code",
          words="With a login by password.", answers=shows("Totp", "Whether it does.")),
    Route("POST", TOTP, name="beginTotp", summary="Begin two-factor login (TOTP)",
          words="It is on once a code proves that an app has the key.",
          body=takes("OwnPassword", {"password": "correct horse"}),
          answers=shows("NewTotp", "The key, shown only once.", status=201),
          problems=(*BODY, "login-failed", "forbidden", "invalid-job")),
    Route("POST", f"{TOTP}/confirm", name="confirmTotp", summary="Turn on two-factor login",
          words="Each later login with the password also needs a code; tokens do not.",
          body=takes("TotpCode", {"code": "123456"}),
          answers=shows("RecoveryCodes", "The recovery codes."), problems=(*BODY, "invalid-job")),
    Route("POST", f"{TOTP}/remove", name="removeTotp", summary="Turn off two-factor login",
          words="The password is enough again.",
          body=takes("OwnPassword", {"password": "correct horse"}),
          answers=NOTHING, problems=(*BODY, "login-failed", "invalid-job")),
)  # fmt: skip
KIND = one_of((INVITATION, RESET), "What it is for.")
LINK = record(
    "A link that works once.", id=count("Its number."), kind=KIND, account=text("For whom."),
    role=ROLE, made_by=text("The admin who made it."), created_at=time("Creation time."),
    expires_at=time("When it stops working."),
    link=text("The link to hand over, told only once; without [server] public_url it is relative.",
              format="uri-reference"),
)  # fmt: skip
LINK["required"].remove("link")
NEW_LINK = record("A new link.", needs=("kind", "name", "own_password"), kind=KIND,
                  name=text("The account, or its future name."), own_password=OWN,
                  role=one_of(ROLES, "The role of who is invited."))  # fmt: skip
SECRET = text("The part of the link after the #.")
LOOKED = record("What a link is for.", kind=one_of((FIRST, INVITATION, RESET), "What it is for."),
                name=text("The account; empty for the first one, whose name is free."),
                role=ROLE, expires_at=time("When it stops working."))  # fmt: skip
USE = record("What a link is used with.", token=SECRET,
             name=text("The name of the first account; else ignored."),
             password=PASSWORD)  # fmt: skip
PEOPLE_SCHEMAS: dict[str, Schema] = {
    "Person": PERSON, "PersonList": record("All accounts.", accounts=list_of(named("Person"))),
    "NewPerson": NEW, "PersonPatch": CHANGE, "OneTimeLink": LINK, "NewOneTimeLink": NEW_LINK,
    "OneTimeLinkList": record("Links that can be used.", links=list_of(named("OneTimeLink"))),
    "LinkSecret": record("A link that somebody opened.", needs=("token",), token=SECRET),
    **TOTP_SCHEMAS, "LinkPurpose": LOOKED, "LinkUse": USE,
}  # fmt: skip
PEOPLE = (
    *TOTP_ROUTES,
    Route("GET", f"{API}/accounts", name="listAccounts", summary="List all accounts",
          words="For admins, by name.", answers=shows("PersonList", "The accounts.")),
    Route("POST", f"{API}/accounts", name="addAccount", summary="Add an account",
          words="For admins, with a login by password.",
          body=takes("NewPerson", {"name": "anna", "role": "member",
                                  "own_password": "correct horse"}),
          answers=shows("Person", "The account.", "Location", status=201),
          problems=(*BODY, "login-failed", "forbidden", "invalid-job")),
    Route("PATCH", f"{API}/accounts/{{account}}", name="changeAccount",
          summary="Change an account",
          words="For admins, with a login by password. A disabled account cannot log in; its "
          "sessions and tokens end, its jobs stay. The same with a new password, but for the "
          "login. At least one admin stays.",
          parameters=("account",), body=takes("PersonPatch", {
              "role": "admin", "own_password": "correct horse"}), needs_body=False,
          answers=shows("Person", "The account as it is now."),
          problems=(*BODY, "not-found", "login-failed", "forbidden", "invalid-job")),
    Route("GET", f"{API}/links", name="listLinks", summary="List links that can be used",
          words="For admins: invitations and links for a new password, newest first, without the "
          "links themselves.",
          answers=shows("OneTimeLinkList", "The links.")),
    Route("POST", f"{API}/links", name="addLink", summary="Invite somebody, or let them choose a "
          "new password",
          words="For admins, with a login by password. The link works once: an invitation for 7 "
          "days, a link for a new password for 24 hours. It replaces an earlier one.",
          body=takes("NewOneTimeLink", {"kind": "invitation", "name": "anna", "role": "member",
                                        "own_password": "correct horse"}),
          answers=shows("OneTimeLink", "The link.", status=201),
          problems=(*BODY, "login-failed", "forbidden", "invalid-job")),
    Route("DELETE", f"{API}/links/{{number}}", name="revokeLink", summary="Revoke a link",
          words="For admins, with a login by password.",
          parameters=("link",), answers=NOTHING, problems=("not-found",)),
    Route("POST", f"{API}/links/look", name="lookAtLink", summary="Show what a link is for",
          words="For who opened it. Links that nobody made are slowed as wrong passwords are.",
          body=takes("LinkSecret", {"token": "what-stands-after-the-hash"}),
          answers=shows("LinkPurpose", "What it is for."),
          problems=(*BODY, "link-refused", "invalid-job")),
    Route("POST", f"{API}/links/use", name="useLink", summary="Use a link",
          words="Makes the account and logs it in, or changes the password.",
          body=takes("LinkUse", {"token": "what-stands-after-the-hash", "name": "anna",
                                 "password": "battery staple"}),
          answers=shows("LoggedIn", "Welcome.", "Set-Cookie"),
          problems=(*BODY, "link-refused", "invalid-job")),
)  # fmt: skip
