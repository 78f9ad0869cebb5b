"""What holds for all values and all bytes: values arrive, and garbage is a SerializeError and nothing else."""

from __future__ import annotations

import contextlib
import math
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_uri import URI
from pyro_wire import SerializerBase, serializers
from pyro_wire.errors import NamingError, SecurityError, SerializeError
from pyro_wire.exceptions import ExceptionWrapper

MEBIBYTE = 1 << 20

each_serializer = pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)  # half a surrogate pair is no UTF-8
names = texts.filter(lambda name: name != "__class__")
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
common_values = st.recursive(
    scalars,
    lambda items: st.lists(items, max_size=5) | st.dictionaries(names, items),
    max_leaves=20,
)
hashable = st.recursive(
    scalars | st.complex_numbers(allow_nan=False), lambda items: st.lists(items, max_size=3).map(tuple), max_leaves=5
)
keys = hashable.filter(lambda key: key not in (None, "__class__"))  # serpent refuses None there
python_values = st.recursive(
    hashable,
    lambda items: (
        st.lists(items, max_size=4)
        | st.lists(items, max_size=4).map(tuple)
        | st.sets(keys, min_size=1, max_size=4)
        | st.dictionaries(keys, items, max_size=4)
    ),
    max_leaves=15,
)

SOMETHING_OF_EVERYTHING = [
    None,
    True,
    [1, -(2**70), 1.5, math.inf, math.nan],
    {"key": "text 'with' \"quotes\" \\ € \0", "other": {"deep": [[], {}]}},
    URI("PYROMETA:a,b@host:1"),
    ValueError("boom", 5),
    NamingError("unknown name"),
    ExceptionWrapper(KeyError("k")),
    {"__class__": "float", "value": "nan"},
]
PARTICULAR: dict[str, list[Any]] = {
    "serpent": [(1,), {1, 2}, 1 + 2j, b"bytes", {(1, 2): 3}],
    "marshal": [(1,), {1, 2}, frozenset({3}), 1 + 2j, b"bytes", {(1, 2): 3}],
    "json": [],
    "msgpack": [1 + 2j, b"bytes", {b"key": 1}],
}


def sample(serializer: SerializerBase) -> bytes:
    return bytes(serializer.dumps([*SOMETHING_OF_EVERYTHING, *PARTICULAR[serializer.name]]))


def sample_call(serializer: SerializerBase) -> bytes:
    keywords = {"error": ValueError("boom"), "uri": URI("PYRO:o@h:1")}
    return bytes(serializer.dumpsCall("obj", "method", SOMETHING_OF_EVERYTHING, keywords))


def read_garbage(serializer: SerializerBase, data: bytes) -> None:
    """Only errors about the data may come out, or the value that the bytes happen to mean."""
    for read in (serializer.loads, serializer.loadsCall):
        with contextlib.suppress(SerializeError, SecurityError):
            read(data)


def damaged(data: bytes, damages: list[tuple[int, int, bytes]]) -> bytes:
    """Some pieces of the bytes replaced by others: (place, length, replacement)."""
    for place, length, replacement in damages:
        place %= len(data) + 1
        data = data[:place] + replacement + data[place + length :]
    return data


damages = st.lists(st.tuples(st.integers(0), st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=5)
PIECES = [
    *b"__class__ '__class__' builtins. Pyro5.core.URI Pyro5.errors. state".split(),
    *b"{ } [ ] ( ) : , ' \" \\ - 1 e j None null s r".split(),
    *(b"\xa9__class__", b"\x81", b"\x91", b"\xc1", b"\xc7", b"\xd8", b"\xff", b"\xe9", bytes(3)),
]
pieces = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=30).map(b"".join)
TAGS = [
    *("float", "struct.error", "Pyro5.core.URI", "Pyro5.core._ExceptionWrapper", "Pyro5.util.JsonSerializer"),
    *("Pyro5.errors.TimeoutError", "sqlite3.Error", "StopIteration", "builtins.OSError", "builtins.SystemExit"),
    *("builtins.UnicodeDecodeError", "builtins.ExceptionGroup", "builtins.SyntaxError", "builtins.ImportError"),
]
FIELDS = ["state", "value", "exception", "args", "attributes", "__exception__"]


