"""What the interoperability programs use of a library: the documented names, the same in both."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Library:
    """One of the two libraries."""

    Proxy: Any
    BatchProxy: Any
    SerializedBlob: Any
    URI: Any
    Daemon: Any
    expose: Any
    oneway: Any
    behavior: Any
    callback: Any
    current_context: Any
    locate_ns: Any
    start_ns: Any
    errors: Any
    options: Callable[..., dict[str, Any]]
    """Keyword arguments for a proxy, a daemon or `locate_ns`: the default configuration with these items replaced."""


def load(name: str) -> Library:
    """The library `ours` or `released`."""
    # By name, because the other one must not come into this process.
    library: Library = importlib.import_module(f"interop_kit.{name}").library
    return library
