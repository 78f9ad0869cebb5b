"""Fixtures of the interoperability tests: a conversation between a client and a server of the two libraries."""

from __future__ import annotations

import importlib.metadata
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

# The kit is also loaded by the programs of the peers, and the importlib mode of pytest makes no folder importable.
sys.path.insert(0, str(Path(__file__).parent))

from interop_kit.conversation import Conversation, Peers


@pytest.fixture(scope="session")
def peers() -> Iterator[Peers]:
    """The programs of the other sides."""
    if "pyro-stack" in {distribution.name for distribution in importlib.metadata.distributions()}:
        raise RuntimeError("pyro-stack is installed, so `Pyro5` is not the released one; use an environment without it")
    with Peers() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_is_left_behind() -> None:
    """Take the place of the check of the other tests: the peers' programs live as long as the session."""


@pytest.fixture
def conversation(request: pytest.FixtureRequest, peers: Peers) -> Conversation:
    """A client of one library and a server of the other, over a route and serializer of `interop_kit.routes.over`."""
    route, serializer = request.param
    return Conversation(peers, route, serializer)


@pytest.fixture
def token() -> str:
    """A name that nobody else uses."""
    return f"t{uuid.uuid4().hex}"
