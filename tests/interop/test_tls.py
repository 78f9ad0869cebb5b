"""TLS, where only the server has a certificate and where both have one."""

from __future__ import annotations

import ssl
import threading
from typing import Any

import pytest

from interop_kit.conversation import Conversation
from interop_kit.library import load
from interop_kit.routes import LISTENING, Feature, over
from interop_kit.server import has_ipv6
from interop_kit.service import make_service
from pyro_client import Proxy
from pyro_server import Daemon
from pyro_wire import Config

ONE = ["serpent"]
"""Which serializer it is does not matter to most of what is tested here."""

SERVER = ["localhost"]
CLIENT = ["client@example.org"]
"""The names in their certificates."""


@pytest.fixture
def one_way(conversation: Conversation, certificates: Any) -> Conversation:
    """A conversation in which the server has a certificate."""
    return conversation.with_server(
        PYRO_SSL="true",
        PYRO_SSL_SERVERCERT=certificates.server,
        PYRO_SSL_CACERTS=certificates.authority,
        PYRO_SSL_CLIENTCERT=certificates.client,
    ).with_client(SSL=True, SSL_CACERTS=certificates.authority)


@pytest.fixture
def mutual(one_way: Conversation, certificates: Any) -> Conversation:
    """A conversation in which the server demands a certificate of the client."""
    return one_way.with_server(**one_way.server_environment, PYRO_SSL_REQUIRECLIENTCERT="true").with_client(
        **one_way.client_items, SSL_CLIENTCERT=certificates.client
    )


@over()
def test_with_tls_a_client_sees_the_certificate_of_the_server(one_way: Conversation) -> None:
    assert one_way.run("certificates") == [None, SERVER]


@over()
def test_with_tls_a_server_sees_the_certificate_of_the_client_that_it_demands(mutual: Conversation) -> None:
    assert mutual.run("certificates") == [CLIENT, SERVER]


@over(serializers=ONE)
def test_with_tls_large_values_travel(mutual: Conversation) -> None:
    assert mutual.run("large_values", size=300_000) == [300_000, 30_000]


@over(serializers=ONE)
def test_with_tls_streams_oneway_calls_and_other_objects_go_on_as_ever(mutual: Conversation, token: str) -> None:
    assert mutual.run("whole_stream")["items"] == [1, 2, 3]
    assert mutual.run("oneway", token=token) == [None, "value"]
    assert mutual.run("proxy_as_argument") == 3


@over(server_types=LISTENING, serializers=ONE)
def test_with_tls_many_clients_are_served_side_by_side(mutual: Conversation) -> None:
    assert mutual.run("parallel_clients", number=8) == [list(range(n, n + 10)) for n in range(8)]


@over(server_types=LISTENING, serializers=ONE)
def test_with_tls_a_lost_connection_is_made_anew(one_way: Conversation) -> None:
    assert one_way.run("lost_connection") == ["ConnectionClosedError", 3]


@over(server_types=LISTENING, serializers=ONE)
def test_with_tls_names_are_found(mutual: Conversation, token: str) -> None:
    assert mutual.with_nameserver().run("call_by_name", name=token) == [[3, 7], True, True]


@over(server_types=LISTENING, serializers=ONE)
def test_a_client_that_does_not_trust_the_server_does_not_speak_to_it(one_way: Conversation) -> None:
    error, text = one_way.with_client(SSL=True).run("refused_tls")

    assert error == "CommunicationError"
    assert "certificate verify failed" in text.lower()


@over(server_types=LISTENING, serializers=ONE)
def test_nor_does_one_that_wanted_another_host(one_way: Conversation, certificates: Any) -> None:
    elsewhere = {**one_way.server_environment, "PYRO_SSL_SERVERCERT": certificates.client}

    error, text = one_way.with_server(**elsewhere).run("refused_tls")

    assert error == "CommunicationError"
    assert "certificate" in text.lower()


@over(server_types=LISTENING, serializers=ONE)
def test_a_client_without_a_certificate_is_refused_if_the_server_demands_one(mutual: Conversation, one_way) -> None:
    error, _ = mutual.with_client(**one_way.client_items).run("refused_tls")

    assert error in {"CommunicationError", "ConnectionClosedError"}
    assert mutual.run("call") == [3, "again", 9]


@over(server_types=LISTENING, serializers=ONE)
def test_a_client_without_tls_is_refused_and_does_no_harm(one_way: Conversation) -> None:
    error, _ = one_way.with_client().run("refused_tls")

    assert error in {"CommunicationError", "ConnectionClosedError", "ProtocolError"}
    assert one_way.run("call") == [3, "again", 9]


@over(server_types=LISTENING, serializers=ONE)
def test_a_server_without_tls_is_none_for_a_client_with_it(conversation: Conversation, one_way: Conversation) -> None:
    error, _ = conversation.with_client(**one_way.client_items).run("refused_tls")

    assert error in {"CommunicationError", "ConnectionClosedError"}


@over(server_types=LISTENING, serializers=ONE)
@pytest.mark.parametrize("name", ["nat", *(["ipv6"] if has_ipv6() else [])])
def test_with_tls_addresses_are_names_too(mutual: Conversation, name: str) -> None:
    assert mutual.run("certificates", name=name) == [CLIENT, SERVER]


@over(Feature.TLS_ON_UNIX_SOCKET, server_types=LISTENING, serializers=ONE)
@pytest.mark.parametrize("name", ["unix", "abstract"])
def test_with_tls_a_server_on_a_unix_domain_socket_is_localhost(mutual: Conversation, name: str) -> None:
    assert mutual.run("certificates", name=name) == [CLIENT, SERVER]


@over(clients=["ours"], server_types=LISTENING, serializers=ONE)
def test_one_of_our_proxies_may_have_a_context_of_its_own(mutual: Conversation, certificates: Any) -> None:
    context = ssl.create_default_context(cafile=certificates.authority)
    context.load_cert_chain(certificates.client)

    with Proxy(mutual.uris["service"], ssl_context=context) as proxy:
        assert proxy.add(1, 2) == 3


@over(clients=["released"], server_types=LISTENING, serializers=ONE)
def test_one_of_our_daemons_may_have_a_context_of_its_own(one_way: Conversation, certificates: Any) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates.server)

    with Daemon(config=Config(SERVERTYPE=one_way.route.server_type), ssl_context=context) as daemon:
        uri = daemon.register(make_service(load("ours"))["service"])
        threading.Thread(target=daemon.requestLoop, daemon=True).start()
        assert one_way.with_uris(service=str(uri)).run("call") == [3, "again", 9]
