"""Functions as people write them: submitted over HTTP, run by a worker, told in the result."""

from __future__ import annotations

from typing import Any

import pytest

from bellhop.consumer.workers import Workers
from bellhop.jobs import lifecycle
from tests.support.wsgi import Answer, WsgiClient, parts_form

JOBS = "/api/v1/jobs"
Part = tuple[str, str, bytes | None]


def send(web: WsgiClient, type_name: str, *parts: Part) -> Answer:
    """Submit a form of (field, text or file name, content of a file)."""
    return web.send_form(parts_form([("type", type_name, None), *parts]))


def results(web: WsgiClient, workers: Workers, accepted: Answer) -> list[dict[str, Any]]:
    assert accepted.status == 202, accepted.body
    while workers.run_next():
        pass
    return list(web.get(f"{JOBS}/{accepted.json['job_id']}/result").json["items"])


def result(web: WsgiClient, workers: Workers, accepted: Answer) -> Any:
    (item,) = results(web, workers, accepted)
    return item["data"]


def test_it_takes_a_file_for_each_of_two_parameters(web: WsgiClient, workers: Workers) -> None:
    files: list[Part] = [("left", "a.txt", b"Same"), ("right", "b.txt", b"same")]
    assert result(web, workers, send(web, "compare", *files)) is False
    answer = send(web, "compare", *files, ("ignore_case", "true", None))
    assert result(web, workers, answer) is True


def test_it_names_the_file_parameter_that_is_missing(web: WsgiClient) -> None:
    answer = send(web, "compare", ("left", "a.txt", b"a"))
    assert answer.json["errors"] == [{"field": "right", "message": "must have at least one file"}]


def test_it_names_the_fields_that_take_files(web: WsgiClient) -> None:
    answer = send(web, "compare", ("wrong", "a.txt", b"a"))
    assert "left, right" in answer.json["errors"][0]["message"]


def test_it_takes_the_usual_field_for_the_first_file(web: WsgiClient, workers: Workers) -> None:
    answer = send(web, "masked", ("files", "a.txt", b"a"), ("mask", "m.txt", b"m"))
    assert result(web, workers, answer) == {"image": "a", "mask": "m"}


def test_it_gives_every_item_the_files_beside_it(web: WsgiClient, workers: Workers) -> None:
    parts: list[Part] = [("image", "a", b"a"), ("image", "b", b"b"), ("mask", "m", b"m")]
    found = [item["data"] for item in results(web, workers, send(web, "masked", *parts))]
    assert found == [{"image": "a", "mask": "m"}, {"image": "b", "mask": "m"}]


def test_it_leaves_out_a_file_that_may_be_missing(web: WsgiClient, workers: Workers) -> None:
    answer = send(web, "masked", ("files", "a.txt", b"a"))
    assert result(web, workers, answer) == {"image": "a", "mask": None}


def test_it_takes_one_file_for_a_parameter_that_goes_with_all(web: WsgiClient) -> None:
    parts: list[Part] = [("files", "a.txt", b"a"), ("mask", "m", b"m"), ("mask", "n", b"n")]
    answer = send(web, "masked", *parts)
    assert answer.json["errors"] == [{"field": "mask", "message": "takes one file"}]


def test_it_gives_contents_and_lists_of_files(web: WsgiClient, workers: Workers) -> None:
    parts: list[Part] = [("pages", "1", b"one"), ("pages", "2", b"two"), ("extras", "e", b"e")]
    answer = send(web, "bound", *parts)
    assert result(web, workers, answer) == {"pages": ["one", "two"], "extras": 1}


def test_it_reuses_no_result_for_other_files_beside(web: WsgiClient, workers: Workers) -> None:
    for content in (b"m", b"n"):
        answer = send(web, "masked", ("files", "a.txt", b"a"), ("mask", "m", content))
        assert result(web, workers, answer)["mask"] == content.decode()
        assert not answer.json["cached"]


def test_it_reuses_a_result_for_the_same_files_beside(web: WsgiClient, workers: Workers) -> None:
    parts: list[Part] = [("files", "a.txt", b"a"), ("mask", "m", b"m")]
    result(web, workers, send(web, "masked", *parts))
    assert send(web, "masked", *parts).json["cached"]


def test_it_runs_a_type_without_input(web: WsgiClient, workers: Workers) -> None:
    assert result(web, workers, web.post(JOBS, {"type": "nightly"})) == "done"
    assert result(web, workers, send(web, "nightly")) == "done"


def test_it_runs_a_type_without_input_each_time(web: WsgiClient, workers: Workers) -> None:
    for _ in range(2):
        answer = web.post(JOBS, {"type": "add", "params": {"first": 1}})
        assert (result(web, workers, answer), answer.json["cached"]) == (3, False)


def test_it_takes_a_schedule_of_a_type_without_input(web: WsgiClient) -> None:
    schedule = {"name": "Night", "cron": "@daily", "timezone": "UTC", "job": {"type": "nightly"}}
    assert web.post("/api/v1/schedules", schedule).status == 201


