"""Whose turn it is: one side of a conversation, as a table of transitions."""

from __future__ import annotations

import logging
from itertools import product

import pytest

from pyro_wire import Config, Connection, Role, State, encode
from pyro_wire.errors import ConnectionClosedError, MessageTooLargeError, ProtocolError
from pyro_wire.message import (
    FLAGS_COMPRESSED,
    FLAGS_ONEWAY,
    MSG_CONNECT,
    MSG_CONNECTFAIL,
    MSG_CONNECTOK,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
)

REQUESTS = {
    (State.NEW, MSG_CONNECT): State.CONNECTING,
    (State.READY, MSG_INVOKE): State.CALLING,
    (State.READY, MSG_PING): State.CALLING,
}
REPLIES = {
    (State.NEW, MSG_CONNECTFAIL): State.CLOSED,
    (State.CONNECTING, MSG_CONNECTOK): State.READY,
    (State.CONNECTING, MSG_CONNECTFAIL): State.CLOSED,
    (State.CALLING, MSG_RESULT): State.READY,
    (State.CALLING, MSG_PING): State.READY,
}
SENDS = {Role.CLIENT: REQUESTS, Role.SERVER: REPLIES}
RECEIVES = {Role.CLIENT: REPLIES, Role.SERVER: REQUESTS}
MESSAGE_TYPES = range(MSG_PING + 2)  # and one that does not exist on either side

ALLOWED_TO_SEND = [(role, *entry, after) for role in Role for entry, after in SENDS[role].items()]
ALLOWED_TO_RECEIVE = [(role, *entry, after) for role in Role for entry, after in RECEIVES[role].items()]
COMBINATIONS = list(product(Role, State, MESSAGE_TYPES))
NOT_TO_SEND = [(role, *entry) for role, *entry in COMBINATIONS if tuple(entry) not in SENDS[role]]
NOT_TO_RECEIVE = [(role, *entry) for role, *entry in COMBINATIONS if tuple(entry) not in RECEIVES[role]]


def connection_in(role: Role, state: State, **items) -> Connection:
    connection = Connection(role, Config(**items))
    connection.state = state
    return connection


def message_of(msgtype: int, flags: int = 0, payload: bytes = b"payload") -> bytes:
    return b"".join(encode(msgtype, flags, 1, 1, payload))


def in_conversation(**items) -> tuple[Connection, Connection]:
    """A client and a server that have shaken hands."""
    client = Connection(Role.CLIENT, Config(**items))
    server = Connection(Role.SERVER, Config(**items))
    transfer(client, server, MSG_CONNECT)
    transfer(server, client, MSG_CONNECTOK)
    server.trust()
    return client, server


def transfer(sender: Connection, receiver: Connection, msgtype: int, flags: int = 0, payload: bytes = b"payload"):
    """Send a message from one connection to the other and return what arrives."""
    for buffer in sender.send(msgtype, flags, 1, 1, payload):
        receiver.feed(bytes(buffer))
    message = receiver.next_message()
    assert message is not None
    return message


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_table_is_the_whole_of_what_is_allowed() -> None:
    assert len(ALLOWED_TO_SEND) + len(NOT_TO_SEND) == len(ALLOWED_TO_RECEIVE) + len(NOT_TO_RECEIVE) == 2 * 5 * 8


@pytest.mark.parametrize(("role", "state", "msgtype", "after"), ALLOWED_TO_SEND)
def test_a_message_in_the_table_may_be_sent(role: Role, state: State, msgtype: int, after: State) -> None:
    connection = connection_in(role, state)
    assert connection.send(msgtype, 0, 1, 1, b"payload") == [message_of(msgtype)]
    assert connection.state is after


@pytest.mark.parametrize(("role", "state", "msgtype", "after"), ALLOWED_TO_RECEIVE)
def test_a_message_in_the_table_may_be_received(role: Role, state: State, msgtype: int, after: State) -> None:
    connection = connection_in(role, state)
    connection.feed(message_of(msgtype))
    message = connection.next_message()
    assert message is not None
    assert message.type == msgtype
    assert connection.state is after


@pytest.mark.parametrize(("role", "state", "msgtype"), NOT_TO_SEND)
@pytest.mark.parametrize("flags", [0, FLAGS_ONEWAY])
def test_sending_any_other_message_is_a_protocol_error_and_changes_nothing(
    role: Role, state: State, msgtype: int, flags: int
) -> None:
    connection = connection_in(role, state)
    with pytest.raises(ProtocolError, match=f"{role.value} may not send message type {msgtype} in state {state.name}"):
        connection.send(msgtype, flags, 1, 1, b"payload")
    assert connection.state is state


@pytest.mark.parametrize(("role", "state", "msgtype"), NOT_TO_RECEIVE)
@pytest.mark.parametrize("flags", [0, FLAGS_ONEWAY])
def test_receiving_any_other_message_is_a_protocol_error_and_changes_nothing(
    role: Role, state: State, msgtype: int, flags: int
) -> None:
    connection = connection_in(role, state)
    connection.feed(message_of(msgtype, flags))
    with pytest.raises(ProtocolError, match=f"invalid msg type {msgtype} received"):
        connection.next_message()
    assert connection.state is state


