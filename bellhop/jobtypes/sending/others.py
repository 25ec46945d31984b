"""A notice to one of the services that Apprise knows, which nothing else imports."""

from __future__ import annotations

import logging
from typing import Any

from bellhop import BadInput, Unavailable
from bellhop.jobtypes.reading.refusals import missing_extra

EXTRA = "notices"


def send(url: str | None, subject: str, text: str) -> str:
    """Tell the service of an Apprise URL; what is said about it shows no part of the URL."""
    kind, target = _opened(url)
    # As a text, which Apprise gives to each service in the form that it takes.
    if not target.notify(body=text, title=subject, body_format="text"):
        said = f"The service {kind}:// did not take the notice."
        raise Unavailable(said, code="apprise_failed")
    return f"{kind}:// took it"


def try_out(url: str | None) -> str:
    """Whether Apprise knows the service; whether that takes a notice, only a notice can tell."""
    return f"Apprise knows {_opened(url)[0]}://"


def _opened(url: str | None) -> tuple[str, Any]:
    """The kind of a URL, which is all of it that may be shown, and what sends to it."""
    if url is None:
        said = "[notices] apprise has no longer the URL that this was for."
        raise BadInput(said, code="apprise_gone")
    try:
        import apprise
    except ImportError:
        raise missing_extra("Apprise URLs need the extra `notices`.", extra=EXTRA) from None
    logging.getLogger("apprise").propagate = False  # it logs URLs that it does not understand
    kind, target = url.partition(":")[0], apprise.Apprise()
    if not target.add(url):
        said = f"[notices] apprise has a URL ({kind}://…) that Apprise does not know."
        raise Unavailable(
            said, code="apprise_unknown", hint="See https://github.com/caronc/apprise."
        )
    return kind, target
