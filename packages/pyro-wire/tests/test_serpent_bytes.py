"""Bytes in serpent: the dictionary as which they travel is read as bytes, and nothing else is."""

from __future__ import annotations

import base64
import tracemalloc
from typing import Any

import pytest
import serpent
from hypothesis import given
from hypothesis import strategies as st

from pyro_wire import Config, TypeRegistry, default_types
from pyro_wire.errors import SerializeError
from pyro_wire.serializers import SerpentSerializer
from pyro_wire.serializers.serpent_reader import loads

WRAPPED = {"data": "YWIA", "encoding": "base64"}

unwrapping = SerpentSerializer(config=Config(SERPENT_UNWRAP_BYTES=True))
wrapping = SerpentSerializer(config=Config(SERPENT_UNWRAP_BYTES=False))

plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
keys = st.integers() | st.text() | st.binary() | st.tuples(st.binary(), st.text())
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, min_size=1, max_size=4)
    ),
    max_leaves=20,
)


def read(text: str) -> Any:
    return loads(text.encode(), unwrap_bytes=True)


def holds_wrapped_bytes(value: Any) -> bool:
    """Tell whether a value has a dictionary in it that cannot be told from bytes."""
    if isinstance(value, dict):
        return set(value) == {"data", "encoding"} or any(map(holds_wrapped_bytes, value.values()))
    return isinstance(value, list | tuple) and any(map(holds_wrapped_bytes, value))


# --- what is read as bytes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("content", [b"", b"a", b"ab", b"abc", bytes(range(256))], ids=len)
def test_bytes_of_every_kind_arrive_as_bytes(kind: type, content: bytes) -> None:
    received = unwrapping.loads(unwrapping.dumps(kind(content)))
    assert type(received) is bytes
    assert received == content


@given(values)
def test_bytes_arrive_wherever_they_are_in_a_value(value: Any) -> None:
    if not holds_wrapped_bytes(value):
        assert unwrapping.loads(unwrapping.dumps(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        [b"a", [b"b"]],
        (b"a", (b"b",)),
        {"k": b"a", "l": {"m": [b"b"]}},
        {b"a": b"b", 2: b"c"},
        {(b"a", 1): b"b"},
        {b"a", b"b"},
        {"data": b"a", "encoding": b"b"},
        {"data": b"a", "encoding": "base64"},
    ],
    ids=repr,
)
def test_bytes_arrive_in_containers(value: Any) -> None:
    assert unwrapping.loads(unwrapping.dumps(value)) == value


def test_bytes_arrive_as_arguments() -> None:
    data = unwrapping.dumpsCall("obj", "method", (b"a", [b"b"]), {"k": b"c"})
    assert unwrapping.loadsCall(data) == ("obj", "method", (b"a", [b"b"]), {"k": b"c"})


def test_bytes_arrive_in_an_exception() -> None:
    error = ValueError(b"a", [b"b"])
    error.extra = b"c"  # type: ignore[attr-defined]  # as programs do
    received = unwrapping.loads(unwrapping.dumps(error))
    assert (list(received.args), received.extra) == ([b"a", [b"b"]], b"c")


def test_a_converter_of_the_program_gets_bytes() -> None:
    types = default_types.child()
    types.register_dict_to_class("app.Picture", lambda name, fields: ("picture", fields["pixels"]))
    serializer = SerpentSerializer(types, Config())
    assert serializer.loads(serializer.dumps({"__class__": "app.Picture", "pixels": b"\0\1"})) == ("picture", b"\0\1")


@pytest.mark.parametrize(
    "text",
    [
        "{'data':'YWI=','encoding':'base64'}",
        "{'encoding': 'base64', 'data': 'YWI='}",
        '{"data": "YWI=", "encoding": "base64",}',
        "{ # wrapped\n'data' : 'YWI=' , u'encoding' : 'base64'}",
    ],
)
def test_it_does_not_matter_who_has_written_the_dictionary(text: str) -> None:
    assert read(text) == b"ab"


