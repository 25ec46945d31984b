"""Every route once, for the casts that may do little: what they are told, in a word."""

from __future__ import annotations

from tests.whole.recorded.caller import Caller

ROUTES = (
    "GET /", "GET /jobs/{job}", "GET /running", "GET /queues", "GET /problems", "GET /schedules",
    "GET /docs",
    "GET /account", "GET /people", "GET /audit", "GET /login", "GET /welcome", "GET /health",
    "GET /ready",
    "GET health", "GET ready",
    "GET /metrics", "GET openapi.json", "GET account", "GET account/sessions",
    "DELETE account/sessions/9999", "GET account/tokens", "POST account/tokens",
    "DELETE account/tokens/9999", "POST account/password", "GET account/totp",
    "POST account/totp", "POST account/totp/confirm", "POST account/totp/remove", "GET accounts",
    "POST accounts", "PATCH accounts/ben", "GET links", "POST links", "DELETE links/9999",
    "POST links/look", "POST links/use", "GET audit", "POST jobs", "GET jobs",
    "GET jobs/facets", "GET jobs/stats", "POST jobs/bulk", "GET jobs/{job}", "PATCH jobs/{job}",
    "GET jobs/{job}/result", "GET jobs/{job}/items", "GET jobs/{job}/reasons",
    "GET jobs/{job}/result.csv", "GET jobs/{job}/files.zip",
    "GET jobs/{job}/events",
    "GET jobs/{job}/items/0/files/words.csv", "GET jobs/{job}/items/0/input",
    "GET jobs/{job}/items/0/log",
    "GET jobs/{job}/shares", "POST jobs/{job}/shares", "DELETE jobs/{job}/shares/nobody",
    "GET jobs/{job}/deliveries", "POST jobs/{job}/deliveries/1/redeliver",
    "POST jobs/{job}/cancel", "POST jobs/{job}/retry", "DELETE jobs/{job}?purge=true",
    "GET types", "GET files/{sha256}/jobs", "GET cache", "DELETE cache", "GET schedules",
    "POST schedules", "PATCH schedules/1", "POST schedules/1/run", "DELETE schedules/1",
    "GET monitoring/queues", "GET monitoring/workers", "GET monitoring/machines",
    "GET monitoring/problems", "GET monitoring/space", "GET monitoring/health",
    "POST monitoring/notices/trial",
    "PATCH queues/default",
    "POST queues/default/pause",
    "POST queues/default/resume", "GET webhooks/secret", "POST webhooks/secret",
    "GET account/notices", "PATCH account/notices", "POST account/notices/test",
    "POST machines/join", "POST login", "POST logout",
)  # fmt: skip


def try_everything(ask: Caller, by: str | None) -> None:
    """Ask every route, with an empty document where one is sent; the last one logs out."""
    for request in ROUTES:
        is_sent = request.startswith(("POST", "PATCH"))
        ask(request, json={} if is_sent else None, by=by, is_brief=True)
