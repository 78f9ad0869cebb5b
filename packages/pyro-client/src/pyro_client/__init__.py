"""Calling remote objects: proxies, batches, and the way to the name server."""

from __future__ import annotations

from pyro_client.batch import BatchProxy
from pyro_client.lookup import locate_ns, resolve
from pyro_client.naming import type_meta
from pyro_client.proxy import Proxy
from pyro_client.streams import StreamResultIterator
from pyro_uri import URI
from pyro_wire import SerializedBlob, SerializerBase, config, current_context, errors

__all__ = [
    "BatchProxy",
    "Proxy",
    "SerializedBlob",
    "SerializerBase",
    "StreamResultIterator",
    "URI",
    "config",
    "current_context",
    "errors",
    "locate_ns",
    "resolve",
    "type_meta",
]
