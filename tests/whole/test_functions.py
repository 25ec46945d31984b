"""A hundred and more functions as people write them, on a real server and a real page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.support.browser import choose, complaints
from tests.support.functions import HEAD, NO_TYPES, PARAMETERS, PICTURES, REFUSED, RESULTS
from tests.support.running import Running, running, wait_for
from tests.support.wsgi import BOUNDARY, parts_form

GETS = """
@job_type(cache=True)
def {name}(*, value{hint}):
    return repr(value)
"""
RETURNS = """
@job_type
def {name}():
    return {expression}
"""


def hinted(hint: str) -> str:
    return f" {hint}" if hint.startswith("=") else f": {hint}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("functions")
    types = folder / "types"
    types.mkdir()
    gets = [GETS.format(name=f"gets_{n}", hint=hinted(p.hint)) for n, p in enumerate(PARAMETERS)]
    refuses = [
        GETS.format(name=f"refuses_{n}", hint=hinted(hint)) for n, (hint, *_) in enumerate(REFUSED)
    ]
    results = [
        RETURNS.format(name=f"returns_{n}", expression=r.expression) for n, r in enumerate(RESULTS)
    ]
    shows = [
        RETURNS.format(name=f"shows_{n}", expression=expression)
        for n, (expression, _) in enumerate(PICTURES)
    ]
    (types / "shows.py").write_text(HEAD + "".join(shows))
    (types / "gets.py").write_text(HEAD + "".join(gets))
    (types / "refuses.py").write_text(HEAD + "".join(refuses))
    (types / "results.py").write_text(HEAD + "".join(results))
    for number, (text, _) in enumerate(NO_TYPES):
        own = text.replace("def it(", f"def odd_{number}(")
        (types / f"odd_{number}.py").write_text(f"{HEAD}\n@job_type\n{own}\n")
    with running(folder, BELLHOP_JOBTYPES_FOLDER=str(types)) as bellhop:
        bellhop.serve()
        yield bellhop


@pytest.fixture(scope="module")
def described(served: Running) -> dict[str, Any]:
    return {each["type"]: each for each in served.client().get("/api/v1/types")["types"]}


@pytest.fixture(scope="module")
def items(served: Running) -> dict[str, dict[str, Any]]:
    """The item of each type that was submitted, by its type."""
    jobs = [send(served, f"gets_{n}", p.written) for n, p in enumerate(PARAMETERS)]
    jobs += [send(served, f"returns_{n}") for n, _ in enumerate(RESULTS)]
    return {job["type"]: ended(served, job["job_id"]) for job in jobs}


def send(served: Running, name: str, value: str | None = None) -> dict[str, Any]:
    """Submit the form of a type, with its one field where there is a value; the job."""
    parts: list[Any] = [("type", name, None), *([("value", value, None)] if value else [])]
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    request = Request(
        f"{served.url}/api/v1/jobs", data=parts_form(parts), headers={"Content-Type": kind}
    )
    with urlopen(request) as answer:
        return dict(json.load(answer))


def ended(served: Running, job_id: str) -> dict[str, Any]:
    served.final(job_id)
    return dict(served.client().items(job_id)[0])


@pytest.mark.parametrize("number", range(len(PARAMETERS)), ids=lambda n: PARAMETERS[n].hint)
def test_it_gives_the_function_the_object_of_its_hint(
    items: dict[str, dict[str, Any]], number: int
) -> None:
    item = items[f"gets_{number}"]
    assert (item["error"], item["data"]) == (None, PARAMETERS[number].got)


@pytest.mark.parametrize("number", range(len(REFUSED)), ids=lambda n: " ".join(REFUSED[n][:2]))
def test_it_refuses_what_a_hint_does_not_allow(served: Running, number: int) -> None:
    _, written, words = REFUSED[number]
    with pytest.raises(HTTPError) as refused:
        send(served, f"refuses_{number}", written)
    (error,) = json.load(refused.value)["errors"]
    assert refused.value.code == 422
    assert error["field"] == "value"
    assert words in error["message"]


@pytest.mark.parametrize("number", range(len(RESULTS)), ids=lambda n: RESULTS[n].expression)
def test_it_records_what_a_function_returns(items: dict[str, dict[str, Any]], number: int) -> None:
    item = items[f"returns_{number}"]
    assert (item["error"], item["data"]) == (None, RESULTS[number].data)


@pytest.mark.parametrize("number", range(len(NO_TYPES)), ids=lambda n: NO_TYPES[n][0])
def test_it_says_why_a_function_is_no_job_type(described: dict[str, Any], number: int) -> None:
    described_type = described[f"odd_{number}"]
    assert not described_type["available"]
    assert NO_TYPES[number][1] in described_type["reason"]


def test_it_draws_the_field_of_each_hint(browser: webdriver.Chrome, served: Running) -> None:
    complaints(browser)
    browser.get(served.url)
    wait_for(lambda: browser.find_elements(By.CSS_SELECTOR, "[data-types] [value=gets_0]"))
    missing = []
    for number, parameter in enumerate(PARAMETERS):
        choose(browser, f"gets_{number}")
        if not browser.find_elements(
            By.CSS_SELECTOR, f"[data-field=value] {parameter.control}, #param-value.code"
        ):
            missing.append(parameter.hint)
    assert missing == []
    assert complaints(browser) == []


def test_it_shows_the_picture_of_each_result(browser: webdriver.Chrome, served: Running) -> None:
    complaints(browser)
    jobs = [send(served, f"shows_{n}")["job_id"] for n, _ in enumerate(PICTURES)]
    for job_id, (expression, selector) in zip(jobs, PICTURES, strict=True):
        assert served.final(job_id)["status"] == "completed", expression
        browser.get(f"{served.url}/jobs/{job_id}")
        try:
            wait_for(partial(browser.find_elements, By.CSS_SELECTOR, f"main {selector}"))
        except AssertionError:
            pytest.fail(f"{expression} does not show {selector}")
    assert complaints(browser) == []
