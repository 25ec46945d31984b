"""Where the API and its jobs are, as it is told to others; and where others come from."""

from __future__ import annotations

import ipaddress

API = "/api/v1"


def of_job(job_id: str) -> str:
    """What follows it, as in `/result`, is of this job."""
    return f"{API}/jobs/{job_id}"


def network(text: str) -> str:
    """What counts as one address: of IPv6 the /64, which one subscriber has to themselves.

    An IPv4 address that is written as IPv6 (RFC 4291, 2.5.5.2) is that IPv4 address.
    """
    try:
        known = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, 64), strict=False))