# --- values --------------------------------------------------------------------------------------------------------


@each_serializer
@given(value=common_values)
def test_values_that_all_serializers_know_arrive_as_they_are(serializer: SerializerBase, value: Any) -> None:
    if serializer.name == "json":
        value = [value]  # so that the brackets are tried, too
    received = serializer.loads(serializer.dumps(value))
    assert received == value
    assert repr(received) == repr(value)  # 1, 1.0 and True are equal, but not the same


@pytest.mark.parametrize("name", ["serpent", "marshal"])
@given(value=python_values)
def test_serpent_and_marshal_know_all_plain_values_of_python(name: str, value: Any) -> None:
    assert serializers[name].loads(serializers[name].dumps(value)) == value


@each_serializer
@given(vargs=st.lists(common_values, max_size=3), kwargs=st.none() | st.dictionaries(names, scalars, max_size=3))
def test_all_calls_arrive(serializer: SerializerBase, vargs: list[Any], kwargs: dict[str, Any] | None) -> None:
    obj, method, received, keywords = serializer.loadsCall(serializer.dumpsCall("obj", "method", vargs, kwargs))
    assert (obj, method, list(received), keywords) == ("obj", "method", vargs, kwargs)


# --- garbage -------------------------------------------------------------------------------------------------------


@each_serializer
def test_the_samples_that_are_damaged_here_can_be_read_undamaged(serializer: SerializerBase) -> None:
    received = serializer.loads(sample(serializer))
    assert len(received) == len(SOMETHING_OF_EVERYTHING) + len(PARTICULAR[serializer.name])
    assert serializer.loadsCall(sample_call(serializer))[:2] == ("obj", "method")


@each_serializer
@given(data=st.binary(max_size=100))
def test_any_bytes_are_a_value_or_a_serialize_error(serializer: SerializerBase, data: bytes) -> None:
    read_garbage(serializer, data)


@each_serializer
@given(data=pieces)
def test_any_pieces_of_values_are_a_value_or_a_serialize_error(serializer: SerializerBase, data: bytes) -> None:
    read_garbage(serializer, data)


@each_serializer
@given(damages=damages)
def test_damaged_values_are_a_value_or_a_serialize_error(
    serializer: SerializerBase, damages: list[tuple[int, int, bytes]]
) -> None:
    read_garbage(serializer, damaged(sample(serializer), damages))
    read_garbage(serializer, damaged(sample_call(serializer), damages))


@each_serializer
def test_values_that_end_too_early_are_a_serialize_error(serializer: SerializerBase) -> None:
    whole = sample(serializer)
    for length in range(len(whole)):
        with pytest.raises(SerializeError):
            serializer.loads(whole[:length])


@each_serializer
@given(
    tag=st.sampled_from(TAGS),
    fields=st.dictionaries(st.sampled_from(FIELDS), common_values),
    attributes=st.dictionaries(texts | st.sampled_from(["args", "__cause__", "name", "code", "errors"]), scalars),
)
def test_any_fields_of_a_class_dictionary_are_an_object_or_a_serialize_error(
    serializer: SerializerBase, tag: str, fields: dict[str, Any], attributes: dict[str, Any]
) -> None:
    dictionary = {"__exception__": True, "attributes": attributes, **fields, "__class__": tag}
    read_garbage(serializer, bytes(serializer.dumps([dictionary])))


# --- memory --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("marshal", b"[\xff\xff\xff\x7f"),
        ("marshal", b"s\xff\xff\xff\x7f"),
        ("marshal", b"l\xff\xff\xff\x7f"),
        ("marshal", b"<\xff\xff\xff\x7f"),
        ("marshal", b")\xff" * 150),
        ("msgpack", b"\xdd\xff\xff\xff\xff"),
        ("msgpack", b"\xdf\xff\xff\xff\xff"),
        ("msgpack", b"\xc6\xff\xff\xff\xff"),
        ("msgpack", b"\xdb\xff\xff\xff\xff"),
        ("msgpack", b"\xc9\xff\xff\xff\xff\x31"),
        ("msgpack", b"\xdd\x00\x10\x00\x00" * 100),
    ],
)
def test_sizes_that_are_promised_take_no_memory(name: str, data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SerializeError):
            serializers[name].loads(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MEBIBYTE
