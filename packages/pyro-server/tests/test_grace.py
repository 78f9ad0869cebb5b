"""The time that calls in flight are given."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pyro_server.servers.grace import Grace


@pytest.fixture(autouse=True)
def the_clock(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", clock)


def test_there_is_no_grace_before_it_begins() -> None:
    grace = Grace()
    assert (grace.begun, grace.left()) == (False, 0)


def test_grace_passes(clock: Any) -> None:
    grace = Grace()
    grace.begin(30.0)
    assert (grace.begun, grace.left()) == (True, 30.0)
    clock.now += 20
    assert grace.left() == 10.0


def test_grace_ends(clock: Any) -> None:
    grace = Grace()
    grace.begin(30.0)
    clock.now += 31
    assert (grace.begun, grace.left()) == (True, 0)


def test_grace_cannot_be_prolonged(clock: Any) -> None:
    grace = Grace()
    grace.begin(30.0)
    clock.now += 20
    grace.begin(30.0)
    assert grace.left() == 10.0


def test_no_grace_at_all_has_begun_all_the_same() -> None:
    grace = Grace()
    grace.begin(0.0)
    assert (grace.begun, grace.left()) == (True, 0)
