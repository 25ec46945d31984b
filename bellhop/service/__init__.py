"""Bellhop as a service of systemd: what it is told, and the unit that starts it."""
