"""Requests to services that may be down, slow or busy, and what each answer means for the item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bellhop import BadInput, Context, TryAgain, Unavailable
from bellhop.jobtypes import outbound

DEFAULT_PAUSE_S = 10.0
BUSY = (429, 529)


def allowed(context: Context) -> list[str]:
    """The private names and networks that `[outbound] allowed` names."""
    return [name for name in (context.settings.get("allowed") or "").split(",") if name]


def raise_when_busy(answer: outbound.Answer, who: str) -> None:
    """Raise TryAgain when the service asks to be left alone for a while (RFC 6585, RFC 9110)."""
    if answer.status in BUSY:
        raise TryAgain(
            outbound.pause_s(answer, DEFAULT_PAUSE_S), f"{who} is busy ({answer.status})."
        )


def ask(
    context: Context,
    method: str,
    url: str,
    *,
    who: str,
    body: bytes | None,
    headers: Mapping[str, str],
    timeout_s: float,
) -> outbound.Answer:
    """What a service answers, also where it refuses or is busy.

    Raises Unavailable `service_unavailable` where it has a fault or does not answer, and BadInput
    `bad_setting` for an address that may not be asked.
    """
    try:
        answer = outbound.request(
            method, url, body=body, headers=headers, allowed=allowed(context), timeout_s=timeout_s
        )
    except outbound.Refused as error:
        hint = "Correct base_url, or name the host in [outbound] allowed of config.ini."
        raise BadInput(f"{who}: {error}", code="bad_setting", hint=hint) from None
    except outbound.Failed as error:
        raise Unavailable(f"{who}: {error}", code="service_unavailable") from None
    if answer.status >= 500 and answer.status not in BUSY:
        raise Unavailable(f"{who} answered {answer.status}.", code="service_unavailable")
    return answer


def ask_json(
    context: Context,
    method: str,
    url: str,
    *,
    who: str,
    document: Any = None,
    headers: Mapping[str, str],
    timeout_s: float,
) -> tuple[int, Any]:
    """(status, document) of an API; None for a body that is no JSON.

    Raises TryAgain where it is busy, and what `ask` raises.
    """
    text = "" if document is None else json.dumps(document, ensure_ascii=False)
    body = text.encode("utf-8", "replace") or None
    sent = {"Content-Type": "application/json", "Accept": "application/json", **headers}
    answer = ask(context, method, url, who=who, body=body, headers=sent, timeout_s=timeout_s)
    raise_when_busy(answer, who)
    return answer.status, document_of(answer)


def document_of(answer: outbound.Answer) -> Any:
    """The JSON of an answer; None where its body is none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def setting(context: Context, type_name: str, key: str) -> str:
    """A setting without which the type cannot work. Raises BadInput missing_setting."""
    value = (context.settings.get(key) or "").strip()
    if not value:
        raise BadInput(
            f"{key} is not set.",
            code="missing_setting",
            hint=f"Add {key} = … to [type:{type_name}] in config.ini, or set "
            f"BELLHOP_TYPE_{type_name.upper()}_{key.upper()}.",
        )
    return value
