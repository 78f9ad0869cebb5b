"""The released Pyro5 from the package index."""

from __future__ import annotations

from typing import Any

from interop_kit.library import Library
from Pyro5 import config, errors
from Pyro5.api import (
    URI,
    BatchProxy,
    Daemon,
    Proxy,
    SerializedBlob,
    behavior,
    callback,
    current_context,
    expose,
    locate_ns,
    oneway,
    start_ns,
)


def _options(**items: Any) -> dict[str, Any]:
    # It has one configuration for the whole process, so its client program does one step at a time.
    config.reset(False)
    for name, value in items.items():
        setattr(config, name, value)
    return {}


library = Library(
    Proxy=Proxy,
    BatchProxy=BatchProxy,
    SerializedBlob=SerializedBlob,
    URI=URI,
    Daemon=Daemon,
    expose=expose,
    oneway=oneway,
    behavior=behavior,
    callback=callback,
    current_context=current_context,
    locate_ns=locate_ns,
    start_ns=start_ns,
    errors=errors,
    options=_options,
)
