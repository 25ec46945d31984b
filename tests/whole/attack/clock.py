"""The wall clock is ten years off, at the start or while Bellhop runs.

The clock of the machine stays as it is: the processes of the stage are told another one.
"""

from __future__ import annotations

import struct
import time

from tests.whole.attack.rows import Plan, Row
from tests.whole.attack.stage import PASSWORDS, Stage, stage

TEN_YEARS_S = 10 * 365 * 86400
SETTLE_S = 6.0
LOGIN_LIMIT_S = 900
# What a Python that is started with this folder on its path believes the time to be.
SHIFTED = """import datetime, mmap, os, struct, time
_file = open(os.environ["SHIFT_FILE"], "rb")
_map = mmap.mmap(_file.fileno(), 8, prot=mmap.PROT_READ)
def _by():
    return struct.unpack("=d", _map[:8])[0]
_time, _time_ns, _gettime = time.time, time.time_ns, time.clock_gettime
time.time = lambda: _time() + _by()
time.time_ns = lambda: _time_ns() + int(_by() * 1e9)
time.clock_gettime = lambda which: _gettime(which) + (_by() if which == time.CLOCK_REALTIME else 0)
class _Meta(type(datetime.datetime)):
    def __instancecheck__(cls, thing):
        return isinstance(thing, _real)
    def __subclasscheck__(cls, other):
        return issubclass(other, _real)
_real = datetime.datetime
class _Datetime(_real, metaclass=_Meta):
    @classmethod
    def now(cls, tz=None):
        return _real.fromtimestamp(time.time(), tz)
    @classmethod
    def utcnow(cls):
        return _real.utcfromtimestamp(time.time())
    @classmethod
    def today(cls):
        return cls.now()
datetime.datetime = _Datetime
"""


def attack(plan: Plan) -> list[Row]:
    """Ahead and behind, at the start and while running."""
    row = Row("clock ±10 years", "0 deletions for an hour, no login refused over 15 min")
    cases = [(by, when) for when in ("start", "running") for by in (TEN_YEARS_S, -TEN_YEARS_S)]
    for by, when in cases[: 1 if plan.is_quick else None]:
        with stage() as on:
            _one(on, row, by, when)
    row.found = f"{len(row.misses)} faults"
    return [row]


def _one(on: Stage, row: Row, by: float, when: str) -> None:
    shift = on.folder / "shift"
    (on.folder / "site").mkdir()
    (on.folder / "site" / "sitecustomize.py").write_text(SHIFTED)
    shift.write_bytes(struct.pack("=d", 0.0))
    on.environment["PYTHONPATH"] = str(on.folder / "site")
    on.environment["SHIFT_FILE"] = str(shift)
    assert on.serve_quietly(), on.log()
    what = f"{by / TEN_YEARS_S * 10:+.0f} years, {when}"
    victor = on.caller("victor")
    job = victor.submit("honest", "kept", kind="text")
    victor.final(job)
    cookie = _login(on)[1]
    for _ in range(3):  # a wait that must not become one of years
        on.caller().ask("POST", "/login", {"name": "victor", "password": "wrong, and wrong"})
    before = _files(on)
    if when == "start":
        on.stop()
        on.processes.clear()
    with shift.open("r+b") as file:
        file.write(struct.pack("=d", by))
    if when == "start":
        assert on.serve_quietly(), on.log()
    time.sleep(SETTLE_S)
    victor = on.caller("victor")
    # While the clock is ahead, the result is shown as too old; it must be there again afterwards.
    answer = victor.get(f"/jobs/{job}")
    row.expect(answer.status == 200, f"{what}: the job answers {answer.status}")
    row.expect(before <= _files(on), f"{what}: {len(before - _files(on))} files are gone")
    row.expect(victor.tried("new", 20) == [{"text": "new"}], f"{what}: no item")
    status, _, wait = _login(on)
    row.expect(status == 200 or wait <= LOGIN_LIMIT_S, f"{what}: a login waits {wait} s")
    with shift.open("r+b") as file:
        file.write(struct.pack("=d", 0.0))
    time.sleep(1)
    answer = on.caller("victor").get(f"/jobs/{job}/result")
    row.expect(answer.status == 200, f"{what}: the result answers {answer.status} afterwards")
    seen = on.caller(Cookie=cookie).get("/account").status
    row.expect(seen in (200, 401), f"{what}: a session answers {seen}")


def _files(on: Stage) -> set[str]:
    kinds = ("uploads", "results", "logs")
    return {str(p) for kind in kinds for p in (on.data / kind).rglob("*") if p.is_file()}


def _login(on: Stage) -> tuple[int, str, int]:
    """The status of a right login, its cookie, and for how long it is refused, in seconds."""
    right = {"name": "victor", "password": PASSWORDS["victor"]}
    answer = on.caller().ask("POST", "/login", right)
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    return answer.status, cookie, int(answer.headers.get("retry-after", 0))
