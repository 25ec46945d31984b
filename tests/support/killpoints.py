"""Where `move-to` can be killed, and what is done by then."""

TO_POSTGRESQL = {
    "move-tables": "the tables are there, and not committed",
    "move-rows": "some rows are written, and not committed",
    "move-compared": "all rows are written, and not committed",
    "move-commit": "the rows are committed; the record names SQLite",
    "move-record": "the record names PostgreSQL; bellhop.db has its name",
}
TO_SQLITE = {
    "move-tables": "the file is there, without rows",
    "move-rows": "some rows are written, and not committed",
    "move-compared": "all rows are written, and not committed",
    "move-commit": "the rows are committed, in a file without its name",
    "move-named": "the file has its name; the record names PostgreSQL",
}
WITH_FILES = {"move-files": "the files are copied; the record names the data folder and SQLite"}
