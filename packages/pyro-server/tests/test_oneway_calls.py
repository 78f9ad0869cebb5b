"""The threads for calls that nobody waits for: how many there are, and how they end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_server.servers import oneway
from pyro_server.servers.oneway import OnewayCalls

DEADLINE = 10.0


class Call:
    """A oneway call that goes on until it is told to end."""

    detached = True

    def __init__(self, error: BaseException | None = None) -> None:
        self.begun = threading.Event()
        self.end = threading.Event()
        self.ended = threading.Event()
        self.thread: threading.Thread | None = None
        self.error = error

    def execute(self) -> None:
        self.thread = threading.current_thread()
        self.begun.set()
        self.end.wait(DEADLINE)
        if self.error is not None:
            raise self.error

    def finish(self, result: Any) -> None:
        self.ended.set()

    def fail(self, error: BaseException) -> None:
        self.ended.set()


@pytest.fixture
def made() -> Iterator[list[Call]]:
    """The calls of a test, which all end with it."""
    calls: list[Call] = []
    yield calls
    for call in calls:
        call.end.set()


def submit(threads: OnewayCalls, made: list[Call], count: int = 1) -> list[Call]:
    """Submit calls, and return them."""
    calls = [Call() for _ in range(count)]
    made.extend(calls)
    for call in calls:
        threads.submit(call)
    return calls


def end(threads: OnewayCalls, made: list[Call]) -> None:
    for call in made:
        call.end.set()
    threads.close(DEADLINE)


def test_a_call_runs_on_a_thread_of_its_own(made: list[Call]) -> None:
    threads = OnewayCalls(2, 2)
    (call,) = submit(threads, made)
    assert call.begun.wait(DEADLINE)
    assert call.thread is not None
    assert call.thread.name == "oneway-call"
    assert call.thread.daemon
    end(threads, made)


def test_calls_run_side_by_side(made: list[Call]) -> None:
    threads = OnewayCalls(3, 3)
    calls = submit(threads, made, 3)
    assert all(call.begun.wait(DEADLINE) for call in calls)
    assert len({call.thread for call in calls}) == 3
    end(threads, made)


def test_no_more_threads_than_allowed_run_and_the_others_wait_their_turn(made: list[Call]) -> None:
    threads = OnewayCalls(2, 5)
    first, second, third = submit(threads, made, 3)
    assert first.begun.wait(DEADLINE)
    assert second.begun.wait(DEADLINE)
    assert not third.begun.is_set()
    first.end.set()
    assert third.begun.wait(DEADLINE)
    assert third.thread is first.thread
    end(threads, made)


def test_who_submits_more_than_may_wait_is_made_to_wait(made: list[Call]) -> None:
    threads = OnewayCalls(1, 1)
    running, waiting = submit(threads, made, 1), []
    assert running[0].begun.wait(DEADLINE)
    waiting = submit(threads, made, 1)
    submitted = threading.Event()

    def submit_one_more() -> None:
        submit(threads, made, 1)
        submitted.set()

    submitting = threading.Thread(target=submit_one_more)
    submitting.start()
    running[0].end.set()
    assert waiting[0].begun.wait(DEADLINE), "its place in the queue is free now"
    assert submitted.wait(DEADLINE)
    submitting.join(DEADLINE)
    end(threads, made)


def test_a_thread_is_used_again(made: list[Call]) -> None:
    threads = OnewayCalls(1, 5)
    calls = submit(threads, made, 3)
    end(threads, made)
    assert len({call.thread for call in calls}) == 1


def test_an_idle_thread_ends_after_a_while(made: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneway, "IDLE_SECONDS", 0.01)
    threads = OnewayCalls(1, 1)
    (call,) = submit(threads, made)
    call.end.set()
    assert call.ended.wait(DEADLINE)
    assert call.thread is not None
    call.thread.join(DEADLINE)
    assert not call.thread.is_alive()
    (another,) = submit(threads, made)
    assert another.begun.wait(DEADLINE)
    end(threads, made)


@pytest.mark.parametrize("error", [ValueError("wrong"), SystemExit(3), KeyboardInterrupt()])
def test_a_thread_survives_its_calls(made: list[Call], error: BaseException, caplog) -> None:
    threads = OnewayCalls(1, 5)
    failing = Call(error)
    failing.end.set()
    with caplog.at_level(logging.CRITICAL):
        threads.submit(failing)
        (call,) = submit(threads, made)
        assert call.begun.wait(DEADLINE)
    assert call.thread is failing.thread
    end(threads, made)


def test_after_closing_no_call_is_taken(made: list[Call]) -> None:
    threads = OnewayCalls(1, 1)
    threads.close(DEADLINE)
    (call,) = submit(threads, made)
    assert not call.begun.is_set()


def test_closing_waits_for_the_calls_that_are_there(made: list[Call]) -> None:
    threads = OnewayCalls(1, 5)
    calls = submit(threads, made, 3)
    end(threads, made)
    assert all(call.ended.is_set() for call in calls)


def test_closing_does_not_wait_for_ever(made: list[Call], caplog) -> None:
    threads = OnewayCalls(1, 1)
    (call,) = submit(threads, made)
    assert call.begun.wait(DEADLINE)
    with caplog.at_level(logging.WARNING):
        threads.close(0.01)
    assert "did not end" in caplog.text


def test_closing_lets_go_of_those_who_wait_to_submit(made: list[Call]) -> None:
    threads = OnewayCalls(1, 1)
    running = submit(threads, made, 2)
    assert running[0].begun.wait(DEADLINE)
    submitting = threading.Thread(target=submit, args=(threads, made))
    submitting.start()
    threads.close(0.01)
    submitting.join(DEADLINE)
    assert not submitting.is_alive()


def test_a_oneway_call_may_close_the_server_that_runs_it() -> None:
    threads = OnewayCalls(1, 1)
    closed = threading.Event()

    class Closing(Call):
        def execute(self) -> None:
            threads.close(60.0)
            closed.set()

    threads.submit(Closing())
    assert closed.wait(DEADLINE), "it waits for itself"