# --- oneway --------------------------------------------------------------------------------------------------------


def test_after_a_oneway_call_the_next_request_may_follow_at_once() -> None:
    client, server = in_conversation()
    transfer(client, server, MSG_INVOKE, FLAGS_ONEWAY)
    transfer(client, server, MSG_INVOKE)
    assert client.state is server.state is State.CALLING


def test_a_oneway_call_has_no_answer() -> None:
    client, server = in_conversation()
    transfer(client, server, MSG_INVOKE, FLAGS_ONEWAY)
    with pytest.raises(ProtocolError):
        server.send(MSG_RESULT, 0, 1, 1, b"")


def test_a_oneway_flag_does_not_skip_the_handshake() -> None:
    client = Connection(Role.CLIENT, Config())
    server = Connection(Role.SERVER, Config())
    transfer(client, server, MSG_CONNECT, FLAGS_ONEWAY)
    assert client.state is server.state is State.CONNECTING
    server.feed(message_of(MSG_INVOKE))
    with pytest.raises(ProtocolError):
        server.next_message()


def test_a_ping_is_answered_whatever_its_flags() -> None:
    client, server = in_conversation()
    transfer(client, server, MSG_PING, FLAGS_ONEWAY)
    assert transfer(server, client, MSG_PING, payload=b"pong").data == b"pong"


@pytest.mark.parametrize("msgtype", [MSG_RESULT, MSG_PING])
def test_a_oneway_flag_means_nothing_on_an_answer(msgtype: int) -> None:
    client, server = in_conversation()
    transfer(client, server, MSG_INVOKE)
    transfer(server, client, msgtype, FLAGS_ONEWAY)
    assert client.state is server.state is State.READY


# --- conversations -------------------------------------------------------------------------------------------------


def test_a_conversation_goes_on_call_by_call() -> None:
    client, server = in_conversation()
    for payload in (b"one", b"two"):
        assert transfer(client, server, MSG_INVOKE, payload=payload).data == payload
        assert transfer(server, client, MSG_RESULT, payload=payload).data == payload


def test_a_refused_handshake_is_the_end_of_the_conversation() -> None:
    client = Connection(Role.CLIENT, Config())
    server = Connection(Role.SERVER, Config())
    transfer(client, server, MSG_CONNECT)
    transfer(server, client, MSG_CONNECTFAIL)
    assert client.state is server.state is State.CLOSED


def test_on_a_socket_that_the_application_connected_the_first_message_is_a_request() -> None:
    client = Connection(Role.CLIENT, Config(), handshake=False)
    server = Connection(Role.SERVER, Config(), handshake=False)
    transfer(client, server, MSG_INVOKE)
    assert transfer(server, client, MSG_RESULT).type == MSG_RESULT


def test_a_request_that_came_early_is_received_when_the_one_before_it_is_answered() -> None:
    _, server = in_conversation()
    server.feed(message_of(MSG_INVOKE) + message_of(MSG_PING))
    received = [server.next_message()]
    server.send(MSG_RESULT, 0, 1, 1, b"payload")
    received.append(server.next_message())
    assert [message and message.type for message in received] == [MSG_INVOKE, MSG_PING]


def test_nothing_has_arrived_until_a_message_is_complete() -> None:
    server = Connection(Role.SERVER, Config())
    server.feed(message_of(MSG_CONNECT)[:-1])
    assert server.next_message() is None
    assert server.state is State.NEW


def test_after_close_nothing_may_be_sent() -> None:
    client, _ = in_conversation()
    client.close()
    with pytest.raises(ProtocolError, match="in state CLOSED"):
        client.send(MSG_INVOKE, 0, 1, 1, b"")


# --- options -------------------------------------------------------------------------------------------------------


def test_payloads_are_compressed_as_the_config_says() -> None:
    client = connection_in(Role.CLIENT, State.READY, COMPRESSION=True)
    (compressed,) = client.send(MSG_INVOKE, 0, 1, 1, b"x" * 500)
    assert len(compressed) < 100
    assert compressed[9] & FLAGS_COMPRESSED


def test_a_message_that_is_too_large_is_not_sent_and_changes_nothing() -> None:
    client = connection_in(Role.CLIENT, State.READY, MAX_MESSAGE_SIZE=10)
    with pytest.raises(MessageTooLargeError, match=r"\(11, max=10\)"):
        client.send(MSG_INVOKE, 0, 1, 1, b"x" * 11)
    assert client.state is State.READY


def test_a_message_with_a_wrong_annotation_is_not_sent_and_changes_nothing() -> None:
    client = connection_in(Role.CLIENT, State.READY)
    with pytest.raises(ProtocolError, match="four characters"):
        client.send(MSG_INVOKE, 0, 1, 1, b"", {"too long": b""})
    assert client.state is State.READY