def test_it_refuses_items_of_a_type_without_input(web: WsgiClient) -> None:
    answer = web.post(JOBS, {"type": "nightly", "items": [{"text": "a"}]})
    said = "Nightly takes no items; leave them out"
    assert answer.json["errors"] == [{"field": "items", "message": said}]
    assert "takes no input, not files" in str(send(web, "nightly", ("files", "a", b"a")).json)


def test_it_takes_a_url_by_the_name_of_its_parameter(web: WsgiClient, workers: Workers) -> None:
    answer = send(web, "host", ("page", "https://a.example/b", None))
    assert result(web, workers, answer) == "a.example"
    answer = web.post(JOBS, {"type": "host", "items": [{"url": "https://b.example/"}]})
    assert result(web, workers, answer) == "b.example"


def test_it_tells_a_text_from_the_fields_beside_it(web: WsgiClient, workers: Workers) -> None:
    answer = send(web, "letters", ("letter", "banana", None), ("only", "an", None))
    assert result(web, workers, answer) == 5


def test_it_says_which_field_has_the_item(web: WsgiClient) -> None:
    assert send(web, "letters").json["errors"] == [{"field": "letter", "message": "is missing"}]


def test_it_gives_json_as_the_class_of_the_hint(web: WsgiClient, workers: Workers) -> None:
    order = {"number": 7, "due": "2026-01-02"}
    expected = {"kind": "Order", "due": "2026-01-02", "number": 7}
    answer = web.post(JOBS, {"type": "ship", "items": [{"json": order}]})
    assert result(web, workers, answer) == expected
    answer = send(web, "ship", ("order", '{"number": 7, "due": "2026-01-02"}', None))
    assert result(web, workers, answer) == expected


def test_it_refuses_json_that_the_class_does_not_take(web: WsgiClient, workers: Workers) -> None:
    answer = web.post(JOBS, {"type": "ship", "items": [{"json": {"number": "x"}}]})
    assert answer.status == 422
    assert "number must be integer" in answer.json["errors"][0]["message"]


def test_it_takes_a_class_as_a_field_where_it_has_a_name(web: WsgiClient, workers: Workers) -> None:
    params = {"order": {"number": 7, "due": "2026-01-02"}}
    answer = web.post(JOBS, {"type": "packed", "params": params})
    assert result(web, workers, answer) == ["Order", "2026-01-02"]


def test_it_shows_what_a_generator_gave_until_it_ends(
    web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = lifecycle.progress

    def progress(claim: Any, *told: Any) -> bool:
        is_held = real(claim, *told)
        items = web.get(f"{JOBS}/{claim.job_id}/items").json["items"]
        seen.append(items[0].get("partial"))
        return is_held

    monkeypatch.setattr(lifecycle, "progress", progress)
    answer = web.post(JOBS, {"type": "counting", "params": {"steps": 2}})
    assert result(web, workers, answer) == {"all": 2}
    assert {"so_far": 0} in seen or {"so_far": 1} in seen
    items = web.get(f"{JOBS}/{answer.json['job_id']}/items").json["items"]
    assert "partial" not in items[0]


def test_it_calls_a_function_with_all_of_its_decorators(web: WsgiClient, workers: Workers) -> None:
    answer = web.post(JOBS, {"type": "shouted", "params": {"word": "a"}})
    assert result(web, workers, answer) == "A"


def test_it_waits_for_a_coroutine(web: WsgiClient, workers: Workers) -> None:
    assert result(web, workers, web.post(JOBS, {"type": "waiting"})) == "waited"


def test_it_offers_what_a_function_left_in_its_folder(web: WsgiClient, workers: Workers) -> None:
    (item,) = results(web, workers, web.post(JOBS, {"type": "leaving"}))
    assert [file["name"] for file in item["files"]] == ["left.csv"]
    assert [(w["code"], w["where"]) for w in item["warnings"]] == [("left_behind", "left.csv")]


def test_it_gives_the_context_whatever_its_parameter_is_called(
    web: WsgiClient, workers: Workers
) -> None:
    assert result(web, workers, web.post(JOBS, {"type": "named"})) == "Named"


def test_it_takes_the_progress_of_tqdm(
    web: WsgiClient, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, str]] = []
    real = lifecycle.progress

    def progress(claim: Any, percent: int, step: str, *more: Any) -> bool:
        told.append((percent, step))
        return real(claim, percent, step, *more)

    monkeypatch.setattr(lifecycle, "progress", progress)
    result(web, workers, web.post(JOBS, {"type": "bars"}))
    assert {step for _, step in told} == {"Bars"}
    assert {percent for percent, _ in told} & {25, 50, 75}


def test_it_takes_what_is_logged_as_output(web: WsgiClient, workers: Workers) -> None:
    answer = web.post(JOBS, {"type": "logging_much"})
    result(web, workers, answer)
    printed = web.get(f"{JOBS}/{answer.json['job_id']}/items/0/log").body.decode()
    assert "INFO mine: as information" in printed
    assert "UserWarning: take care" in printed
    assert "as printed" in printed
    assert "for nobody" not in printed
