"""The command `space`: what takes how much, also while Bellhop is stopped."""

from __future__ import annotations

from bellhop.base.errors import StartRefused
from bellhop.base.program import TYPED
from bellhop.base.texts import shown_json
from bellhop.database.database import database, refusing
from bellhop.settings.settings import Settings
from bellhop.space import installation, report
from bellhop.space.measured import Measure
from bellhop.storage.installation import bind_rows, read_record


@refusing()
def run(settings: Settings, *, as_json: bool) -> int:
    """Measure the files first: what they take can be said also where the rows are away."""
    here = read_record(settings.data_dir)
    if here is None:
        raise StartRefused(f"{settings.data_dir} is not the data folder of a Bellhop yet")
    measure = Measure()
    found = {**installation.measured(settings, measure), "rows": None}
    if not as_json:
        print("\n".join(report.of_files(found)), flush=True)
    if here.home:
        if not as_json:
            print(f"Its jobs are those of {here.home}: run {TYPED} space there")
    else:
        bind_rows(settings, here, may_write=False)
        with database.connection_context():
            found["rows"] = installation.of_rows(settings, here, measure)
        if not as_json:
            print("\n".join(report.of_rows(found["rows"])))
    if as_json:
        print(shown_json(found))
    return 0
