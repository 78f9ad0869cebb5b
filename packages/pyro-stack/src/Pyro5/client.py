"""Calling: what programs import from ``Pyro5.client``.

The names with an underscore are those that some programs ask for by ``isinstance``.
"""

from pyro_client import BatchProxy, Proxy, SerializedBlob
from pyro_client.batch import _QueuedMethod as _BatchedRemoteMethod
from pyro_client.remote_method import RemoteMethod as _RemoteMethod
from pyro_client.streams import StreamResultIterator as _StreamResultIterator

__all__ = [
    "BatchProxy",
    "Proxy",
    "SerializedBlob",
    "_BatchedRemoteMethod",
    "_RemoteMethod",
    "_StreamResultIterator",
]
