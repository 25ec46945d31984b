"""Webhooks: what is told, how it is signed, and what the answers do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bellhop.consumer.workers import Workers
from bellhop.database.database import database, query
from bellhop.jobprocess import order
from bellhop.jobs import webhooks
from bellhop.settings.sections import Outbound
from bellhop.storage.models import Job
from tests.support.jobs import job_of
from tests.support.standins.plain import Server, say
from tests.support.wsgi import WsgiClient

JOBS = "/api/v1/jobs"
Submit = Callable[..., Job]


@pytest.fixture
def receiver() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture
def told(workers: Workers) -> Workers:
    """Workers that may reach the receiver of the test."""
    workers._settings = replace(workers._settings, outbound=Outbound(allowed=("127.0.0.1",)))
    return workers


def run_all(workers: Workers) -> None:
    while workers.run_next():
        pass
    database.close()


def deliveries(web: WsgiClient, job: Job) -> list[dict[str, Any]]:
    return list(web.get(f"{JOBS}/{job.job_id}/deliveries").json["deliveries"])


def submit_told(submit: Submit, receiver: Server, **options: Any) -> Job:
    return submit(webhook_url=f"{receiver.url}/hook", **options)


def test_it_tells_of_the_end_with_ids_status_and_links_only(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    job = submit_told(submit, receiver)
    run_all(told)
    ((method, path, headers, body),) = receiver.asked
    document = json.loads(body)
    assert (method, path, document["type"]) == ("POST", "/hook", "job.completed")
    base = f"{JOBS}/{job.job_id}"
    assert document["data"] == {
        "job_id": job.job_id,
        "status": "completed",
        "links": {"self": base, "result": f"{base}/result"},
    }
    assert headers["content-type"] == "application/json"
    (delivery,) = deliveries(web, job)
    assert (delivery["status"], delivery["answer"]) == (
        "completed",
        {"status": 200, "answer": "ok"},
    )


def test_it_signs_as_standard_webhooks_asks(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    submit_told(submit, receiver)
    run_all(told)
    secret = web.get("/api/v1/webhooks/secret").json["secret"]
    ((_, _, headers, body),) = receiver.asked
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("offset_s", [-3600.0, 3600.0])
def test_it_dates_what_it_signs_by_the_clock_of_the_rows(
    submit: Submit,
    told: Workers,
    receiver: Server,
    monkeypatch: pytest.MonkeyPatch,
    offset_s: float,
) -> None:
    """Receivers refuse what was signed minutes ago, or will be."""
    monkeypatch.setattr(order, "clock_offset_s", lambda: offset_s)
    submit_told(submit, receiver)
    run_all(told)
    ((_, _, headers, _),) = receiver.asked
    assert abs(int(headers["webhook-timestamp"]) - (time.time() - offset_s)) < 30


def test_it_signs_the_example_of_the_specification() -> None:
    import sys

    from bellhop.catalog import loading, typefiles

    loading.load(typefiles.BUILT_IN / "webhook.py")
    signature = sys.modules["bellhop_type_webhook"].signature
    secret, message = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert (
        signature(secret, message, 1614265330, b'{"test": 2432232314}')
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_it_keeps_the_secret_out_of_the_rows_of_jobs(
    submit: Submit, told: Workers, receiver: Server
) -> None:
    submit_told(submit, receiver)
    run_all(told)
    secret = webhooks.secret_of("local")
    for table in ("job", "item", "event", "result"):
        assert secret not in str(query(f"SELECT * FROM {table}"))


def test_it_signs_with_a_new_secret_once_it_was_renewed(web: WsgiClient) -> None:
    first = web.get("/api/v1/webhooks/secret").json["secret"]
    second = web.post("/api/v1/webhooks/secret", {}).json["secret"]
    assert first != second == web.get("/api/v1/webhooks/secret").json["secret"]


def test_it_tries_again_what_was_not_taken(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"", 500)
    job = submit_told(submit, receiver)
    run_all(told)
    (delivery,) = deliveries(web, job)
    assert (delivery["status"], delivery["attempt"]) == ("running", 1)
    assert delivery["error"]["code"] == "webhook_failed"
    assert "answered 500" in delivery["error"]["message"]
    assert query("SELECT count(*) FROM event WHERE traceback IS NOT NULL") == [(0,)]


def test_it_waits_as_long_as_the_receiver_asks(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"", 429, Retry_After="120")
    job = submit_told(submit, receiver)
    run_all(told)
    assert deliveries(web, job)[0]["error"]["code"] == "try_again"


def test_it_does_not_follow_a_redirect(submit: Submit, told: Workers, receiver: Server) -> None:
    receiver.answer = lambda handler: say(handler, b"", 307, Location="/elsewhere")
    submit_told(submit, receiver)
    run_all(told)
    assert [path for _, path, _, _ in receiver.asked] == ["/hook"]


def test_it_tells_nothing_more_to_who_is_gone(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"", 410)
    job = submit_told(submit, receiver)
    run_all(told)
    (delivery,) = deliveries(web, job)
    assert (delivery["status"], delivery["error"]["code"]) == ("failed", "webhook_gone")
    other = submit_told(submit, receiver)
    run_all(told)
    assert deliveries(web, other) == []
    document = {"type": "noop", "items": [{"text": "a"}], "webhook_url": f"{receiver.url}/hook"}
    assert web.post(JOBS, document).code == "invalid-job"


def test_it_repeats_a_delivery_under_the_same_message_id(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"", 410)
    job = submit_told(submit, receiver)
    run_all(told)
    receiver.answer = lambda handler: say(handler, b"")
    again = web.post(f"{JOBS}/{job.job_id}/deliveries/1/redeliver", {})
    assert again.status == 202
    run_all(told)
    first, second = deliveries(web, job)
    assert (first["status"], second["status"]) == ("failed", "completed")
    assert first["message_id"] == second["message_id"]
    # And the address is told again from now on.
    assert not webhooks.is_disabled("local", f"{receiver.url}/hook")
    assert web.post(f"{JOBS}/{job.job_id}/deliveries/3/redeliver", {}).status == 404


def test_it_reaches_no_private_address_that_is_not_allowed(
    submit: Submit, workers: Workers, web: WsgiClient, receiver: Server
) -> None:
    job = submit_told(submit, receiver)
    run_all(workers)
    (delivery,) = deliveries(web, job)
    assert (delivery["status"], delivery["error"]["code"]) == ("failed", "webhook_refused")
    assert receiver.asked == []


def test_it_reads_a_kilobyte_of_an_answer(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"x" * 100_000)
    job = submit_told(submit, receiver)
    run_all(told)
    assert len(deliveries(web, job)[0]["answer"]["answer"]) == 1024


def test_it_tells_of_progress_only_when_asked_and_once_in_two_seconds(
    submit: Submit, told: Workers, receiver: Server
) -> None:
    submit_told(submit, receiver, type="steps")
    submit_told(submit, receiver, type="steps", webhook_progress=True, use_cache=False)
    run_all(told)
    kinds = [json.loads(body)["type"] for _, _, _, body in receiver.asked]
    assert sorted(kinds) == ["job.completed", "job.completed", "job.progress"]


def test_it_never_repeats_news_of_progress(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    receiver.answer = lambda handler: say(handler, b"", 500)
    job = submit_told(submit, receiver, type="steps", webhook_progress=True)
    run_all(told)
    by_event = {delivery["event"]: delivery for delivery in deliveries(web, job)}
    assert by_event["job.progress"]["status"] == "failed"
    assert by_event["job.completed"]["status"] == "running"


def test_it_lists_no_delivery_among_the_jobs(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    job = submit_told(submit, receiver)
    run_all(told)
    for path in (JOBS, f"{JOBS}?since=0", f"{JOBS}?q=job.completed"):
        listed = {shown["job_id"] for shown in web.get(path).json["jobs"]}
        assert listed <= {job.job_id}
    assert web.get(f"{JOBS}/stats").json["total"] == 1


def test_it_cannot_be_submitted_by_hand(web: WsgiClient, workers: Workers) -> None:
    document = {"type": "webhook", "items": [{"json": {}}], "params": {"url": "x"}}
    assert web.post(JOBS, document).code == "unknown-type"
    assert "webhook" not in [shown["type"] for shown in web.get("/api/v1/types").json["types"]]


def test_it_goes_with_its_job(
    submit: Submit, told: Workers, web: WsgiClient, receiver: Server
) -> None:
    job = submit_told(submit, receiver)
    run_all(told)
    assert web.request("DELETE", f"{JOBS}/{job.job_id}?purge=true").status == 204
    assert query("SELECT count(*) FROM job") == [(0,)]


def test_it_takes_no_worker_of_another_queue(
    submit: Submit, workers: Workers, receiver: Server
) -> None:
    job = submit_told(submit, receiver)
    run_all(workers)
    assert job_of(job.job_id).status == "completed"
    assert query("SELECT queue FROM job WHERE delivery_of IS NOT NULL") == [(webhooks.QUEUE,)]


@pytest.mark.parametrize("url", ["ftp://a", "http://", "x", 5, "http://u:p@a/", "http://a b"])
def test_it_refuses_what_is_no_address(web: WsgiClient, workers: Workers, url: Any) -> None:
    document = {"type": "noop", "items": [{"text": "a"}], "webhook_url": url}
    assert web.post(JOBS, document).code == "invalid-job"
