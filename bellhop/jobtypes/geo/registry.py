"""Names of coordinate reference systems in the database of PROJ, which comes with rasterio."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

# Names before other names, and EPSG before others; a rank with several systems decides nothing.
QUERY = """
WITH system AS (
    SELECT table_name, auth_name, code, name FROM crs_view
    WHERE NOT deprecated AND type IN ('projected', 'geographic 2D')
)
SELECT auth_name, code, 0 + 2 * (auth_name != 'EPSG') FROM system
WHERE name = :name COLLATE NOCASE
UNION
SELECT auth_name, code, 1 + 2 * (auth_name != 'EPSG') FROM system
JOIN alias_name USING (table_name, auth_name, code)
WHERE alt_name = :name COLLATE NOCASE
ORDER BY 3
"""


def find(name: str) -> str | None:
    """The authority and code, such as EPSG:3035, of the one system that has this name."""
    database = _database()
    if database is None:
        return None
    address = f"{database.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        rows = connection.execute(QUERY, {"name": " ".join(name.split())}).fetchall()
    best = {(authority, code) for authority, code, rank in rows if rank == rows[0][2]}
    return ":".join(map(str, best.pop())) if len(best) == 1 else None


def _database() -> Path | None:
    from rasterio._env import PROJDataFinder

    folder = PROJDataFinder().search()
    file = Path(folder) / "proj.db" if folder else None
    return file if file and file.is_file() else None
