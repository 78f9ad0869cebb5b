"""A call that came over HTTP: from its arguments to the bytes of its answer. Nothing here knows of HTTP."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyro_client import URI, Proxy
from pyro_wire.calls import GETATTR_METHOD, dump_exception
from pyro_wire.config import Config
from pyro_wire.message import FLAGS_EXCEPTION, FLAGS_ONEWAY, Message
from pyro_wire.serializers import table_for

__all__ = ["Call", "Outcome", "carry_out", "failure"]

META = "$meta"
"""The name of a method that every object has here: it tells what there is."""

_SERIALIZER = "json"


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of an object."""

    object_name: str
    method: str
    parameters: Mapping[str, Any]
    oneway: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call, in json, and the id that its log lines have everywhere; None if no call was made."""

    body: bytes
    is_error: bool = False
    correlation_id: uuid.UUID | None = None


def carry_out(call: Call, uri: URI, config: Config, timeout: float | None) -> Outcome:
    """Make a call, waiting for ``timeout`` seconds at most at each step. Raises what a proxy raises on its own.

    An error that the object raised is no exception here, but an outcome: it arrives in json and is passed on as it is.
    """
    with Proxy(uri, config=config) as proxy:
        proxy._pyroSerializer = _SERIALIZER
        proxy._pyroTimeout = timeout
        proxy._pyroBind()
        if call.method == META:
            return Outcome(_description(proxy))
        proxy._pyroRawWireResponse = True
        return _outcome(_invoke(proxy, call))


def _description(proxy: Proxy) -> bytes:
    return json.dumps({"methods": sorted(proxy._pyroMethods), "attributes": sorted(proxy._pyroAttrs)}).encode()


def _invoke(proxy: Proxy, call: Call) -> Message | None:
    """Return the answer to a call, None if there will be none.

    The names are looked up here and never on the proxy itself: it has methods of its own, which are nobody's business.
    """
    message: Message | None
    if call.method in proxy._pyroAttrs:
        if call.parameters:
            raise TypeError(f"{call.method!r} is an attribute, which takes no parameters")
        message = proxy._pyroInvoke(GETATTR_METHOD, (call.method,), None)
    elif call.method in proxy._pyroMethods:
        flags = FLAGS_ONEWAY if call.oneway else 0
        message = proxy._pyroInvoke(call.method, (), dict(call.parameters), flags)
    else:
        raise AttributeError(f"remote object '{proxy._pyroUri}' has no exposed attribute or method '{call.method}'")
    return message


def _outcome(message: Message | None) -> Outcome:
    if message is None:
        return Outcome(b"")
    return Outcome(bytes(message.data), bool(message.flags & FLAGS_EXCEPTION))


def failure(error: Exception, config: Config) -> Outcome:
    """Return the outcome of a call that could not be made: the error in json, as if the object had raised it."""
    serializer = table_for(config).by_name[_SERIALIZER]
    try:
        body = serializer.dumps(error)
    except Exception:  # what an object of the program's raised may have anything in it
        body = dump_exception(serializer, error, None)
    return Outcome(bytes(body), is_error=True)