# --- what is not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        {"data": "YWI=", "encoding": "base64", "more": 1},
        {"data": "YWI="},
        {"encoding": "base64"},
        {"data": "YWI=", "Encoding": "base64"},
        {"data": "YWI=", "encoding": "BASE64"},
        {"data": "YWI=", "encoding": "base32"},
        {"data": "YWI=", "encoding": None},
        {"data": "YWI=", "encoding": ["base64"]},
        {"data": None, "encoding": "base64"},
        {"data": 5, "encoding": "base64"},
        {"data": ["YWI="], "encoding": "base64"},
        {"data": "YWI", "encoding": "base64"},
        {"data": "YWI==", "encoding": "base64"},
        {"data": "=YWI", "encoding": "base64"},
        {"data": "Y", "encoding": "base64"},
        {"data": "YW I=", "encoding": "base64"},
        {"data": "YWI=\n", "encoding": "base64"},
        {"data": "YWI=YWI=", "encoding": "base64"},
        {"data": "YW-_", "encoding": "base64"},
        {"data": "YWIé", "encoding": "base64"},
        {"data": "\ud800", "encoding": "base64"},
        ["data", "YWI=", "encoding", "base64"],
        "{'data': 'YWI=', 'encoding': 'base64'}",
    ],
    ids=repr,
)
def test_what_is_not_exactly_wrapped_bytes_stays_what_it_is(value: Any) -> None:
    assert unwrapping.loads(unwrapping.dumps(value)) == value


def test_a_dictionary_that_says_the_same_thing_twice_stays_one() -> None:
    assert read("{'encoding':'base64','encoding':'base64'}") == {"encoding": "base64"}


def test_a_dictionary_that_looks_like_bytes_becomes_bytes() -> None:
    assert unwrapping.loads(unwrapping.dumps(WRAPPED)) == b"ab\0"


@given(st.text(st.sampled_from("AZaz09+/=-_ \n"), max_size=12))
def test_only_base64_that_says_it_all_is_read_as_bytes(text: str) -> None:
    received = unwrapping.loads(wrapping.dumps({"data": text, "encoding": "base64"}))
    if type(received) is bytes:
        # The last digit may have bits to spare, which say nothing.
        assert base64.b64encode(received)[:-3] == text.encode()[:-3]
        assert len(base64.b64encode(received)) == len(text)
    else:
        assert received == {"data": text, "encoding": "base64"}


@given(st.binary())
def test_what_serpent_writes_is_read_as_what_its_own_helper_makes_of_it(content: bytes) -> None:
    assert unwrapping.loads(serpent.dumps(content)) == serpent.tobytes(wrapping.loads(serpent.dumps(content)))


# --- the choice ----------------------------------------------------------------------------------------------------


def test_bytes_are_unwrapped_unless_the_config_says_otherwise() -> None:
    assert Config().SERPENT_UNWRAP_BYTES


def test_the_config_may_leave_the_dictionary_as_it_is() -> None:
    assert wrapping.loads(wrapping.dumps([b"ab\0", {"k": b"ab\0"}])) == [WRAPPED, {"k": WRAPPED}]


def test_without_unwrapping_bytes_as_keys_are_refused() -> None:
    with pytest.raises(SerializeError):
        wrapping.loads(wrapping.dumps({b"a": 1}))


def test_the_choice_may_be_changed_at_any_time() -> None:
    config = Config()
    serializer = SerpentSerializer(TypeRegistry(), config)
    data = serializer.dumps(b"ab\0")
    assert serializer.loads(data) == b"ab\0"
    config.SERPENT_UNWRAP_BYTES = False
    assert serializer.loads(data) == WRAPPED


def test_bytes_that_travel_as_literals_arrive_with_either_choice() -> None:
    data = SerpentSerializer(config=Config(SERPENT_BYTES_REPR=True)).dumps({b"k": b"ab\0"})
    assert unwrapping.loads(data) == wrapping.loads(data) == {b"k": b"ab\0"}


# --- bounds --------------------------------------------------------------------------------------------------------


def test_unwrapping_takes_no_more_memory_than_the_bytes() -> None:
    data = unwrapping.dumps(bytes(3_000_000))
    peaks = []
    for serializer in (wrapping, unwrapping):
        tracemalloc.start()
        serializer.loads(data)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 3_500_000


def test_a_wrapper_in_a_wrapper_is_no_base64() -> None:
    text = "{'data':" * 50 + "'YWI='" + ",'encoding':'base64'}" * 50
    received = read(text)
    for _ in range(49):
        received = received["data"]
    assert received == b"ab"
