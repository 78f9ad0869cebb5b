"""What requests and replies mean: the handshake, metadata, and exceptions on their way to the caller."""

from __future__ import annotations

from typing import Any

import pytest

from pyro_wire import SerializerBase, serializers
from pyro_wire.calls import (
    BATCH_METHOD,
    BLOB_KEY,
    GETATTR_METHOD,
    SETATTR_METHOD,
    STREAM_KEY,
    Metadata,
    dump_connect,
    dump_exception,
    load_connect,
    load_connect_reply,
)
from pyro_wire.errors import NamingError, ProtocolError, PyroError, RemoteError

each_serializer = pytest.mark.parametrize("serializer", serializers.values(), ids=serializers)

METADATA = {"methods": {"echo", "note"}, "oneway": {"note"}, "attrs": {"prop"}}


class Unspeakable(Exception):
    """Cannot even say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_the_special_names_of_the_protocol() -> None:
    assert (BATCH_METHOD, GETATTR_METHOD, SETATTR_METHOD) == ("<batch>", "__getattr__", "__setattr__")
    assert (STREAM_KEY, BLOB_KEY) == ("STRM", "BLBI")


# --- CONNECT -------------------------------------------------------------------------------------------------------


@each_serializer
@pytest.mark.parametrize("handshake", ["hello", None, {"user": "me"}, [1, 2]])
def test_a_connect_arrives(serializer: SerializerBase, handshake: Any) -> None:
    assert load_connect(serializer, dump_connect(serializer, handshake, "obj")) == (handshake, "obj")


@each_serializer
@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"handshake": "hello"}, "'object'"),
        ({"object": "obj"}, "'handshake'"),
        ({}, "'handshake'"),
        (["hello", "obj"], "dictionary"),
        ("hello", "dictionary"),
        (None, "dictionary"),
        ({"handshake": "hello", "object": 5}, "must be a string"),
        ({"handshake": "hello", "object": None}, "must be a string"),
    ],
)
def test_a_connect_that_lacks_something_is_a_protocol_error(
    serializer: SerializerBase, payload: Any, reason: str
) -> None:
    with pytest.raises(ProtocolError, match=reason):
        load_connect(serializer, serializer.dumps(payload))


@each_serializer
def test_a_connect_that_cannot_be_read_is_a_protocol_error(serializer: SerializerBase) -> None:
    with pytest.raises(ProtocolError):
        load_connect(serializer, b"\xc1garbage")


# --- CONNECTOK -----------------------------------------------------------------------------------------------------


@each_serializer
def test_the_answer_to_a_connect_arrives_with_the_metadata(serializer: SerializerBase) -> None:
    payload = serializer.dumps({"handshake": "welcome", "meta": Metadata.from_wire(METADATA).to_wire()})
    assert load_connect_reply(serializer, payload) == ("welcome", Metadata.from_wire(METADATA))


@each_serializer
def test_empty_metadata_arrives_as_what_it_is(serializer: SerializerBase) -> None:
    payload = serializer.dumps({"handshake": "welcome", "meta": Metadata().to_wire()})
    assert load_connect_reply(serializer, payload) == ("welcome", Metadata())


@each_serializer
@pytest.mark.parametrize("rest", [{}, {"meta": None}, {"meta": {}}])
def test_without_metadata_it_is_not_known_yet(serializer: SerializerBase, rest: dict) -> None:
    assert load_connect_reply(serializer, serializer.dumps({"handshake": "welcome", **rest})) == ("welcome", None)


@each_serializer
@pytest.mark.parametrize(
    "payload",
    [
        None,
        "welcome",
        {"meta": {}},
        {"handshake": 1, "meta": 5},
        {"handshake": 1, "meta": ["echo"]},
        {"handshake": 1, "meta": {"methods": 5}},
        {"handshake": 1, "meta": {"methods": [5]}},
        {"handshake": 1, "meta": {"attrs": None}},
    ],
)
def test_an_answer_to_a_connect_in_another_form_is_a_protocol_error(serializer: SerializerBase, payload: Any) -> None:
    with pytest.raises(ProtocolError):
        load_connect_reply(serializer, serializer.dumps(payload))


# --- metadata ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [set, frozenset, list, tuple, dict.fromkeys])
def test_the_names_in_metadata_may_come_in_any_collection(container) -> None:
    received = Metadata.from_wire({key: container(names) for key, names in METADATA.items()})
    assert received == Metadata(frozenset({"echo", "note"}), frozenset({"note"}), frozenset({"prop"}))


def test_what_metadata_does_not_mention_is_empty() -> None:
    assert Metadata.from_wire({"methods": ["echo"]}) == Metadata(frozenset({"echo"}))


def test_metadata_travels_as_sets() -> None:
    assert Metadata.from_wire(METADATA).to_wire() == METADATA


# --- exceptions ----------------------------------------------------------------------------------------------------


@each_serializer
def test_an_exception_arrives_with_the_lines_of_its_traceback(serializer: SerializerBase) -> None:
    payload = dump_exception(serializer, NamingError("unknown name", 5), ["line 1\n", "line 2\n"])
    received = serializer.loads(payload)
    assert type(received) is NamingError
    assert list(received.args) == ["unknown name", 5]
    assert vars(received) == {"_pyroTraceback": ["line 1\n", "line 2\n"]}


@each_serializer
def test_an_exception_may_have_no_traceback(serializer: SerializerBase) -> None:
    assert serializer.loads(dump_exception(serializer, ValueError("boom"), None))._pyroTraceback is None


@each_serializer
@pytest.mark.parametrize("error", [StopIteration(5), GeneratorExit(), SystemExit(1), FileNotFoundError(2, "gone")])
def test_exceptions_of_every_kind_arrive(serializer: SerializerBase, error: BaseException) -> None:
    received = serializer.loads(dump_exception(serializer, error, []))
    assert type(received) is type(error)
    assert list(received.args) == list(error.args)


@each_serializer
def test_an_exception_that_cannot_be_serialized_is_replaced_by_one_that_says_so(serializer: SerializerBase) -> None:
    received = serializer.loads(dump_exception(serializer, KeyError(range(3)), ["line\n"]))
    assert type(received) is PyroError
    (text,) = received.args
    assert text.startswith("Error serializing exception: ")
    assert "Original exception: <class 'KeyError'>: range(0, 3)" in text
    assert vars(received) == {"_pyroTraceback": ["line\n"]}


@each_serializer
def test_an_exception_that_cannot_even_be_shown_is_replaced_too(serializer: SerializerBase) -> None:
    received = serializer.loads(dump_exception(serializer, Unspeakable(range(3)), []))
    assert type(received) is PyroError
    assert "Unspeakable" in received.args[0]


@each_serializer
def test_an_exception_of_the_program_arrives_under_its_name_where_nobody_knows_it(serializer: SerializerBase) -> None:
    received = serializer.loads(dump_exception(serializer, Unspeakable("boom"), ["line\n"]))
    assert isinstance(received, RemoteError)
    assert (type(received).__name__, list(received.args)) == ("Unspeakable", ["boom"])
    assert received._pyroTraceback == ["line\n"]  # type: ignore[attr-defined]
