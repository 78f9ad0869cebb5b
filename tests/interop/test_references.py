"""Addresses, proxies and objects as values, and calls back to the client."""

from __future__ import annotations

from interop_kit.conversation import Conversation
from interop_kit.routes import LISTENING, Feature, over


@over(server_types=LISTENING)
def test_an_address_is_a_result(conversation: Conversation) -> None:
    assert conversation.run("uri_as_result") == [True, True]


@over()
def test_an_address_is_an_argument(conversation: Conversation) -> None:
    text = "PYRO:thing@some.host:4444"

    assert conversation.run("uri_as_argument", text=text) == [True, text, ["PYRO", "thing", "some.host", 4444]]


@over(Feature.OBJECT_AS_PROXY, server_types=LISTENING)
def test_a_registered_object_arrives_as_a_proxy(conversation: Conversation) -> None:
    assert conversation.run("object_as_proxy") == [True, ["greet"], "I am a child"]


@over(Feature.OBJECT_AS_PROXY, server_types=LISTENING)
def test_registered_objects_in_a_list_arrive_as_proxies(conversation: Conversation) -> None:
    assert conversation.run("objects_in_a_list") == ["I am one", "I am two"]


@over()
def test_a_proxy_as_an_argument_can_be_called_by_the_server(conversation: Conversation) -> None:
    assert conversation.run("proxy_as_argument") == 3


@over()
def test_a_proxy_comes_back_as_a_proxy_for_the_same_object(conversation: Conversation) -> None:
    assert conversation.run("proxy_there_and_back") == [True, True, 3]


@over(Feature.OBJECT_AS_PROXY, server_types=LISTENING)
def test_registered_objects_in_a_dictionary_arrive_as_proxies(conversation: Conversation) -> None:
    assert conversation.run("objects_in_a_dictionary") == ["I am one", "I am two"]


@over(Feature.OBJECT_AS_PROXY)
def test_an_object_of_the_client_is_called_back(conversation: Conversation) -> None:
    assert conversation.run("call_back") == ["hear indeed", ["hear"]]


@over()
def test_an_object_of_the_client_is_called_back_by_a_proxy(conversation: Conversation) -> None:
    assert conversation.run("call_back_by_proxy") == ["hear indeed", ["hear"]]


@over(Feature.OBJECT_AS_PROXY)
def test_objects_of_the_client_in_a_list_are_called_back(conversation: Conversation) -> None:
    assert conversation.run("call_back_to_many") == [["hear indeed", "hear indeed"], [["hear"], ["hear"]]]


@over()
def test_an_exception_in_a_callback_goes_all_the_way_round(conversation: Conversation) -> None:
    seen = conversation.run("call_back_to_a_failure")

    assert seen == [{"class": "ValueError", "args": ["'this'", "'is too quiet'"]}, True, 3]


@over(serializers=["serpent", "json"])
def test_an_object_that_is_not_hosted_any_more_does_not_travel(conversation: Conversation) -> None:
    seen = conversation.run("object_that_is_not_hosted_any_more")

    assert seen in {"ProtocolError", "SerializeError", "TypeError", "ValueError"}
