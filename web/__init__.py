"""The HTTP side: handlers, one file per resource; `app.py` has the table of routes."""
