"""One notice for each failure, although the consumer is killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import urllib.request
from collections import Counter
from collections.abc import Iterator
from functools import partial
from time import sleep

import pytest

from tests.support.running import Running, running, wait_for
from tests.support.standins.smtp import MailServer

# NOTICE_KILLS=50 takes some minutes.
KILLS = int(os.environ.get("NOTICE_KILLS", "2"))


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with MailServer() as started:
        yield started


@pytest.fixture(scope="module")
def bellhop(tmp_path_factory: pytest.TempPathFactory, server: MailServer) -> Iterator[Running]:
    """One that tells `local` of failures, of each by itself."""
    mail = {
        "HOST": "127.0.0.1", "PORT": str(server.port), "SECURITY": "none", "USER": "bellhop",
        "PASSWORD": "correct horse", "FROM": "bellhop@example.org",
    }  # fmt: skip
    given = {f"BELLHOP_NOTICES_SMTP_{name}": value for name, value in mail.items()}
    with running(tmp_path_factory.mktemp("bellhop"), **given, BELLHOP_NOTICES_GATHER_S="1") as made:
        made.serve()
        document = json.dumps({"address": "anna@example.org", "wants": "failures"}).encode()
        url, kind = f"{made.url}/api/v1/account/notices", {"Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(url, document, kind, method="PATCH"), timeout=10
        ).close()
        yield made


def kill_consumer(bellhop: Running) -> None:
    """Its parent starts another."""
    for consumer in bellhop.client().get("/api/v1/monitoring/workers")["workers"]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(consumer["pid"], signal.SIGKILL)


def ids(server: MailServer) -> Counter[str]:
    """How often each mail was taken."""
    return Counter(mail["Message-ID"] for mail in server.mails)


def all_sent(bellhop: Running) -> bool:
    rows = bellhop.query("SELECT count(*) FROM job WHERE type = 'notice' AND status != 'completed'")
    return rows == [(0,)]


def test_it_repeats_a_mail_by_its_message_id_only_when_it_cannot_know(
    bellhop: Running, server: MailServer
) -> None:
    """The consumer is killed while the mail server has the mail and has not answered."""

    def once() -> None:
        server.after_mail = lambda: None
        kill_consumer(bellhop)
        sleep(0.2)  # the answer comes to nobody

    server.after_mail = once
    failed = bellhop.texts("a", type="bad_input")
    bellhop.final(failed["job_id"])
    wait_for(lambda: sum(ids(server).values()) == 2)
    assert len(ids(server)) == 1
    wait_for(lambda: all_sent(bellhop))
    assert failed["job_id"] in server.mails[0].get_content()


def test_it_tells_of_each_failure_although_the_consumer_is_killed(
    bellhop: Running, server: MailServer
) -> None:
    """At any moment between the submit and the mail."""
    failed = []
    for _ in range(KILLS):
        failed.append(bellhop.texts("a", type="bad_input")["job_id"])
        sleep(random.uniform(0, 2.5))
        with contextlib.suppress(OSError):
            kill_consumer(bellhop)
    wait_for(lambda: len(ids(server)) == bellhop.query("SELECT count(*) FROM notice_sent")[0][0])
    for job_id in failed:
        bellhop.final(job_id)
        wait_for(partial(told, server, job_id))
    wait_for(lambda: all_sent(bellhop))
    assert [told(server, job_id) for job_id in failed] == [1] * KILLS


def told(server: MailServer, job_id: str) -> int:
    """In how many mails, of which several have one Message-ID, a job is."""
    return len({mail["Message-ID"] for mail in server.mails if job_id in mail.get_content()})
