"""The library of this repository."""

from __future__ import annotations

from typing import Any

from interop_kit.library import Library
from pyro_client import BatchProxy, Proxy, locate_ns
from pyro_ns import start_ns
from pyro_server import Daemon, behavior, callback, expose, oneway
from pyro_uri import URI
from pyro_wire import Config, SerializedBlob, current_context, errors


def _options(**items: Any) -> dict[str, Any]:
    return {"config": Config(**items)}


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
