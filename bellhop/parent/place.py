"""Where a parent listens, also when other settings say another address at a restart.

The socket of the program before goes on until the new one listens. What waits in it by then is left
to the new web, so that who came to the old address is answered too.
"""

from __future__ import annotations

import os
import socket
from typing import NamedTuple

from bellhop.base.errors import StartRefused
from bellhop.parent.handover import Handover
from bellhop.settings.settings import Settings
from bellhop.system import listener
from bellhop.system.passage import Passage


class Place(NamedTuple):
    """A socket that listens, the host and port for which it does, and why for no others.

    `connections` are both ends of the pair in which connections wait; none where there is no pair.
    """

    socket: socket.socket
    bound_for: str
    connections: tuple[int, ...]
    problem: str = ""


def listen(settings: Settings, before: Handover | None) -> Place:
    """StartRefused where the address is taken and there is no program before, with its own."""
    wanted = listener.wanted(settings)
    if before is None or before.listener < 0:
        return Place(listener.bind(settings), wanted, _pair())
    inherited = socket.socket(fileno=before.listener)
    inherited.set_inheritable(False)
    kept = Place(inherited, before.bound_for, before.connections)
    if before.bound_for == wanted:
        return kept
    try:
        found = listener.bind(settings, inherited)
    except StartRefused as refusal:  # free at the trial, and taken since: nobody is turned away
        return kept._replace(problem=str(refusal))
    _leave_waiting(inherited, before.connections)
    return Place(found, wanted, before.connections)


def _leave_waiting(inherited: socket.socket, pair: tuple[int, ...]) -> None:
    """Listen there no longer; the next web takes the connections that it has not accepted."""
    waiting = list(listener.waiting(inherited))
    inherited.close()
    passage = Passage(tuple(map(os.dup, pair)))
    passage.leave(waiting)
    passage.close()
    for connection in waiting:
        connection.close()


def _pair() -> tuple[int, ...]:
    """Both ends of what keeps connections between two webs; nothing where there is none."""
    try:
        return tuple(end.detach() for end in socket.socketpair())
    except OSError:
        return ()
