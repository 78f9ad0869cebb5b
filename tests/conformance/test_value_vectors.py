"""Captured values mean here what they mean in the released library, and are written here as they are there."""

from __future__ import annotations

import array
import datetime
import decimal
import math
import struct
import uuid
import warnings
from collections import deque
from typing import Any, NamedTuple

import pytest
from vectors import VECTORS, entries, kind, raw, rewritten, serializer_of

import pyro_wire.errors
from pyro_client import Proxy
from pyro_uri import URI
from pyro_wire import Config, SerializerBase
from pyro_wire.errors import NamingError
from pyro_wire.exceptions import ExceptionWrapper
from pyro_wire.serializers import SerpentSerializer


class Value(NamedTuple):
    """A value, and what becomes of it in serializers that do not keep it as it is."""

    sent: Any
    serpent: Any = ...
    json: Any = ...
    msgpack: Any = ...
    marshal: Any = ...


def proxy() -> Proxy:
    result = Proxy("PYRO:obj@host:4444")
    vars(result).update(_pyroMethods={"m"}, _pyroOneway={"m"}, _pyroAttrs={"a"})
    return result


def error_with_attribute() -> ValueError:
    error = ValueError("boom", 42)
    error.extra = 5  # type: ignore[attr-defined]  # as programs do
    return error


MOMENT = datetime.datetime(2020, 1, 2, 3, 4, 5, 678)
LOCAL_MOMENT = MOMENT.replace(tzinfo=datetime.UTC).astimezone().replace(tzinfo=None)
UUID_TEXT = "00000000-0000-0000-0000-000000000005"
NUMBERS = array.array("h", [1, 2])
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.13 has begun to bid farewell to them
    LETTERS = array.array("u", "hi")

VALUES = {
    "None": Value(None),
    "True": Value(True),
    "42": Value(42),
    "18446744073709551616": Value(2**64),
    "1.5": Value(1.5),
    "+infinity": Value(math.inf),
    "NaN": Value(math.nan),
    "1+2j": Value(1 + 2j),
    "text a, EURO SIGN, NUL, double quote, single quote": Value("a€\0\"'"),
    "bytes 61 62 00": Value(b"ab\0"),
    "bytes 61 62 with SERPENT_BYTES_REPR on": Value(b"ab"),
    "tuple (1,)": Value((1,), json=[1], msgpack=[1]),
    "list [1,[2]]": Value([1, [2]]),
    "dict {a:1}": Value({"a": 1}),
    "set {1}": Value({1}, json=[1], msgpack=[1]),
    "empty set": Value(set(), serpent=(), json=[], msgpack=[]),
    "deque [1]": Value(deque([1]), serpent=[1]),
    "2020-01-02T03:04:05.000678 naive, TZ=UTC": Value(MOMENT, serpent=MOMENT.isoformat(), json=MOMENT.isoformat()),
    "date 2020-01-02 (ordinal 737426)": Value(datetime.date(2020, 1, 2), serpent="2020-01-02", json="2020-01-02"),
    "1 day 2 s 3 us": Value(datetime.timedelta(1, 2, 3), serpent=86402.000003),
    "Decimal 1.10": Value(decimal.Decimal("1.10"), serpent="1.10", json="1.10", msgpack="1.10"),
    "UUID int 5": Value(uuid.UUID(int=5), UUID_TEXT, UUID_TEXT, UUID_TEXT, UUID_TEXT),
    "array of 1,2": Value(NUMBERS, [1, 2], [1, 2], [1, 2], [1, 2]),
    "array u hi": Value(LETTERS, "hi", "hi", "hi", "hi"),
    "URI PYRO:obj@host:4444": Value(URI("PYRO:obj@host:4444")),
    "URI PYRO:obj@./u:/tmp/x": Value(URI("PYRO:obj@./u:/tmp/x")),
    "URI PYROMETA:m": Value(URI("PYROMETA:m")),
    "Proxy for PYRO:obj@host:4444, one method m (oneway), one attribute a": Value(proxy()),
    "ValueError('boom',42) with attribute extra=5": Value(error_with_attribute()),
    "NamingError": Value(NamingError("unknown name: x")),
    "batch exception wrapper around ValueError('x')": Value(ExceptionWrapper(ValueError("x"))),
}


def value_of(vector: dict) -> tuple[SerializerBase, Any, Any]:
    """The serializer of an entry, what is sent, and what is received."""
    value = VALUES[vector["decoded"]["value"]]
    name = vector["serializer"]
    sent = LOCAL_MOMENT if value.sent is MOMENT and name == "msgpack" else value.sent
    expected = getattr(value, name)
    serializer = serializer_of(vector)
    if "SERPENT_BYTES_REPR" in vector["decoded"]["value"]:
        serializer = SerpentSerializer(config=Config(SERPENT_BYTES_REPR=True))
    return serializer, sent, sent if expected is ... else expected


def comparable(value: Any) -> Any:
    """A value in a form that is equal exactly if the value is the same."""
    if isinstance(value, ExceptionWrapper):
        return "wrapper", comparable(value.exception)
    if isinstance(value, BaseException):
        return type(value), list(value.args), vars(value)
    if isinstance(value, Proxy):
        return value.__getstate__()
    if isinstance(value, float):
        return struct.pack("d", value)
    return type(value), value


def test_every_description_is_understood() -> None:
    descriptions = {vector["decoded"]["value"] for vector in VECTORS if "value" in kind(vector)}
    assert descriptions == set(VALUES)


@entries("value")
def test_a_value_is_read_as_described(vector: dict) -> None:
    serializer, _, expected = value_of(vector)
    assert comparable(serializer.loads(raw(vector))) == comparable(expected)


@rewritten("value")
def test_a_value_is_written_as_it_was(vector: dict) -> None:
    serializer, sent, _ = value_of(vector)
    assert serializer.dumps(sent) == raw(vector)
    assert vector["decoded"].get("text") in (None, raw(vector).decode("utf-8", "replace"))


@entries("value")
def test_a_value_is_written_so_that_it_is_read_again(vector: dict) -> None:
    serializer, sent, expected = value_of(vector)
    assert comparable(serializer.loads(serializer.dumps(sent))) == comparable(expected)


@entries("refused value")
def test_a_value_that_was_not_sent_there_is_not_sent_here(vector: dict) -> None:
    serializer, sent, _ = value_of(vector)
    with pytest.raises(getattr(pyro_wire.errors, vector["decoded"]["encoder_error"])):
        serializer.dumps(sent)
