"""Socket pairs between two processes: the server opens a door, through which a client hands it one end of each pair."""

from __future__ import annotations

import socket
from collections.abc import Iterator

GREETING = b"!"
"""What goes along with a descriptor, which does not travel alone."""


def open_door(address: str) -> Iterator[socket.socket]:
    """Listen on a Unix domain socket at once, and yield the ends that clients hand over, for ever."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(address)
    door.listen()
    return _arrivals(door)


def _arrivals(door: socket.socket) -> Iterator[socket.socket]:
    while True:
        visitor, _ = door.accept()
        with visitor:
            _, descriptors, _, _ = socket.recv_fds(visitor, len(GREETING), 1)
            yield from (socket.socket(fileno=descriptor) for descriptor in descriptors)


def hand_over_an_end(address: str) -> socket.socket:
    """Make a socket pair, hand one end over to the server behind a door, and return the other one."""
    near, far = socket.socketpair()
    with far, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as visit:
        visit.connect(address)
        socket.send_fds(visit, [GREETING], [far.fileno()])
    return near
