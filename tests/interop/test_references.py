"""Addresses and proxies as values, instances, Unix domain sockets."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import Feature, over


@over()
def test_an_address_is_a_result(conversation: Conversation) -> None:
    assert conversation.run("uri_as_result") == [True, True]


@over()
def test_an_address_is_an_argument(conversation: Conversation) -> None:
    text = "PYRO:thing@some.host:4444"

    assert conversation.run("uri_as_argument", text=text) == [True, text, ["PYRO", "thing", "some.host", 4444]]


@over(Feature.OBJECT_AS_PROXY)
def test_a_registered_object_arrives_as_a_proxy(conversation: Conversation) -> None:
    assert conversation.run("object_as_proxy") == [True, ["greet"], "I am a child"]


@over(Feature.OBJECT_AS_PROXY)
def test_registered_objects_in_a_list_arrive_as_proxies(conversation: Conversation) -> None:
    assert conversation.run("objects_in_a_list") == ["I am one", "I am two"]


@over()
def test_a_proxy_as_an_argument_can_be_called_by_the_server(conversation: Conversation) -> None:
    assert conversation.run("proxy_as_argument") == 3


@over()
def test_a_proxy_comes_back_as_a_proxy_for_the_same_object(conversation: Conversation) -> None:
    assert conversation.run("proxy_there_and_back") == [True, True, 3]


@over()
@pytest.mark.parametrize(("name", "number"), [("single", 1), ("session", 2), ("percall", 4)])
def test_an_instance_lives_as_long_as_its_mode_says(conversation: Conversation, name: str, number: int) -> None:
    assert conversation.run("number_of_instances", name=name) == number


@over()
@pytest.mark.parametrize(("name", "same"), [("single", True), ("session", False), ("percall", False)])
def test_only_a_single_instance_survives_its_connection(conversation: Conversation, name: str, same: bool) -> None:
    assert conversation.run("instance_after_a_new_connection", name=name) is same


@over()
def test_an_instance_is_made_by_its_creator(conversation: Conversation) -> None:
    assert conversation.run("identity", name="created").endswith("made by the creator")


@over()
def test_an_object_is_called_over_a_unix_domain_socket(conversation: Conversation) -> None:
    assert conversation.run("call_over_a_unix_socket") == [3, True]
