"""Functions as people write them for themselves."""

from __future__ import annotations

import functools
import logging
import time
import warnings
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bellhop import Context, Text, Url, job_type


@dataclass
class Order:
    number: int
    due: date | None = None
    tags: list[str] = field(default_factory=list)


@job_type
def compare(left: Path, right: Path, ignore_case=False):  # type: ignore[no-untyped-def]
    """Say whether two files are the same."""
    texts = [left.read_text(), right.read_text()]
    return len({text.lower() if ignore_case else text for text in texts}) == 1


@job_type
def masked(image: Path, mask: Path | None = None) -> Any:
    return {"image": image.read_text(), "mask": mask and mask.read_text()}


@job_type
def bound(pages: tuple[bytes, ...], extras: list[Path] | None = None) -> Any:
    return {"pages": [page.decode() for page in pages], "extras": len(extras or [])}


@job_type
def nightly() -> str:
    return "done"


@job_type
def add(first: int, second: int = 2) -> int:
    return first + second


@job_type
def host(page: Url) -> str:
    return page.split("/")[2]


@job_type
def letters(letter: Text, only: str = "") -> int:
    return sum(each in (only or letter) for each in letter)


@job_type
def ship(order: Order, express: bool = False) -> Any:
    return {"kind": type(order).__name__, "due": order.due, "number": order.number}


@job_type
def packed(*, order: Order) -> Any:
    return [type(order).__name__, order.due]


@job_type
def named(order: Context, /) -> str:
    return order.filename


@job_type
def counting(steps: int = 3) -> Generator[Any, None, Any]:
    for step in range(steps):
        yield f"Step {step}"
        yield {"so_far": step}
        time.sleep(0.3)
    return {"all": steps}


def loudly(function: Callable[..., str]) -> Callable[..., str]:
    @functools.wraps(function)
    def loud(*given: Any, **named: Any) -> str:
        return function(*given, **named).upper()

    return loud


@loudly
@job_type
def shouted(word: str) -> str:
    return word


@job_type
async def waiting() -> str:
    return "waited"


@job_type
def leaving() -> None:
    Path("left.csv").write_text("a,b")
    Path(".hidden").write_text("")


@job_type
def bars() -> None:
    from tqdm import tqdm  # type: ignore[import-untyped]

    for _ in tqdm(range(4), desc="Bars", mininterval=0):
        time.sleep(0.25)


@job_type
def logging_much() -> None:
    logging.getLogger("mine").info("as information")
    logging.getLogger("mine").debug("for nobody")
    warnings.warn("take care", stacklevel=1)
    print("as printed")
