"""Calling: what programs import from ``Pyro5.client``."""

from pyro_client import BatchProxy, Proxy, SerializedBlob

__all__ = ["BatchProxy", "Proxy", "SerializedBlob"]
