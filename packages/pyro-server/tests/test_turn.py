"""Turns: one thread at a time, and what is to be done in between."""

from __future__ import annotations

import threading

import pytest

from pyro_server.servers.turn import Turn

DEADLINE = 10.0


def test_between_turns_a_thing_is_done_at_once() -> None:
    done: list[str] = []
    assert Turn().between(lambda: done.append("it"), 0)
    assert done == ["it"]


def test_in_ones_own_turn_it_is_done_at_the_end() -> None:
    turn, done = Turn(), []
    with turn:
        assert turn.between(lambda: done.append("it"), 0)
        done.append("the turn")
    assert done == ["the turn", "it"]


def test_in_a_nested_turn_it_is_done_at_the_end_of_the_outermost_one() -> None:
    turn, done = Turn(), []
    with turn:
        with turn:
            turn.between(lambda: done.append("it"), 0)
        done.append("the turn")
    assert done == ["the turn", "it"]


def test_it_is_done_once() -> None:
    turn, done = Turn(), []
    with turn:
        turn.between(lambda: done.append("it"), 0)
    with turn:
        pass
    assert done == ["it"]


def test_it_may_take_turns_itself() -> None:
    turn, done = Turn(), []

    def act() -> None:
        with turn:
            done.append("it")

    with turn:
        turn.between(act, 0)
    assert done == ["it"]


def test_it_is_done_although_the_turn_failed() -> None:
    turn, done = Turn(), []

    def fail() -> None:
        with turn:
            turn.between(lambda: done.append("it"), 0)
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        fail()
    assert done == ["it"]


def test_when_it_fails_the_next_turn_can_be_taken() -> None:
    turn = Turn()

    def fail() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"), turn:
        turn.between(fail, 0)
    assert can_be_taken(turn)


def can_be_taken(turn: Turn) -> bool:
    """Tell whether another thread could do something between two turns."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(turn.between(lambda: None, 0)))
    thread.start()
    thread.join(DEADLINE)
    return results == [True]


def test_a_turn_is_one_threads_alone() -> None:
    turn = Turn()
    with turn:
        assert not can_be_taken(turn)
    assert can_be_taken(turn)


def test_in_another_threads_turn_nothing_is_done_if_that_takes_too_long() -> None:
    turn, done, taken, end = Turn(), [], threading.Event(), threading.Event()

    def take() -> None:
        with turn:
            taken.set()
            end.wait(DEADLINE)

    thread = threading.Thread(target=take)
    thread.start()
    assert taken.wait(DEADLINE)
    assert not turn.between(lambda: done.append("it"), 0.01)
    end.set()
    thread.join(DEADLINE)
    assert done == []


def test_another_threads_turn_is_waited_for() -> None:
    turn, done, taken, end = Turn(), [], threading.Event(), threading.Event()

    def take() -> None:
        with turn:
            taken.set()
            end.wait(DEADLINE)
            done.append("the turn")

    thread = threading.Thread(target=take)
    thread.start()
    assert taken.wait(DEADLINE)
    end.set()
    assert turn.between(lambda: done.append("it"), DEADLINE)
    thread.join(DEADLINE)
    assert done == ["the turn", "it"]
