"""Annotations, correlation ids, metadata, the daemon object, compression, ping."""

from __future__ import annotations

import json

import pytest

from interop_kit.conversation import Conversation
from interop_kit.raw import CONNECT, CONNECT_OK, JSON, PING, RawMessage, connect, exchange
from interop_kit.relay import Relay
from interop_kit.routes import LISTENING, Feature, over

SIZE = 200_000
DAEMON_METHODS = ["close_stream", "get_metadata", "get_next_stream_item", "info", "ping", "registered"]


@over()
def test_annotations_travel_with_a_request(conversation: Conversation) -> None:
    annotations = {"ABCD": "client", "LONG": "x" * 100_000, "NULL": ""}

    assert conversation.run("annotations_of_a_request", annotations=annotations) == annotations


@over()
def test_annotations_travel_with_a_oneway_call(conversation: Conversation, token: str) -> None:
    annotations = {"ABCD": "client", "NULL": ""}

    assert conversation.run("annotations_of_a_oneway_call", annotations=annotations, token=token) == annotations


@over(server_types=LISTENING)
def test_a_method_knows_the_number_the_serializer_and_the_client_of_its_call(conversation: Conversation) -> None:
    serializer_id = ["", "serpent", "marshal", "json", "msgpack"].index(conversation.serializer)

    assert conversation.run("about_the_call") == [True, serializer_id, True]


@over(server_types=LISTENING)
def test_annotations_come_back_with_the_handshake(conversation: Conversation, token: str) -> None:
    _, back = conversation.run("annotations_of_the_handshake", annotations={}, token=token)

    assert back["BACK"] == "and forth"


@over(Feature.SEE_ANNOTATIONS_OF_HANDSHAKE, server_types=LISTENING)
def test_a_daemon_sees_the_annotations_of_the_handshake(conversation: Conversation, token: str) -> None:
    annotations = {"ABCD": "client"}

    seen, _ = conversation.run("annotations_of_the_handshake", annotations=annotations, token=token)

    assert seen == annotations


@over()
def test_annotations_travel_with_one_reply(conversation: Conversation) -> None:
    text = "y" * 100_000

    assert conversation.run("annotations_of_a_reply", text=text) == ["annotated", {"RPLY": text}, {}]


@over()
def test_annotations_of_the_daemon_are_on_results_and_on_exceptions(conversation: Conversation) -> None:
    assert conversation.run("annotations_of_the_daemon") == [
        {"RPLY": "text", "DMON": "from the daemon"},
        {"DMON": "from the daemon"},
    ]


@over()
def test_the_correlation_id_travels_and_is_passed_on(conversation: Conversation) -> None:
    seen = conversation.run("correlation_id")

    assert seen["seen"] == [seen["sent"], seen["sent"]]


@over()
def test_the_server_makes_a_random_correlation_id_when_the_client_sends_none(conversation: Conversation) -> None:
    assert conversation.run("correlation_id")["version of one that was made"] == 4


@over(server_types=LISTENING)
def test_the_metadata_comes_with_the_connection(conversation: Conversation) -> None:
    seen = conversation.run("metadata")

    assert seen["before"] == [0, 0, 0]
    assert seen["bound"] == [True, False]
    assert {"add", "count_to", "own_uri", "remember"} <= set(seen["methods"])
    assert not {"hidden", "_private", "__init__"} & set(seen["methods"])
    assert seen["attributes"] == ["broken", "colour", "letters", "size"]
    assert seen["oneway"] == ["follow", "remember", "remember_and_fail", "remember_annotations"]


@over()
def test_the_metadata_can_be_asked_for_again(conversation: Conversation) -> None:
    assert conversation.run("metadata_again") is True


@over()
def test_the_daemon_object_answers(conversation: Conversation) -> None:
    seen = conversation.run("daemon_object")

    assert seen["ping"] is None
    assert {"Pyro.Daemon", "service", "shelf"} <= set(seen["registered"])
    assert seen["information"].startswith("Pyro.Daemon bound on ")
    assert seen["methods"] == DAEMON_METHODS
    assert seen["metadata"] == {"methods": ["identity"], "attrs": [], "oneway": []}
    assert seen["metadata of nothing"] == {"class": "DaemonError", "args": ["'unknown object'"]}


@over(server_types=LISTENING)
@pytest.mark.parametrize("server_compresses", [False, True], ids=["", "server compresses"])
@pytest.mark.parametrize("client_compresses", [False, True], ids=["", "client compresses"])
def test_each_side_compresses_what_it_sends_and_reads_what_it_gets(
    conversation: Conversation, client_compresses: bool, server_compresses: bool
) -> None:
    compressing = conversation.with_server(PYRO_COMPRESSION=str(server_compresses)).with_client(
        COMPRESSION=client_compresses
    )

    with Relay(compressing.uris["service"]) as relay:
        result = compressing.with_uris(service=relay.uri).run("large_values", size=SIZE)

    assert result == [SIZE, SIZE // 10]
    assert (relay.traffic.requests < SIZE / 10) == client_compresses
    assert (relay.traffic.replies < SIZE / 10) == server_compresses


@over(serializers=["json"], server_types=LISTENING)
def test_a_ping_is_answered(conversation: Conversation) -> None:
    hello = json.dumps({"handshake": "hello", "object": "service"}).encode()

    with connect(conversation.uris["service"]) as connection:
        welcome = exchange(connection, RawMessage(CONNECT, JSON, 0, hello))
        answer = exchange(connection, RawMessage(PING, 42, 999, b"ping"))

    assert welcome.type == CONNECT_OK
    assert answer == RawMessage(PING, 42, 999, b"pong")
