"""Headers in which a proxy names a person: taken from proxies that are trusted, from nobody else.

Whoever can send one is whoever they like. So they are taken out of the head of every request
before anything else reads it, in any spelling that some program takes for the name.
"""

from __future__ import annotations

from bellhop.base.errors import Problem
from bellhop.settings.sections import Sso
from bellhop.sso import header


class Named:
    """What a head says of who somebody is, by `[sso]`."""

    def __init__(self, sso: Sso):
        names = {sso.header: header.NAME, sso.groups_header: header.GROUPS} if sso.header else {}
        self._names = {name.encode(): known_as for name, known_as in names.items() if name}

    def taken(self, head: bytes) -> tuple[bytes, dict[str, str]]:
        """A head as `syntax.checked` gives it, without these headers; what they said.

        Raises the problem of one that is there twice: one of them may be the client's.
        """
        if not self._names:
            return head, {}
        kept, said = [], dict[str, str]()
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b": ")
            # CGI writes both as _, and so a proxy may send on what it should have replaced.
            known_as = self._names.get(name.replace(b"_", b"-"))
            if known_as is None:
                kept.append(line)
            elif b"_" not in name:
                if known_as in said:
                    raise Problem("bad-request", "The proxy names two people, or groups twice.")
                said[known_as] = value.decode(errors="replace")
        if not said.get(header.NAME, "-"):  # of nobody that the proxy knows
            said = {}
        return b"\r\n".join(kept), said
