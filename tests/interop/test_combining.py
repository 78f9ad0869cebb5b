"""One loop for daemons, a name server and the responder that tells where it is, which the multiplex server has."""

from __future__ import annotations

import pytest

from interop_kit.conversation import Conversation
from interop_kit.routes import over


@pytest.fixture
def combined(conversation: Conversation) -> Conversation:
    """A conversation with daemons that were combined."""
    return conversation.with_combined_daemons()


@over(server_types=["multiplex"])
def test_daemons_that_were_combined_are_served_on_one_thread(combined: Conversation) -> None:
    assert combined.run("threads_of_the_daemons") == 1


@over(server_types=["multiplex"])
def test_a_combined_name_server_is_found_by_its_combined_responder(combined: Conversation) -> None:
    assert combined.run("find_by_broadcast") == [True, None]


@over(server_types=["multiplex"])
def test_a_combined_name_server_knows_names(combined: Conversation, token: str) -> None:
    assert combined.run("call_by_name", name=token) == [[3, 7], True, True]


@over(server_types=["multiplex"])
def test_combined_daemons_and_the_name_server_do_not_get_in_each_others_way(combined: Conversation, token: str) -> None:
    assert combined.run("name_while_others_are_connected", name=token) == [1, 2, 3, 3, 7]
