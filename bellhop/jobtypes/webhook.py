"""Delivers webhooks, signed as Standard Webhooks asks; made by Bellhop, never by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

from bellhop import BadInput, Context, Secret, TryAgain, Unavailable, job_type
from bellhop.jobtypes import outbound

TIMEOUT_S = 15.0
ANSWER_BYTES = 1024
DEFAULT_PAUSE_S = 60.0
# About two and a half days, as the specification proposes.
DELAYS_S = (5, 300, 1800, 7200, 18000, 36000, 50400)


@job_type(
    label="Webhook delivery",
    queue="webhooks",
    timeout_s=30,
    network=True,
    hidden=True,
    delays_s=DELAYS_S,
    settings={"secret": Secret, "allowed": str, "clock_offset_s": str},
)
def webhook(
    data: dict, context: Context, *, url: str, message_id: str, is_final: bool = True
) -> dict:
    """Tell an address what became of a job."""
    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    now = int(time.time() - float(context.settings["clock_offset_s"] or 0))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Bellhop",
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": signature(context.settings["secret"] or "", message_id, now, body),
    }
    allowed = [name for name in (context.settings["allowed"] or "").split(",") if name]
    try:
        answer = outbound.request(
            "POST",
            url,
            body=body,
            headers=headers,
            allowed=allowed,
            timeout_s=TIMEOUT_S,
            max_bytes=ANSWER_BYTES,
        )
        _require_taken(answer)
    except outbound.Refused as error:
        raise BadInput(str(error), code="webhook_refused") from None
    except (outbound.Failed, Unavailable, TryAgain) as error:
        if not is_final:  # news of progress is old when it is sent again
            raise BadInput(str(error), code="webhook_failed") from None
        if isinstance(error, outbound.Failed):
            raise Unavailable(str(error), code="webhook_failed") from None
        raise
    return {"status": answer.status, "answer": answer.body.decode("utf-8", "replace")}


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature (Standard Webhooks 1.0, symmetric); `secret` is `whsec_…`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join([message_id.encode(), str(timestamp).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _require_taken(answer: outbound.Answer) -> None:
    """Raise what a status that is not 2xx means."""
    if 200 <= answer.status < 300:
        return
    if answer.status == 410:
        said = "The address answered 410: it wants no more deliveries."
        raise BadInput(
            said, code="webhook_gone", hint="Repeat the delivery to enable the address again."
        )
    said = f"The address answered {answer.status}."
    if answer.status in (429, 503):
        raise TryAgain(outbound.pause_s(answer, DEFAULT_PAUSE_S), said)
    raise Unavailable(said, code="webhook_failed")
