"""Work that a loop does besides: when it is due."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pyro_server.housekeeping import Chore


class Dust:
    """Work that counts how often it is done, and may take time or fail."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock
        self.times = 0
        self.takes = 0.0
        self.error: BaseException | None = None

    def __call__(self) -> None:
        self.times += 1
        self.clock.now += self.takes
        if self.error is not None:
            raise self.error


@pytest.fixture
def dust(clock: Any) -> Dust:
    return Dust(clock)


@pytest.fixture
def chore(dust: Dust, clock: Any) -> Chore:
    return Chore(dust, 10.0, clock)


def test_a_chore_is_not_done_before_its_time(chore: Chore, dust: Dust, clock: Any) -> None:
    chore.do_if_due()
    clock.now += 9
    chore.do_if_due()
    assert dust.times == 0


def test_a_chore_is_done_when_it_is_due(chore: Chore, dust: Dust, clock: Any) -> None:
    clock.now += 10
    chore.do_if_due()
    assert dust.times == 1


def test_a_chore_is_done_once_in_a_period(chore: Chore, dust: Dust, clock: Any) -> None:
    clock.now += 10
    for _ in range(5):
        chore.do_if_due()
    assert dust.times == 1
    clock.now += 10
    chore.do_if_due()
    assert dust.times == 2


def test_periods_that_were_missed_are_not_made_up_for(chore: Chore, dust: Dust, clock: Any) -> None:
    clock.now += 100
    for _ in range(5):
        chore.do_if_due()
    assert dust.times == 1


def test_the_next_period_begins_when_the_work_is_done(chore: Chore, dust: Dust, clock: Any) -> None:
    dust.takes = 15.0
    clock.now += 10
    chore.do_if_due()
    assert chore.patience() == 10
    chore.do_if_due()
    assert dust.times == 1


def test_patience_lasts_until_the_chore_is_due(chore: Chore, clock: Any) -> None:
    assert chore.patience() == 10
    clock.now += 4
    assert chore.patience() == 6
    clock.now += 10
    assert chore.patience() == 0


def test_a_chore_is_done_again_after_an_error(chore: Chore, dust: Dust, clock: Any, caplog) -> None:
    dust.error = ValueError("a spider")
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            clock.now += 10
            chore.do_if_due()
    assert dust.times == 2
    assert "a spider" in caplog.text


def test_a_ctrl_c_in_a_chore_is_not_swallowed(chore: Chore, dust: Dust, clock: Any) -> None:
    dust.error = KeyboardInterrupt()
    clock.now += 10
    with pytest.raises(KeyboardInterrupt):
        chore.do_if_due()
