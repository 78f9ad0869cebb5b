"""Several calls in one message."""

from __future__ import annotations

from interop_kit.conversation import Conversation
from interop_kit.routes import Feature, over

UNSERIALIZABLE = {"SerializeError", "TypeError", "ValueError"}
"""What the serializers raise for an object that they do not know."""


@over(Feature.BATCH)
def test_a_batch_gives_the_results_in_order_and_can_be_used_again(conversation: Conversation) -> None:
    queued, first, second, empty = conversation.run("batch")

    assert queued == [None, None, None]
    assert first == [3, "two", ["a", "default", "c"]]
    assert (second, empty) == ([11], [])


@over(Feature.EXCEPTION_IN_BATCH)
def test_an_exception_in_a_batch_is_raised_at_its_place_and_ends_the_batch(
    conversation: Conversation, token: str
) -> None:
    assert conversation.run("batch_with_an_exception", token=token) == {
        "first": 3,
        "error": {"class": "ValueError", "args": ["'the text'", "42", "[1, 2]"]},
        "traceback": True,
        "rest": [],
        "third": [],
    }


@over(Feature.BATCH)
def test_a_batch_with_a_method_that_is_not_exposed_fails_as_a_whole(conversation: Conversation) -> None:
    assert conversation.run("batch_with_an_unknown_method") == ["AttributeError", 3]


@over(Feature.BATCH)
def test_a_oneway_batch_returns_nothing_and_is_made(conversation: Conversation, token: str) -> None:
    assert conversation.run("oneway_batch", token=token) == [None, "value", 3]


@over(Feature.BATCH)
def test_a_batch_is_made_on_one_instance(conversation: Conversation) -> None:
    assert conversation.run("batch_on_one_instance") == 1


@over(Feature.BATCH)
def test_a_large_batch_is_made(conversation: Conversation) -> None:
    assert conversation.run("large_batch", size=1000)


@over(Feature.BATCH)
def test_an_iterator_fails_the_batch(conversation: Conversation) -> None:
    # The released server tries to serialize it, in vain.
    expected = {"ProtocolError"} if conversation.route.server == "ours" else UNSERIALIZABLE

    assert conversation.run("batch_with_a_stream") in expected


@over(Feature.BATCH)
def test_a_result_that_cannot_be_serialized_fails_the_batch(conversation: Conversation) -> None:
    assert conversation.run("batch_with_a_result_that_cannot_travel") in UNSERIALIZABLE
