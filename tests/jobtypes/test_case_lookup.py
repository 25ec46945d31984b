"""Cases looked up in CourtListener, which a stand-in with its protocol plays."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from bellhop import BadInput, TryAgain, Unavailable
from bellhop.consumer.workers import Workers
from bellhop.jobtypes import case_lookup as module
from bellhop.jobtypes.case_lookup import case_lookup
from bellhop.jobtypes.caselaw import courtlistener
from bellhop.jobtypes.caselaw.naming import is_named_so
from bellhop.jobtypes.citations import citations
from bellhop.settings.configuration import load
from tests.support.attempts import Attempt, attempt
from tests.support.standins.courtlistener import TOKEN, CourtListener, case
from tests.support.standins.server import Reply
from tests.support.wsgi import WsgiClient

KNOWN = {
    "410 U.S. 113": [case("Roe v. Wade", "1973-01-22", 108713)],
    "5 U.S. 137": [case("Marbury v. Madison", "1803-02-24", 84759)],
    "12 F.3d 45": [case("Able v. Baker", number=2), case("Charlie v. Dog", number=3)],
}


def cited(text: str, plaintiff: str | None = "Roe", defendant: str | None = "Wade") -> Any:
    """A full citation as `citations` gives it, with what matters of it."""
    return {"kind": "full_case", "normalized": text, "page": text.split()[-1], "reporter": "U.S.",
            "plaintiff": plaintiff, "defendant": defendant,
            "checks": [{"code": "reporter", "ok": True, "message": "Known."}]}  # fmt: skip


@pytest.fixture
def server() -> Iterator[CourtListener]:
    with CourtListener(KNOWN) as made:
        yield made


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch, server: CourtListener) -> list[float]:
    """The seconds for which it waited; both clocks go on by them and by nothing else."""
    waits: list[float] = []
    began = time.monotonic()

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        server.now += timedelta(seconds=seconds)

    monkeypatch.setattr(courtlistener, "sleep", sleep)
    monkeypatch.setattr(courtlistener, "monotonic", lambda: began + sum(waits))
    return waits


@pytest.fixture
def look_up(server: CourtListener, tmp_path: Path) -> Callable[..., Attempt]:
    def run(*found: Any, **settings: str | None) -> Attempt:
        given = {"base_url": server.url, "token": TOKEN, "allowed": "127.0.0.1", **settings}
        data = {"citations": list(found), "text": "The secret brief.", "counts": {"citations": 1}}
        return attempt(case_lookup, data, tmp_path, settings=given)

    return run


def checks(result: Attempt) -> list[dict[str, Any] | None]:
    """The check of each citation that the lookup added."""
    of_each = [citation.get("checks", []) for citation in result.data["citations"]]
    return [next((c for c in own if c["code"] == "found"), None) for own in of_each]


def test_it_names_the_case_and_links_to_it(look_up: Any, server: CourtListener) -> None:
    result = look_up(cited("410 U.S. 113"))
    assert checks(result) == [{
        "code": "found", "ok": True, "message": "CourtListener knows 410 U.S. 113 as Roe v. Wade.",
        "name": "Roe v. Wade", "date": "1973-01-22",
        "url": f"{server.url}/opinion/108713/roe-v.-wade/",
    }]  # fmt: skip
    assert result.data["counts"] == {"citations": 1, "to_check": 0, "looked_up": 1}


def test_it_says_what_courtlistener_does_not_know(look_up: Any) -> None:
    result = look_up(cited("410 U.S. 114"))
    (check,) = checks(result)
    assert check is not None
    assert (check["ok"], check["message"]) == (False, "CourtListener does not know 410 U.S. 114.")
    assert (check["name"], check["url"], result.data["counts"]["to_check"]) == (None, None, 1)


def test_it_says_which_reporter_courtlistener_does_not_know(look_up: Any) -> None:
    (check,) = checks(look_up({**cited("1 Xyz. 2"), "reporter": "Xyz."}))
    assert check is not None
    assert check["message"] == "CourtListener does not know the reporter Xyz."


def test_it_says_that_the_case_has_another_name(look_up: Any) -> None:
    (check,) = checks(look_up(cited("5 U.S. 137")))
    assert check is not None and not check["ok"]
    said = "CourtListener knows 5 U.S. 137 as Marbury v. Madison, not as Roe v. Wade."
    assert (check["message"], check["name"]) == (said, "Marbury v. Madison")


@pytest.mark.parametrize(
    ("parties", "name", "is_ok"),
    [
        (("Charlie", "Dog"), "Charlie v. Dog", True),
        ((None, None), None, False),
        (("Roe", "Wade"), "Able v. Baker", False),
    ],
)
def test_it_chooses_among_the_cases_of_one_page_by_name(
    look_up: Any, parties: Any, name: str | None, is_ok: bool
) -> None:
    (check,) = checks(look_up(cited("12 F.3d 45", *parties)))
    assert check is not None
    assert (check["name"], check["ok"]) == (name, is_ok)


@pytest.mark.parametrize(
    ("parties", "name", "is_same"),
    [
        (("Roe", "Wade"), "Jane ROE, et al. v. Henry WADE", True),
        (("U.S.", "Dep’t of Labor"), "United States v. Department of Labor", True),
        (("NLRB", "Jones"), "National Labor Relations Board v. Jones & Laughlin Steel", True),
        (("Nat'l Ass'n of Mfrs.", "SEC"),
         "National Association of Manufacturers v. Securities and Exchange Commission", True),
        ((None, "In re Gault"), "In Re Gault", True),
        ((None, None), "Anyone v. Anybody", True),
        (("Smith", "Jones"), "Smith v. Brown", False),
        (("United States", "Smith"), "United States v. Jones", False),
        (("State", "Dent"), "State v. Department", False),
        (("Varghese", "China S. Airlines Co."), "Miccosukee Tribe v. United States", False),
    ],
)  # fmt: skip
def test_it_compares_names_as_lawyers_shorten_them(parties: Any, name: str, is_same: bool) -> None:
    assert is_named_so(parties, name) is is_same


def test_it_sends_the_citations_and_nothing_else(look_up: Any, server: CourtListener) -> None:
    look_up(cited("410 U.S. 113"), cited("5 U.S. 137"), {"kind": "id"}, cited("410 U.S. 113"))
    (request,) = server.requests
    assert parse_qs(request.body.decode()) == {"text": ["410 U.S. 113; 5 U.S. 137"]}


def test_it_looks_up_cases_with_a_page_only(look_up: Any, server: CourtListener) -> None:
    law = {**cited("28 U.S.C. 1331"), "kind": "law"}
    result = look_up(law, cited("585 U.S. ___"), {"kind": "supra"}, "no citation")
    assert (server.requests, checks_of_none(result)) == ([], True)


def checks_of_none(result: Attempt) -> bool:
    return "found" not in str(result.data["citations"])


def test_it_sends_nothing_without_a_token(look_up: Any, server: CourtListener) -> None:
    with pytest.raises(BadInput) as caught:
        look_up(cited("410 U.S. 113"), token="")
    assert (caught.value.code, server.requests) == ("missing_setting", [])


def test_it_asks_for_citations(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        attempt(case_lookup, {"text": "410 U.S. 113"}, tmp_path, settings={"token": TOKEN})
    assert caught.value.code == "no_citations"


def test_it_takes_the_result_of_citations(look_up: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("We follow Roe v. Wade, 410 U.S. 113 (1973). Id. at 120.", "utf-8")
    found = attempt(citations, path, tmp_path).data["citations"]
    assert [c and c["name"] for c in checks(look_up(*found))] == ["Roe v. Wade", None]


def test_it_asks_once_a_day(look_up: Any, server: CourtListener, monkeypatch: Any) -> None:
    for _ in range(2):
        assert checks(look_up(cited("410 U.S. 113")))[0]
    assert server.asked == ["410 U.S. 113"]
    tomorrow = time.monotonic() + 86_401
    monkeypatch.setattr(courtlistener, "monotonic", lambda: tomorrow)
    look_up(cited("410 U.S. 113"))
    assert server.asked == ["410 U.S. 113"] * 2


def many(count: int) -> list[Any]:
    return [cited(f"{number} U.S. 1", None, None) for number in range(1, count + 1)]


def test_it_keeps_to_sixty_citations_a_minute(
    look_up: Any, server: CourtListener, slept: list[float]
) -> None:
    result = look_up(*many(130))
    assert all(checks(result)) and result.warnings == []
    assert [len(str(r.body).split("U.S.")) - 1 for r in server.requests] == [60, 60, 10]
    assert slept == [61, 61]
    steps = [told["percent"] for told in result.told if "percent" in told]
    assert steps == sorted(steps)


def test_it_waits_until_courtlistener_says(
    look_up: Any, server: CourtListener, slept: list[float]
) -> None:
    server.rate = 1
    look_up(cited("410 U.S. 113"))
    assert checks(look_up(cited("5 U.S. 137")))[0]
    assert len(slept) == 1 and 55 < slept[0] <= 61
    assert server.asked == ["410 U.S. 113", "5 U.S. 137"]


def test_it_comes_again_later_where_there_is_no_time_to_wait(
    look_up: Any, server: CourtListener, slept: list[float]
) -> None:
    server.rate, server.pause = 1, timedelta(minutes=45)
    look_up(cited("410 U.S. 113"))
    with pytest.raises(TryAgain) as caught:
        look_up(cited("410 U.S. 113"), cited("5 U.S. 137"))
    assert (slept, 2600 < caught.value.delay_s <= 2700) == ([], True)


def test_it_asks_again_for_what_was_too_many(
    look_up: Any, server: CourtListener, slept: list[float]
) -> None:
    late = {"start_index": 0, "end_index": 12, "status": 429, "clusters": []}
    server.next_replies = [Reply(200, [late])]
    (check,) = checks(look_up(cited("410 U.S. 113")))
    assert (check and check["ok"], slept) == (True, [61])


def test_it_says_how_many_it_did_not_look_up(
    look_up: Any, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_CASES", 3)
    result = look_up(*many(5))
    assert [bool(check) for check in checks(result)] == [True, True, True, False, False]
    assert [warning["code"] for warning in result.warnings] == ["not_all_looked_up"]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(401, {"detail": "Invalid token."}), "courtlistener_unauthorized"),
        (Reply(403, {"detail": "No."}), "courtlistener_unauthorized"),
        (Reply(404, b"<html>"), "courtlistener_refused"),
        (Reply(302, b"", {"Location": "http://127.0.0.1:1/"}), "courtlistener_refused"),
    ],
)
def test_it_says_why_courtlistener_refused(
    look_up: Any, server: CourtListener, reply: Reply, code: str
) -> None:
    server.next_replies = [reply]
    with pytest.raises(BadInput) as caught:
        look_up(cited("410 U.S. 113"))
    assert (caught.value.code, TOKEN in str(caught.value)) == (code, False)


@pytest.mark.parametrize(
    "reply", [Reply(500, b""), Reply(503, {}), Reply(200, b"<html>"), Reply(200, {"a": 1})]
)
def test_it_tries_again_when_courtlistener_is_down(
    look_up: Any, server: CourtListener, reply: Reply
) -> None:
    server.next_replies = [reply]
    with pytest.raises(Unavailable) as caught:
        look_up(cited("410 U.S. 113"))
    assert caught.value.code == "service_unavailable"


def test_it_reaches_no_private_address_that_is_not_allowed(look_up: Any) -> None:
    with pytest.raises(BadInput) as caught:
        look_up(cited("410 U.S. 113"), allowed=None)
    assert caught.value.code == "bad_setting"


@pytest.mark.parametrize(
    "result",
    [
        {"start_index": "0", "status": 200, "clusters": [case("A v. B")]},
        {"start_index": 0, "status": 200, "clusters": [None, 7]},
        {"start_index": 0, "status": 200, "clusters": "none"},
        {},
    ],
)
def test_it_takes_a_muddled_answer_for_no_case(
    look_up: Any, server: CourtListener, result: Any
) -> None:
    server.next_replies = [Reply(200, [result, "nothing"])]
    (check,) = checks(look_up(cited("410 U.S. 113")))
    assert check is not None and not check["ok"]


def test_it_links_to_courtlistener_only(look_up: Any, server: CourtListener) -> None:
    there = {**case("Roe v. Wade"), "absolute_url": "javascript:alert(1)"}
    server.cases = {"410 U.S. 113": [there]}
    (check,) = checks(look_up(cited("410 U.S. 113")))
    assert check is not None and (check["ok"], check["url"]) == (True, None)


def test_it_is_a_step_after_citations(
    web: WsgiClient,
    workers: Workers,
    server: CourtListener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {"OUTBOUND_ALLOWED": "127.0.0.1", "TYPE_CASE_LOOKUP_BASE_URL": server.url,
              "TYPE_CASE_LOOKUP_TOKEN": TOKEN}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"BELLHOP_{name}", value)
    workers._settings = load(workers._settings.config_path)
    brief = ("brief.txt", b"We follow Roe v. Wade, 410 U.S. 113 (1973).")
    for _ in range(2):
        job = web.upload(brief, type="citations", then='[{"type": "case_lookup"}]').json
        while workers.run_next():
            pass
        (item,) = web.get(f"/api/v1/jobs/{job['job_id']}/result").json["items"]
        checks = {check["code"]: check for check in item["data"]["citations"][0]["checks"]}
        assert checks["found"]["name"] == "Roe v. Wade"
        assert TOKEN not in str(item)
    assert server.asked == ["410 U.S. 113"]