def test_two_connections_with_configs_of_their_own_have_limits_of_their_own() -> None:
    strict = connection_in(Role.SERVER, State.READY, MAX_HANDSHAKE_SIZE=10)
    lenient = connection_in(Role.SERVER, State.READY)
    for server in (strict, lenient):
        server.feed(message_of(MSG_INVOKE, payload=b"x" * 11))
    assert lenient.next_message() is not None
    with pytest.raises(MessageTooLargeError, match="max=10"):
        strict.next_message()


# --- strangers -----------------------------------------------------------------------------------------------------


def test_a_stranger_may_send_a_small_handshake_only() -> None:
    server = Connection(Role.SERVER, Config(MAX_HANDSHAKE_SIZE=1000))
    server.feed(message_of(MSG_CONNECT, payload=b"x" * 1001)[:40])
    with pytest.raises(MessageTooLargeError, match=r"\(1001, max=1000\): the limit is MAX_HANDSHAKE_SIZE"):
        server.next_message()


def test_the_budget_of_strangers_is_never_larger_than_that_of_peers() -> None:
    server = Connection(Role.SERVER, Config(MAX_MESSAGE_SIZE=500))
    server.feed(message_of(MSG_CONNECT, payload=b"x" * 501)[:40])
    with pytest.raises(MessageTooLargeError, match=r"max=500\): the limit is MAX_MESSAGE_SIZE"):
        server.next_message()


def test_a_stranger_may_send_few_annotations_only() -> None:
    server = Connection(Role.SERVER, Config())
    annotations = {f"A{number:03}": b"" for number in range(17)}
    server.feed(b"".join(encode(MSG_CONNECT, 0, 0, 1, b"", annotations)))
    with pytest.raises(MessageTooLargeError, match="MAX_ANNOTATIONS=16"):
        server.next_message()


def test_a_stranger_may_send_small_annotations_only() -> None:
    server = Connection(Role.SERVER, Config())
    server.feed(b"".join(encode(MSG_CONNECT, 0, 0, 1, b"", {"ABCD": bytes(8192)})))
    with pytest.raises(MessageTooLargeError, match="annotations too large"):
        server.next_message()


def test_trust_lifts_the_limits_for_strangers() -> None:
    client, server = in_conversation(MAX_HANDSHAKE_SIZE=1000)
    assert len(transfer(client, server, MSG_INVOKE, payload=b"x" * 1001).data) == 1001


def test_a_client_trusts_the_server_that_it_has_chosen() -> None:
    client = connection_in(Role.CLIENT, State.CONNECTING, MAX_HANDSHAKE_SIZE=1000)
    client.feed(message_of(MSG_CONNECTOK, payload=b"x" * 1001))
    assert client.next_message() is not None


# --- the end -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_the_other_side_may_close_between_two_calls(role: Role) -> None:
    connection = connection_in(role, State.READY)
    connection.feed_end()
    assert connection.state is State.CLOSED


@pytest.mark.parametrize("state", [State.CONNECTING, State.CALLING])
def test_closing_instead_of_an_answer_is_an_error(state: State) -> None:
    client = connection_in(Role.CLIENT, state)
    with pytest.raises(ConnectionClosedError, match="receiving: not enough data") as caught:
        client.feed_end()
    assert caught.value.partialData == b""
    assert client.state is State.CLOSED


def test_a_client_that_does_not_wait_for_its_answer_is_no_error_on_the_server_side() -> None:
    server = connection_in(Role.SERVER, State.CALLING)
    server.feed_end()
    assert server.state is State.CLOSED


@pytest.mark.parametrize("role", Role)
def test_closing_in_the_middle_of_a_message_is_an_error_that_holds_the_part_that_came(role: Role) -> None:
    connection = connection_in(role, State.READY)
    connection.feed(message_of(MSG_INVOKE)[:41])
    with pytest.raises(ConnectionClosedError) as caught:
        connection.feed_end()
    assert caught.value.partialData == message_of(MSG_INVOKE)[:41]


# --- the log -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", Role)
def test_every_message_is_logged_by_both_sides_if_the_config_says_so(sender: Role, caplog) -> None:
    client, server = in_conversation(LOGWIRE=True)
    with caplog.at_level(logging.DEBUG, "Pyro5.protocol"):
        transfer(client, server, MSG_INVOKE, payload=b"a question")
        if sender is Role.SERVER:
            caplog.clear()
            transfer(server, client, MSG_RESULT, payload=b"an answer")
    sent, got = caplog.messages
    assert sent.startswith(f"{sender.value} sends type ")
    assert " gets type " in got
    text = "a question" if sender is Role.CLIENT else "an answer"
    assert all(text in line for line in (sent, got))


def test_no_message_is_logged_unless_the_config_says_so(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        client, server = in_conversation()
        transfer(client, server, MSG_INVOKE)
    assert caplog.messages == []
