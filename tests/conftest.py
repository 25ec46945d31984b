"""What the tests share: an installation of their own, and the worker stepped by hand."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bellhop import __version__
from bellhop.accounts import passwords
from bellhop.base import prefix
from bellhop.bell.bell import Bell
from bellhop.catalog.catalog import Catalog
from bellhop.consumer.workers import Workers
from bellhop.database import server
from bellhop.database.database import bind, database
from bellhop.jobs import lifecycle
from bellhop.jobs.intake import Intake
from bellhop.jobs.newjob import NewItem, NewJob
from bellhop.machines import members
from bellhop.settings import configuration
from bellhop.settings.settings import Settings
from bellhop.storage import presence
from bellhop.storage.files import Files
from bellhop.storage.installation import Installation, make_folder, rows_location
from bellhop.storage.models import Job
from bellhop.web import routes
from bellhop.web.site import Site
from tests.support import once, single
from tests.support.disks import disk_at, sync_nothing
from tests.support.jobs import job_of
from tests.support.nobody import NOBODY
from tests.support.objects import ObjectStore
from tests.support.once import descriptions, empty_tables, migrated
from tests.support.places import ROOT, SHARED, TYPES
from tests.support.postgres import Databases, Postgres
from tests.support.running import Running
from tests.support.wsgi import WsgiClient

# The files that take longest, the longest first: `make test` begins with them, so that no core is
# idle in the end.
LONGEST = (
    "chaos_cluster", "evaluation", "attack", "lifecycle_property", "chaos_postgresql",
    "installations", "chaos", "moving", "machines", "commands", "storage", "stops", "stop_signals",
    "acceptance", "disks", "doors", "killpoints", "addresses", "browser", "power_cut",
    "connections", "fuzz", "terminals", "sqlite_load",
)  # fmt: skip
# What starts a server, a browser, or describes job types in child processes.
IN_PROCESSES = ("whole", "catalog", "environments", "jobprocess")
SERVERS = {"workers", "postgres", "object_store", "files_at"}  # fixtures that do
# Where all tests have their rows; none: on SQLite, and those of the states of jobs on both.
ENGINE = os.environ.get("ROWS", "")
BOTH = {("whole", "test_killpoints.py"), ("watch", "test_dying.py")}
OF_STATES = {"jobs", "schedules", "notices"}


def pytest_configure() -> None:
    """Heed the signals of a stop, as Bellhop is to: who starts the tests may have them ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


@pytest.hookimpl(tryfirst=True)  # before -m chooses by the marker
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what starts processes; leave out what needs what is not here."""
    items.sort(key=_place)
    for item in items:
        wing = item.path.relative_to(ROOT / "tests").parts[0]
        if wing in IN_PROCESSES or SERVERS & {*getattr(item, "fixturenames", ())}:
            item.add_marker("processes")
    absent = set() if SHARED.is_dir() else {"shared_data"}
    absent |= {"sqlite"} if ENGINE == "postgresql" else set()
    left_out = [item for item in items if any(map(item.get_closest_marker, absent))]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def _place(item: pytest.Item) -> tuple[int, bool]:
    """Which tests come first: the longest files, then those that start processes."""
    name = item.path.stem.removeprefix("test_")
    is_whole = item.path.parent.name == "whole"
    place = LONGEST.index(name) if is_whole and name in LONGEST else len(LONGEST)
    return place, not is_whole


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is true of the states of jobs is true on either database."""
    place = metafunc.definition.path.relative_to(ROOT / "tests").parts
    is_of_both = place in BOTH or (place[0] in OF_STATES and "rows" in metafunc.fixturenames)
    if is_of_both and not (ENGINE or metafunc.definition.get_closest_marker("sqlite")):
        metafunc.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("BELLHOP_", "PG")):  # PG: what libpq reads
            monkeypatch.delenv(name)
    # No test looks after the database of one before it.
    monkeypatch.setattr(presence, "_present", None)
    monkeypatch.setattr(members, "_membership", None)
    monkeypatch.setattr(prefix, "_under", [""])


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing, in this process; each takes some tenths of a second else."""
    monkeypatch.setattr(passwords, "N", 2)


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Settings]:
    """Settings of a config.ini with the given text and a data folder of its own.

    From the first account on, job types may write to the folder `outside` beside it.
    """

    def load(text: str = "") -> Settings:
        path = tmp_path / "config.ini"
        (tmp_path / "outside").mkdir(exist_ok=True)
        types = f"[jobtypes]\nfolder = {TYPES}\nwritable = outside\n"
        path.touch(0o600)  # it may hold a secret
        path.write_text(f"{'' if '[jobtypes]' in text else types}{text}\n")
        return configuration.load(path)

    return load


@pytest.fixture
def loaded(config: Callable[[str], Settings], rows: str) -> Settings:
    return config("")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for all tests of this process about statements, which must leave it running."""
    with Postgres(fast=True) as running:
        yield running


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStore]:
    """An S3 server for all tests of this process, each with a prefix of its own."""
    with ObjectStore() as running:
        yield running


