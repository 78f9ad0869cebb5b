"""Calls, keyword arguments, attributes, oneway calls."""

from __future__ import annotations

from interop_kit.conversation import Conversation
from interop_kit.routes import SERIALIZERS, Feature, over


@over()
def test_a_call_returns_its_result(conversation: Conversation) -> None:
    assert conversation.run("call") == [3, "again", 9]


@over()
def test_keyword_arguments_and_defaults_arrive(conversation: Conversation) -> None:
    assert conversation.run("call_with_keywords") == [
        [[1, "two"], {"three": 3, "größe": "ä"}],
        [[], {}],
        ["a", "default", "keyword only"],
        ["a", "default", "c"],
        ["a", "b", "keyword only"],
    ]


@over()
def test_a_call_with_wrong_arguments_is_a_type_error(conversation: Conversation) -> None:
    assert conversation.run("call_with_wrong_arguments") == ["TypeError", 3]


@over()
def test_an_argument_that_cannot_be_serialized_fails_at_the_caller(conversation: Conversation) -> None:
    error, then = conversation.run("send_unserializable")

    assert error in {"SerializeError", "TypeError", "ValueError"}
    assert then == 3


@over()
def test_a_result_that_cannot_be_serialized_is_an_error_at_the_caller(conversation: Conversation) -> None:
    assert conversation.run("receive_unserializable") in {"SerializeError", "TypeError", "ValueError"}


@over()
def test_the_serializer_may_change_on_an_open_connection(conversation: Conversation) -> None:
    serializers = [*SERIALIZERS, conversation.serializer]

    assert conversation.run("change_serializer", serializers=serializers) == [3] * len(serializers)


@over()
def test_the_sequence_number_wraps_around(conversation: Conversation) -> None:
    assert conversation.run("wrap_sequence_number") == [0, 1, 2, 3]


@over()
def test_large_values_travel_both_ways(conversation: Conversation) -> None:
    assert conversation.run("large_values", size=300_000) == [300_000, 30_000]


@over(Feature.ATTRIBUTES)
def test_an_attribute_is_read(conversation: Conversation) -> None:
    assert conversation.run("read_attributes") == [
        42,
        {"class": "ValueError", "args": ["'the property is broken'"]},
    ]


@over(Feature.ATTRIBUTES)
def test_an_attribute_is_written(conversation: Conversation) -> None:
    assert conversation.run("write_attributes", value="green") == ["green", ["green", None]]


@over(Feature.ATTRIBUTES)
def test_attributes_that_are_not_exposed_are_out_of_reach(conversation: Conversation) -> None:
    seen = conversation.run("reach_attributes_out_of_bounds")

    assert (seen.pop("has"), seen.pop("then")) == ([True, False, False], 42)
    assert set(seen.values()) == {"AttributeError"}


@over()
def test_a_remote_container_is_used_like_a_local_one(conversation: Conversation) -> None:
    assert conversation.run("container") == [2, 2, ["a", "b"], True, 1, "KeyError"]


@over()
def test_a_oneway_call_returns_nothing_and_is_made(conversation: Conversation, token: str) -> None:
    assert conversation.run("oneway", token=token) == [None, "value"]


@over()
def test_an_exception_of_a_oneway_call_is_not_heard(conversation: Conversation, token: str) -> None:
    assert conversation.run("oneway_that_fails", token=token) == [None, "value", 3]


@over()
def test_the_client_may_choose_that_a_call_is_oneway(conversation: Conversation, token: str) -> None:
    assert conversation.run("oneway_by_choice_of_the_client", token=token) == ["remembered", None, "second"]


@over()
def test_a_oneway_call_is_not_waited_for(conversation: Conversation, token: str) -> None:
    assert conversation.run("oneway_that_takes_long", token=token) == [None, [], ["go"]]
