"""What the OpenAPI document says of notices: which ones a person gets by mail."""

from __future__ import annotations

from bellhop.base.addresses import API
from bellhop.notices.wishes import WANTS
from bellhop.storage.models import STATUSES
from bellhop.web.openapi.operation import BODY, Route, shows, takes
from bellhop.web.openapi.schemas import Schema, flag, list_of, one_of, or_null, record, text, time

OWN = f"{API}/account/notices"
ADDRESS = text("A mail address; empty: none.")
WISH = one_of(WANTS, "failures: of each job that fails; every: of each job that ends.")
LAST = record(
    "The newest notice.", at=time("When Bellhop made it."),
    status=one_of(STATUSES, "How the delivery is."),
    said=or_null(text("Why it was not delivered.")),
)  # fmt: skip
NOTICES = record(
    "The notices that you get.", address=ADDRESS, wants=WISH,
    sends_mail=flag("Whether Bellhop has a mail server."),
    domains=list_of(text("A domain that an address may have; none: any.")),
    last=or_null(LAST),
)  # fmt: skip
NOTICE_SCHEMAS: dict[str, Schema] = {
    "Notices": NOTICES,
    "ScheduleNotices": record(
        "Notices of the jobs of a schedule.",
        needs=("wants",),
        wants=WISH,
        address=text("Who gets them; empty: the owner, at their own address."),
    ),
    "NoticesPatch": record("What to change.", needs=(), address=ADDRESS, wants=WISH),
}
NOTICE_ROUTES = (
    Route("GET", OWN, name="getNotices", summary="Show your notices",
          words="The address that gets them, and of which jobs.",
          answers=shows("Notices", "Your notices."), problems=("unreadable",)),
    Route("PATCH", OWN, name="changeNotices", summary="Change your notices",
          words="Bellhop keeps what you do not send.",
          body=takes("NoticesPatch", {"address": "anna@example.org", "wants": "failures"}),
          answers=shows("Notices", "Your notices as they are now."),
          problems=(*BODY, "invalid-job", "unreadable")),
    Route("POST", f"{OWN}/test", name="testNotices", summary="Send a test",
          words="To your address, at most five times an hour. The job tells what happened.",
          answers=shows("Job", "The job that sends it.", "Location", status=202),
          problems=("invalid-job",)),
    Route("POST", f"{API}/monitoring/notices/trial", name="tryNotices",
          summary="Find out whether notices to admins can be delivered",
          words="Sends none: logs in to the mail server and names the receivers, and asks Apprise "
          "whether it knows each URL. Each item of the job is one receiver.",
          answers=shows("Job", "The job that does it.", "Location", status=202),
          problems=("invalid-job",)),
)  # fmt: skip
