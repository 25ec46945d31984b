"""The HTTP side: handlers, one file per resource; `routes.py` is the table of them."""
