"""Who uses a proxy, for the rule that it belongs to one thread: configuration item PROXY_OWNERSHIP."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections.abc import Callable

__all__ = ["current_owner", "number_of"]

current_owner: Callable[[], object] = threading.get_ident
"""Return who is running: the thread or, if the package greenlet is installed, the greenlet."""

with contextlib.suppress(ImportError):
    current_owner = importlib.import_module("greenlet").getcurrent


def number_of(owner: object) -> int:
    """Return the number of an owner, to show in a text."""
    return owner if isinstance(owner, int) else id(owner)
