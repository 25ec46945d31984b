"""Handlers of notices: what one wants to be told by mail, and a test of it."""

from __future__ import annotations

from bottle import HTTPResponse

from bellhop.accounts.access import BELLHOP, User
from bellhop.base.documents import stored
from bellhop.base.errors import Problem, invalid_field
from bellhop.jobs import queries
from bellhop.notices import handover, wishes
from bellhop.web.answers import json_answer, read_object, require_known
from bellhop.web.gate import noted
from bellhop.web.handlers.jobs import shown
from bellhop.web.site import Site

FIELDS = ("address", "wants")


def show(site: Site, user: User) -> HTTPResponse:
    """GET /account/notices: what one wants, and what became of the last one."""
    settings = site.settings.notices
    document = {
        **wishes.wish_of(user.name)._asdict(),
        "sends_mail": bool(settings.smtp_host),
        "domains": list(settings.domains),
        "last": _last(user),
    }
    return json_answer(document)


def change(site: Site, user: User) -> HTTPResponse:
    """PATCH /account/notices: what was not sent stays as it is."""
    body = read_object()
    require_known(body, FIELDS)
    wish = {**wishes.wish_of(user.name)._asdict(), **body}
    checked = wishes.checked(site.settings.notices, wish["address"], wish["wants"])
    with noted(user, f"notices: {checked.wants}", checked.address):
        wishes.set_wish(user.name, checked)
    return show(site, user)


def test(site: Site, user: User) -> HTTPResponse:
    """POST /account/notices/test: a mail to one's own address; the job says what happened."""
    address = wishes.target_of(site.settings.notices, user.name, "")
    if address is None:
        raise _why_not(site, user)
    with noted(user, "test notice", address):
        job_id = site.handover.send_test(user.name, address)
        if job_id is None:
            said = f"Bellhop sends at most {handover.MOST_TESTS} tests an hour; try again later."
            raise Problem("too-many-requests", said, retry_after_s=int(handover.TEST_S))
    return shown(site, user, job_id, 202)


def _why_not(site: Site, user: User) -> Problem:
    if not site.settings.notices.smtp_host:
        return Problem("invalid-job", wishes.NO_MAIL)
    return invalid_field("address", "is needed to send notices to")


def _last(user: User) -> dict[str, object] | None:
    """When the newest notice was made, and what became of it; None once nobody knows any more."""
    sent = handover.last_sent(user.name)
    job = queries.job(BELLHOP, sent[1]) if sent else None
    if sent is None or job is None:
        return None
    error = stored(job.error, dict, "job", job.id, "error") if job.error else {}
    return {"at": sent[0], "status": job.status, "said": error.get("message")}
