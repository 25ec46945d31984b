"""A notice to one of the services that Apprise knows, which nothing else imports."""

from __future__ import annotations

import logging

from bellhop import BadInput, Unavailable
from bellhop.jobtypes.reading.refusals import missing_extra

EXTRA = "notices"


def send(url: str | None, subject: str, text: str) -> str:
    """Tell the service of an Apprise URL; what is said about it shows no part of the URL."""
    if url is None:
        said = "[notices] apprise has no longer the URL that this was for."
        raise BadInput(said, code="apprise_gone")
    try:
        import apprise
    except ImportError:
        raise missing_extra("Apprise URLs need the extra `notices`.", extra=EXTRA) from None
    logging.getLogger("apprise").propagate = False  # it logs URLs that it does not understand
    target = apprise.Apprise()
    kind = url.partition(":")[0]
    if not target.add(url):
        said = f"[notices] apprise has a URL ({kind}://…) that Apprise does not know."
        raise Unavailable(
            said, code="apprise_unknown", hint="See https://github.com/caronc/apprise."
        )
    if not target.notify(body=text, title=subject, body_format=apprise.NotifyFormat.TEXT):
        said = f"The service {kind}:// did not take the notice."
        raise Unavailable(said, code="apprise_failed")
    return f"{kind}:// took it"
