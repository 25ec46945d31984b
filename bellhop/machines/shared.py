"""The settings that all machines share: what the home says holds everywhere."""

from __future__ import annotations

from dataclasses import fields

from bellhop.settings.sections import Lifetime

# The sections that machines share, each with the keys that they do.
SHARED = {
    "server": ("public_url",),
    "access": ("jobs",),
    "retry": ("delays_s",),
    "lifetime": tuple(field.name for field in fields(Lifetime)),
    "cache": ("max_mb", "max_days"),
    "outbound": ("allowed",),
    "machines": ("lease_s",),
}
OF_A_QUEUE = ("timeout_s", "memory_mb")


def is_shared(section: str, key: str) -> bool:
    """Whether a key of a section, such as `queue:ai`, is the home's to say."""
    of_several = {"queue": OF_A_QUEUE, "type": SHARED["lifetime"]}
    return key in of_several.get(section.partition(":")[0], SHARED.get(section, ()))
