"""The numbers that systems have for errors of sockets, as lists: Windows has two for some of them."""

from __future__ import annotations

import errno

__all__ = ["ERRNO_BADF", "ERRNO_EADDRINUSE", "ERRNO_EADDRNOTAVAIL", "ERRNO_ENOTSOCK", "ERRNO_RETRIES"]


def _numbers(*names: str) -> list[int]:
    """Return the numbers of those errors that this system knows, and of their Windows twins."""
    every_name = [*names, *(f"WSA{name}" for name in names)]
    return [getattr(errno, name) for name in every_name if hasattr(errno, name)]


ERRNO_RETRIES = _numbers("EINTR", "EAGAIN", "EWOULDBLOCK", "EINPROGRESS")
"""Errors that pass: trying again may succeed."""

ERRNO_BADF = _numbers("EBADF")
ERRNO_ENOTSOCK = _numbers("ENOTSOCK")
ERRNO_EADDRNOTAVAIL = _numbers("EADDRNOTAVAIL")
ERRNO_EADDRINUSE = _numbers("EADDRINUSE")
