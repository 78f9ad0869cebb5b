"""Where daemons listen, and how connections and daemons end."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import CONNECTED, LISTENING, Feature, over
from interop_kit.server import has_ipv6

DAEMONS = ["unix", "abstract", "nat", *(["ipv6"] if has_ipv6() else [])]
"""Daemons on a Unix domain socket with and without a file, behind another address, and on IPv6."""

ONE = ["serpent"]
"""Which serializer it is does not matter to most of what is tested here."""

NO_WORKERS = "no free workers, increase server threadpool size"


@over(server_types=LISTENING)
@pytest.mark.parametrize("name", DAEMONS)
def test_an_object_is_called_wherever_its_daemon_listens(conversation: Conversation, name: str) -> None:
    assert conversation.run("call_a_daemon", name=name) == [3, True]


@over(Feature.OBJECT_AS_PROXY, server_types=LISTENING, serializers=ONE)
@pytest.mark.parametrize("name", DAEMONS)
def test_objects_are_handed_out_with_the_address_of_their_daemon(conversation: Conversation, name: str) -> None:
    assert conversation.run("object_of_a_daemon", name=name) == [True, "I am a child"]


@over(server_types=LISTENING, serializers=ONE)
def test_many_clients_are_served_side_by_side(conversation: Conversation) -> None:
    assert conversation.run("parallel_clients", number=8) == [list(range(n, n + 10)) for n in range(8)]


@over(server_types=[CONNECTED])
def test_on_a_connected_socket_there_is_no_handshake_and_no_other_connection(conversation: Conversation) -> None:
    assert conversation.run("proxy_on_a_connected_socket") == [
        True,
        ["<<connected-socket>>:0", "./u:<<not-bound>>"],
        True,
        3,
        {"class": "DaemonError", "args": ["'unknown object'"]},
    ]


@over(server_types=LISTENING, serializers=ONE)
def test_the_daemon_hears_that_a_client_has_left(conversation: Conversation, token: str) -> None:
    assert conversation.run("client_that_leaves", token=token) == [[], "left"]


@over(server_types=LISTENING, serializers=ONE)
def test_what_a_client_holds_is_closed_when_it_leaves(conversation: Conversation, token: str) -> None:
    assert conversation.run("resources_of_a_client", token=token) == [[], "closed", []]


@over(server_types=LISTENING, serializers=ONE)
def test_after_a_timeout_the_next_call_is_made_anew(conversation: Conversation, token: str) -> None:
    assert conversation.run("call_that_takes_too_long", token=token) == ["TimeoutError", 3]


@over(server_types=LISTENING, serializers=ONE)
def test_after_a_lost_connection_the_next_call_is_made_anew(conversation: Conversation) -> None:
    assert conversation.run("lost_connection") == ["ConnectionClosedError", 3]


@over(server_types=LISTENING, serializers=ONE)
def test_a_lost_connection_is_no_error_for_who_retries(conversation: Conversation) -> None:
    assert conversation.run("lost_connection_with_retries") == 3


@over(Feature.CLOSE_IDLE_CONNECTIONS, server_types=LISTENING, serializers=ONE)
def test_a_server_with_a_timeout_closes_idle_connections(conversation: Conversation) -> None:
    assert conversation.with_server(PYRO_COMMTIMEOUT="0.3").run("idle_connection") == [0, "ConnectionClosedError", 3]


@over(server_types=LISTENING, serializers=ONE)
def test_a_copy_of_a_proxy_has_a_connection_of_its_own(conversation: Conversation) -> None:
    assert conversation.run("copy_of_a_proxy") == [3, True, 7]


@over(server_types=LISTENING, serializers=ONE)  # five seconds at the released multiplex server
def test_a_method_that_ends_its_daemon_is_answered(conversation: Conversation, token: str) -> None:
    assert conversation.run("daemon_that_a_method_ends", token=token, method="end") == ["goodbye", "ended"]


@over(server_types=LISTENING, serializers=ONE)
def test_a_oneway_method_may_end_its_daemon(conversation: Conversation, token: str) -> None:
    assert conversation.run("daemon_that_a_method_ends", token=token, method="end_unheard") == [None, "ended"]


@over(clients=["released"], server_types=LISTENING, serializers=ONE)
def test_when_our_daemon_has_ended_nobody_is_served_any_more(conversation: Conversation, token: str) -> None:
    assert conversation.run("daemon_that_has_ended", token=token) == [True, True]


@over(server_types=["thread"], serializers=ONE)
def test_a_client_is_refused_while_all_workers_are_busy(conversation: Conversation, token: str) -> None:
    small = conversation.with_server(
        PYRO_THREADPOOL_SIZE="1", PYRO_THREADPOOL_SIZE_MIN="1", PYROSTACK_MAX_CONNECTIONS_WAITING="0"
    )

    error, still_busy = small.run("call_while_all_workers_are_busy", token=token)

    assert error["class"] == "CommunicationError"
    assert f"rejected: {NO_WORKERS}" in error["args"][0]
    assert not still_busy


@over(clients=["released"], server_types=["thread"], serializers=ONE)
def test_our_server_serves_more_clients_than_it_has_workers(conversation: Conversation) -> None:
    small = conversation.with_server(PYRO_THREADPOOL_SIZE="1", PYRO_THREADPOOL_SIZE_MIN="1")

    assert small.run("idle_clients_before", number=5) == [3, 7, 7, 7, 7, 7]
