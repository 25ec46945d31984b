"""Attacks on a running Bellhop as an outsider would make them; see `make attack`."""
