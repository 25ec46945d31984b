"""The limits of a process (setrlimit(2)), where the system lets it know and change them.

A container or a unit of systemd may refuse both. What has no limit then is bounded by what Bellhop
weighs itself, and `check` says so.
"""

from __future__ import annotations

import resource

NONE = resource.RLIM_INFINITY, resource.RLIM_INFINITY


def of(kind: int) -> tuple[int, int]:
    """The soft and the hard limit; none where the system does not say."""
    try:
        return resource.getrlimit(kind)
    except OSError:
        return NONE


def change(kind: int, soft: int, hard: int) -> bool:
    """Set both; whether the system allowed it."""
    try:
        resource.setrlimit(kind, (soft, hard))
    except (OSError, ValueError):  # Python's word for EPERM is ValueError
        return False
    return True


def can_be_changed() -> bool:
    """Whether this process may set a limit, tried with one as it is."""
    return change(resource.RLIMIT_CORE, *of(resource.RLIMIT_CORE))
