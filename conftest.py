"""What holds for the tests of every package."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow machine is no failure: properties are judged by what they find, not by how long that takes.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

DESCRIPTORS = Path("/proc/self/fd")
"""Where Linux shows the open files of the process; elsewhere only threads are counted."""

GONE_WITHIN = 10.0
"""Seconds that threads have to end after a test."""


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> Iterator[None]:
    """Fail a test after which there are threads or sockets that were not there before."""
    threads, sockets = set(threading.enumerate()), open_sockets()
    yield
    deadline = time.monotonic() + GONE_WITHIN
    for thread in set(threading.enumerate()) - threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    left = [thread.name for thread in set(threading.enumerate()) - threads]
    assert not left, "the test left threads behind"
    assert not open_sockets() - sockets, "the test left sockets open"


def open_sockets() -> set[str]:
    """Return what names the open sockets of this process."""
    if not DESCRIPTORS.is_dir():
        return set()
    links = set()
    for descriptor in os.listdir(DESCRIPTORS):
        try:
            links.add(os.readlink(DESCRIPTORS / descriptor))
        except FileNotFoundError:  # that of the listing itself, for one
            continue
    return {link for link in links if link.startswith("socket:")}
