"""The tables of this installation, to look at: `python -i models.py`."""