@pytest.fixture(params=["folder", "mount", "s3"])
def files_at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What `[storage] files` may be: nothing, a folder of all machines, the address of a bucket."""
    if request.param == "s3":
        store: ObjectStore = request.getfixturevalue("object_store")
        yield store.url()
    elif request.param == "mount":
        with disk_at(tmp_path / "shared") as disk:
            yield str(disk)
    else:
        yield ""


@pytest.fixture(scope="session")
def tables(postgres: Postgres) -> str:
    """The address of a database with all tables, for one test after the other."""
    url = postgres.new_database("tables")
    server.migrate(url, alone=True)
    return url


@pytest.fixture(scope="session")
def databases(postgres: Postgres) -> Databases:
    return Databases(postgres)


@pytest.fixture(scope="session", autouse=True)
def _made_by_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    own = tmp_path_factory.getbasetemp()
    once.shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _databases_of_modules(request: pytest.FixtureRequest) -> None:
    if ENGINE == "postgresql":
        Running.databases = request.getfixturevalue("databases")


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Which database this test uses, also in each Bellhop that it starts."""
    engine: str = getattr(request, "param", ENGINE or "sqlite")
    if engine == "sqlite":
        yield engine
        return
    databases: Databases = request.getfixturevalue("databases")
    monkeypatch.setattr(Running, "databases", databases)
    folder = request.getfixturevalue("tmp_path")
    yield engine
    databases.drop_below(folder)


@pytest.fixture
def rows(request: pytest.FixtureRequest, engine: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where this test has its rows: the address of an empty database, or none for SQLite."""
    if engine == "sqlite":
        return ""
    url: str = request.getfixturevalue("tables")
    empty_tables(url)
    monkeypatch.setenv("BELLHOP_STORAGE_DATABASE", url)
    return url


@pytest.fixture
def here(loaded: Settings, rows: str) -> Iterator[Installation]:
    """An installation with a migrated database, open in this thread, that knows its job types."""
    folder = make_folder(loaded)
    rows_at = rows_location(loaded)
    installation = Installation(folder, "test", "sqlite", "", rows=rows_at, version=__version__)
    if not rows:
        installation.database.write_bytes(migrated())
        bind(installation.database)
        sync_nothing()
    installation.described_types.write_bytes(descriptions())
    yield installation
    database.close_all()


@pytest.fixture
def submit(here: Installation) -> Callable[..., Job]:
    """Accept a job of texts, one item each."""

    def accept(*texts: str, type: str = "noop", queue: str = "parsing", **options: Any) -> Job:
        items = [NewItem(text, {"text": text}) for text in texts or ("a",)]
        job = NewJob(
            **{
                "type": type,
                "name": "a job",
                "params": {},
                "queue": queue,
                "max_attempts": 4,
                "items": items,
                **options,
            }
        )
        lifecycle.submit(job)
        return job_of(job.job_id)

    return accept


@pytest.fixture
def workers(loaded: Settings, here: Installation) -> Iterator[Workers]:
    """The workers of a consumer that rings nobody; `run_next` steps them."""
    counts = {name: queue.workers for name, queue in loaded.queues.items()}
    floor = Workers(loaded, here, consumer="c1", counts=counts, ring=lambda times: None)
    single.register("c1")
    yield floor
    floor.pool.retire_idle(0)


@pytest.fixture
def site(loaded: Settings, here: Installation) -> Site:
    files, catalog = Files(here.folder, loaded.storage.files), Catalog(loaded, here)
    bell = Bell(loaded, here)
    return Site(loaded, here, files, catalog, bell, Intake(loaded, catalog))


@pytest.fixture
def web(site: Site) -> WsgiClient:
    """The HTTP API over the test's installation, without a socket."""
    database.close()  # each request opens its own
    return WsgiClient(routes.make_app(site))


@pytest.fixture
def empty_database(postgres: Postgres) -> Iterator[str]:
    """The URL of a new database, which ends with the test, as do the connections to it."""
    yield postgres.new_database("empty")
    postgres.drop_database("empty")


@pytest.fixture
def ours() -> Iterator[Path]:
    """A folder of a user who is not root, for whom rights mean something."""
    path = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    yield path
    shutil.rmtree(path, ignore_errors=True)
