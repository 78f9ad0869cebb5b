"""How long a socket lets its user wait before it says "not now"."""

from __future__ import annotations

import socket
import ssl
import struct
import sys

__all__ = ["be_patient", "never_wait"]

# Windows has another layout, and so have systems of 32 bits whose time has 64; Python's own limit does as well there.
_HAS_TIMEVAL = sys.platform != "win32" and hasattr(socket, "SO_RCVTIMEO") and struct.calcsize("@l") == 8


def never_wait(sock: socket.socket) -> None:
    """Have the socket raise at once when nothing can be received or sent."""
    sock.setblocking(False)


def be_patient(sock: socket.socket, seconds: float) -> None:
    """Have the socket raise when nothing could be received or sent for that time.

    The kernel keeps the time where it can: with ``settimeout`` Python would ask ``poll`` before each ``recv``, which
    costs a system call in each call of a method. OpenSSL does not pass the kernel's answer on.
    """
    if isinstance(sock, ssl.SSLSocket) or not _HAS_TIMEVAL:
        sock.settimeout(seconds)
        return
    sock.setblocking(True)
    whole = int(seconds)
    timeval = struct.pack("@ll", whole, int((seconds - whole) * 1_000_000))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
