"""What of an object can be called, how its instances come about, and objects that come and go."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import CONNECTED, LISTENING, Feature, over

UNKNOWN = {"class": "DaemonError", "args": ["'unknown object'"]}


@over()
def test_static_and_class_methods_are_methods(conversation: Conversation) -> None:
    assert conversation.run("methods_of_the_class") == [5, "Service"]


@over(Feature.ATTRIBUTES)
def test_of_a_class_that_is_exposed_partly_only_that_part_is_seen(conversation: Conversation) -> None:
    assert conversation.run("partly_exposed") == {
        "methods": ["open"],
        "attributes": ["visible"],
        "open": ["open", "visible"],
        "closed": "AttributeError",
        "invisible": "AttributeError",
    }


@over()
def test_an_object_that_only_iterates_is_iterated_over(conversation: Conversation) -> None:
    assert conversation.run("letters") == ["x", "y", "z"]


@over(server_types=LISTENING)
@pytest.mark.parametrize(("name", "number"), [("single", 1), ("session", 2), ("percall", 4)])
def test_an_instance_lives_as_long_as_its_mode_says(conversation: Conversation, name: str, number: int) -> None:
    assert conversation.run("number_of_instances", name=name) == number


@over(server_types=[CONNECTED])
@pytest.mark.parametrize(("name", "number"), [("single", 1), ("session", 1), ("percall", 4)])
def test_a_connected_socket_is_one_session_for_all_proxies(conversation: Conversation, name: str, number: int) -> None:
    assert conversation.run("number_of_instances", name=name) == number


@over(server_types=LISTENING)
@pytest.mark.parametrize(("name", "same"), [("single", True), ("session", False), ("percall", False)])
def test_only_a_single_instance_survives_its_connection(conversation: Conversation, name: str, same: bool) -> None:
    assert conversation.run("instance_after_a_new_connection", name=name) is same


@over()
@pytest.mark.parametrize(("name", "made"), [("session", [0, 1, 1]), ("percall", [0, 1, 2])])
def test_an_instance_is_made_when_it_is_called(conversation: Conversation, name: str, made: list[int]) -> None:
    assert conversation.run("instances_made", name=name) == made


@over()
def test_an_instance_is_made_by_its_creator(conversation: Conversation) -> None:
    assert conversation.run("identity", name="created").endswith("made by the creator")


@over()
@pytest.mark.parametrize(("name", "error"), [("miscreated", "TypeError"), ("uncreated", "LookupError")])
def test_a_creator_that_fails_is_an_error_of_the_call(conversation: Conversation, name: str, error: str) -> None:
    assert conversation.run("failing_creator", name=name) == [error, error]


@over()
def test_an_object_can_be_called_until_it_is_withdrawn(conversation: Conversation, token: str) -> None:
    seen = conversation.run("object_that_is_withdrawn", identifier=token)

    assert seen == [UNKNOWN, "I am here", UNKNOWN, 3]


@over()
def test_an_object_is_replaced_only_by_force(conversation: Conversation, token: str) -> None:
    assert conversation.run("object_that_is_replaced", identifier=token) == ["DaemonError", "I am the third"]


@over()
def test_an_object_that_is_held_weakly_goes_when_nobody_else_holds_it(conversation: Conversation, token: str) -> None:
    assert conversation.run("object_that_is_held_weakly", identifier=token) == ["I am weak", UNKNOWN]
