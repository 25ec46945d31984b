"""What the OpenAPI document says of the accounts of others, which admins see and change."""

from __future__ import annotations

from bellhop.accounts.access import ROLES
from bellhop.accounts.passwords import LEAST_LENGTH
from bellhop.base.addresses import API
from bellhop.web.openapi.operation import BODY, Route, shows, takes
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
    tokens=count("Its tokens."), jobs=count("Its jobs."),
    bytes=count("What its jobs and uploads hold."),
    password=text("A password that Bellhop made for this request, told only once."),
)  # fmt: skip
PERSON["required"].remove("password")
NEW = record("A new account.", needs=("name", "role", "own_password"),
             role=ROLE, own_password=OWN,
             name=text("Up to 64 lower-case letters, digits and . _ @ -"),
             password=text("Without one, Bellhop makes one.", minLength=LEAST_LENGTH))  # fmt: skip
CHANGE = record("What to change.", needs=(), role=ROLE, own_password=OWN, password=PASSWORD,
                is_disabled=flag("true: the account cannot log in."),
                reset_password=flag("true: Bellhop makes a new password."))  # fmt: skip
PEOPLE_SCHEMAS: dict[str, Schema] = {
    "Person": PERSON, "PersonList": record("All accounts.", accounts=list_of(named("Person"))),
    "NewPerson": NEW, "PersonPatch": CHANGE,
}  # fmt: skip
PEOPLE = (
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
)  # fmt: skip
