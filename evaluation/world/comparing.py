"""What a result differs in from the right answer, for each job type that has cases.

`differences` gives a text for each; none of them where the case holds. Only the members that the
expected answer names are compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluation.quiz import error_rate
from evaluation.trial_balance import found_in
from evaluation.world import Case, Outcome

MOST_DIFFERENCE = 1e-6
MOST_ERRORS = 0.12
ACCOUNTS_MORE_OR_LESS = 1


def differences(case: Case, outcome: Outcome) -> list[str]:
    """What is wrong with one outcome of a case."""
    if "either" in case.expected:
        ways = [_alternative(case, text, outcome) for text in case.expected["either"]]
        return [] if [] in ways else [difference for way in ways for difference in way]
    wanted = case.expected.get("error")
    if wanted or outcome.error or outcome.data is None:
        return [] if outcome.error == wanted else [f"error {outcome.error}, not {wanted}"]
    return list(COMPARED[case.type](case, outcome, outcome.data))


def _alternative(case: Case, text: str, outcome: Outcome) -> list[str]:
    """One of several right answers: "error CODE" or "pixels identical …"."""
    if text.startswith("error "):
        other = case._replace(expected={"error": text.removeprefix("error ")})
        return differences(other, outcome)
    assert text.startswith("pixels identical"), text
    if outcome.error:
        return [f"error {outcome.error}"]
    is_same = _same_pixels(case.files[0], outcome.files["georeferenced.tif"])
    return [] if is_same else ["the pixels were changed"]


def _same_pixels(first: Path, second: Path) -> bool:
    import numpy
    import rasterio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first need not have its place
        one, other = rasterio.open(first), rasterio.open(second)
    with one, other:
        return bool(numpy.array_equal(one.read(), other.read()))


def _trial_balance(case: Case, outcome: Outcome, data: dict[str, Any]) -> Iterator[str]:
    found = found_in(data)
    for name, wanted in case.expected.items():
        if name == "n_accounts":
            if abs(found["account_count"] - wanted) > ACCOUNTS_MORE_OR_LESS:
                yield f"{found['account_count']} accounts, not {wanted}"
        elif name != "anomalies_ok" and found.get(name) != wanted:
            yield f"{name} {found.get(name)}, not {wanted}"
    forgiven = case.expected.get("anomalies_ok", [])
    for anomaly in data["reports"]["anomalies"]:
        is_forgiven = forgiven is True or anomaly["code"] in (forgiven or [])
        if anomaly["severity"] == "error" and not is_forgiven:
            yield f"anomaly {anomaly['code']}"


def _citations(case: Case, outcome: Outcome, data: dict[str, Any]) -> Iterator[str]:
    found, wanted = data["citations"], case.expected["citations"]
    if len(found) != len(wanted):
        yield f"{len(found)} citations, not {len(wanted)}: {[one['text'] for one in found]}"
        return
    for index, (one, members) in enumerate(zip(found, wanted, strict=True)):
        facts = {
            **one,
            "ok": all(check["ok"] for check in one["checks"]),
            "same_cluster": _first_of_cluster(found, one),
        }
        for name, value in members.items():
            right = _first_of_cluster(found, found[value]) if name == "same_cluster" else value
            if facts.get(name) != right:
                yield f"citation {index}: {name} {facts.get(name)!r}, not {right!r}"


def _first_of_cluster(found: list[dict[str, Any]], one: dict[str, Any]) -> int:
    """Which citation is the first of what this one cites; itself where nobody knows."""
    if one["cluster"] is None:
        return found.index(one)
    return [each["cluster"] for each in found].index(one["cluster"])


def _georaster(case: Case, outcome: Outcome, data: dict[str, Any]) -> Iterator[str]:
    for name, wanted in case.expected.items():
        if name in ("note", "status"):  # for people; and there is a result
            continue
        if name == "crs_is":
            found: Any = _system_of(outcome.files["georeferenced.tif"])
        else:
            found = data.get(name)
        if not _is_equal(found, wanted):
            yield f"{name} {found}, not {wanted}"


def _system_of(raster: Path) -> str | None:
    """The name in the EPSG registry of the system of a raster."""
    import rasterio
    from rasterio.crs import CRS

    with rasterio.open(raster) as source:
        code = source.crs and source.crs.to_epsg()
    return CRS.from_epsg(code).wkt.split('"')[1] if code else None


def _is_equal(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, list) and isinstance(found, list | tuple):
        return len(found) == len(wanted) and all(map(_is_equal, found, wanted))
    if isinstance(wanted, int | float) and isinstance(found, int | float):
        return abs(found - wanted) <= MOST_DIFFERENCE
    return bool(found == wanted)


def _quiz(case: Case, outcome: Outcome, data: dict[str, Any]) -> Iterator[str]:
    found = [question for image in data["images"] for question in image["questions"]]
    wanted = case.expected["questions"]
    if data["total_questions"] != len(wanted):
        yield f"{data['total_questions']} questions, not {len(wanted)}"
        return
    given = {str(question["number"]).casefold(): question["answer"] for question in found}
    answers = [(given.get(str(one["number"]).casefold()), one["answer"]) for one in wanted]
    errors = [error_rate(read or "", right) if read is not None else 1 for read, right in answers]
    if (mean := sum(errors) / len(errors)) > MOST_ERRORS:
        read = [(question["number"], question["answer"]) for question in found]
        yield f"character errors {mean:.2f}: {read}"


def _webpage(case: Case, outcome: Outcome, data: dict[str, Any]) -> Iterator[str]:
    text = _plain(data["text"])
    for snippet in case.expected["with"]:
        if _plain(snippet) not in text:
            yield f"without {snippet!r}"
    for snippet in case.expected["without"]:
        if _plain(snippet) in text:
            yield f"with {snippet!r}"


def _plain(text: str) -> str:
    return " ".join(text.split())


COMPARED = {
    "citations": _citations,
    "georaster": _georaster,
    "quiz": _quiz,
    "trial_balance": _trial_balance,
    "webpage": _webpage,
}
