"""The threads for calls that nobody waits for: how many there are, and how they end."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from pyro_server import Daemon, behavior, expose
from pyro_server.servers import oneway
from pyro_server.servers.oneway import OnewayCalls
from pyro_server.steps import Job, run
from pyro_wire.message import FLAGS_ONEWAY, MSG_INVOKE, encode

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


def test_when_no_thread_can_be_started_the_caller_does_the_job(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    threads = OnewayCalls(2, 2)
    call = Call()
    call.end.set()
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Thread", Unstartable)
        threads.submit(call)
    assert call.ended.is_set()
    assert call.thread is threading.current_thread()
    assert "can't start new thread" in caplog.text
    threads.close(DEADLINE)
    assert "did not end" not in caplog.text


class Unstartable(threading.Thread):
    """A thread on a system that has no more of them."""

    def start(self) -> None:
        raise RuntimeError("can't start new thread")


def test_a_thread_does_not_keep_its_last_call_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneway, "IDLE_SECONDS", 1000.0)
    threads = OnewayCalls(1, 1)
    call = Call()
    call.end.set()
    gone = threading.Event()
    weakref.finalize(call, gone.set)
    threads.submit(call)
    del call
    assert gone.wait(DEADLINE)
    threads.close(DEADLINE)


# ------------------------------------------------------------------------------- the object of a oneway call


@behavior("session")
@expose
class Tally:
    """Something with an instance for each client; the instances are counted."""

    made: list[Tally]

    def __init__(self) -> None:
        self.made.append(self)
        self.steps = 0

    def step(self) -> int:
        self.steps += 1
        return self.steps


@pytest.fixture
def tally(daemon: Daemon) -> type[Tally]:
    """A class in a daemon, none of whose instances has been made."""
    cls = type("Fresh", (Tally,), {"made": []})
    daemon.register(cls, "tally")
    return cls


def oneway_step(client: Any) -> Job:
    """Send a oneway call; return the job that is to be run on another thread."""
    payload = client.serializer.dumpsCall("tally", "step", (), {})
    client.session.feed(b"".join(encode(MSG_INVOKE, FLAGS_ONEWAY, 1, client.serializer.serializer_id, payload)))
    job: Job = client.session.next_step()
    assert job.detached
    return job


def test_a_oneway_call_makes_its_instance_before_its_turn_on_another_thread(serpent_client, tally) -> None:
    oneway_step(serpent_client)
    assert len(tally.made) == 1


def test_a_oneway_call_and_a_call_that_overtakes_it_meet_the_same_instance(serpent_client, tally) -> None:
    job = oneway_step(serpent_client)
    (first,) = tally.made
    assert serpent_client.call("step", object_id="tally") == 1
    run(job)
    assert tally.made == [first]
    assert first.steps == 2


def test_the_oneway_call_of_a_client_that_leaves_at_once_reaches_the_instance_that_exists(
    serpent_client, tally
) -> None:
    assert serpent_client.call("step", object_id="tally") == 1
    job = oneway_step(serpent_client)
    serpent_client.connection.close()
    run(job)
    (instance,) = tally.made
    assert instance.steps == 2
