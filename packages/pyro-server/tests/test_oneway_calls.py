"""The threads for calls that nobody waits for: how many there are, and how they end."""

from __future__ import annotations

import logging
import queue
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


class Caller:
    """Somebody who makes oneway calls."""

    def __init__(self) -> None:
        self.waiting_calls = 0
        self.held_back = False


def new_calls(max_threads: int, max_waiting: int) -> OnewayCalls[Caller]:
    return OnewayCalls(max_threads, max_waiting, lambda client: None)


def submit(
    threads: OnewayCalls[Caller], made: list[Call], count: int = 1, *, client: Caller | None = None
) -> list[Call]:
    """Have calls of a client run, and return them."""
    client = client or Caller()
    calls = [Call() for _ in range(count)]
    made.extend(calls)
    for call in calls:
        assert threads.offer(client, call)
    return calls


def end(threads: OnewayCalls[Caller], made: list[Call]) -> None:
    for call in made:
        call.end.set()
    threads.close(DEADLINE)


def test_a_call_runs_on_a_thread_of_its_own(made: list[Call]) -> None:
    threads = new_calls(2, 2)
    (call,) = submit(threads, made)
    assert call.begun.wait(DEADLINE)
    assert call.thread is not None
    assert call.thread.name == "oneway-call"
    assert call.thread.daemon
    end(threads, made)


def test_calls_run_side_by_side(made: list[Call]) -> None:
    threads = new_calls(3, 3)
    calls = submit(threads, made, 3)
    assert all(call.begun.wait(DEADLINE) for call in calls)
    assert len({call.thread for call in calls}) == 3
    end(threads, made)


def test_no_more_threads_than_allowed_run_and_the_others_wait_their_turn(made: list[Call]) -> None:
    threads = new_calls(2, 5)
    first, second, third = submit(threads, made, 3)
    assert first.begun.wait(DEADLINE)
    assert second.begun.wait(DEADLINE)
    assert not third.begun.is_set()
    first.end.set()
    assert third.begun.wait(DEADLINE)
    assert third.thread is first.thread
    end(threads, made)


def test_of_each_client_only_so_many_calls_wait(made: list[Call]) -> None:
    threads, client = new_calls(1, 2), Caller()
    (running,) = submit(threads, made, client=client)
    assert running.begun.wait(DEADLINE)
    submit(threads, made, 2, client=client)
    assert (client.waiting_calls, threads.has_room(client)) == (2, False)
    assert not threads.offer(client, Call())
    assert client.held_back
    end(threads, made)


def test_a_client_with_many_calls_takes_no_room_from_others(made: list[Call]) -> None:
    threads, greedy, modest = new_calls(1, 1), Caller(), Caller()
    (running,) = submit(threads, made, client=greedy)
    assert running.begun.wait(DEADLINE)
    submit(threads, made, client=greedy)
    assert not threads.offer(greedy, Call())
    submit(threads, made, client=modest)
    assert (modest.waiting_calls, modest.held_back) == (1, False)
    end(threads, made)


def test_who_was_held_back_hears_when_there_is_room(made: list[Call]) -> None:
    told: queue.SimpleQueue[Caller] = queue.SimpleQueue()
    threads, client = OnewayCalls(1, 1, told.put), Caller()
    (running,) = submit(threads, made, client=client)
    assert running.begun.wait(DEADLINE)
    submit(threads, made, client=client)
    assert not threads.offer(client, Call())
    running.end.set()
    assert told.get(timeout=DEADLINE) is client
    assert (threads.has_room(client), client.held_back) == (True, False)
    end(threads, made)
    assert told.empty()


def test_who_was_not_held_back_hears_nothing(made: list[Call]) -> None:
    told: list[Caller] = []
    threads = OnewayCalls(1, 5, told.append)
    submit(threads, made, 3)
    end(threads, made)
    assert told == []


def test_a_thread_is_used_again(made: list[Call]) -> None:
    threads = new_calls(1, 5)
    calls = submit(threads, made, 3)
    end(threads, made)
    assert len({call.thread for call in calls}) == 1


def test_an_idle_thread_ends_after_a_while(made: list[Call], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oneway, "IDLE_SECONDS", 0.01)
    threads = new_calls(1, 1)
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
    threads = new_calls(1, 5)
    failing = Call(error)
    failing.end.set()
    with caplog.at_level(logging.CRITICAL):
        threads.offer(Caller(), failing)
        (call,) = submit(threads, made)
        assert call.begun.wait(DEADLINE)
    assert call.thread is failing.thread
    end(threads, made)


def test_after_closing_no_call_is_taken(made: list[Call]) -> None:
    threads = new_calls(1, 1)
    threads.close(DEADLINE)
    (call,) = submit(threads, made)
    assert not call.begun.is_set()


def test_closing_waits_for_the_calls_that_are_there(made: list[Call]) -> None:
    threads = new_calls(1, 5)
    calls = submit(threads, made, 3)
    end(threads, made)
    assert all(call.ended.is_set() for call in calls)


def test_closing_does_not_wait_for_ever(made: list[Call], caplog) -> None:
    threads = new_calls(1, 1)
    (call,) = submit(threads, made)
    assert call.begun.wait(DEADLINE)
    with caplog.at_level(logging.WARNING):
        threads.close(0.01)
    assert "did not end" in caplog.text


def test_after_closing_there_is_room_for_everybody(made: list[Call]) -> None:
    threads, client = new_calls(1, 1), Caller()
    (running,) = submit(threads, made, client=client)
    assert running.begun.wait(DEADLINE)
    submit(threads, made, client=client)
    assert not threads.offer(client, Call())
    threads.close(0.01)
    assert threads.offer(client, Call())
    assert client.waiting_calls == 1


def test_a_oneway_call_may_close_the_server_that_runs_it() -> None:
    threads = new_calls(1, 1)
    closed = threading.Event()

    class Closing(Call):
        def execute(self) -> None:
            threads.close(60.0)
            closed.set()

    threads.offer(Caller(), Closing())
    assert closed.wait(DEADLINE), "it waits for itself"


def test_when_no_thread_can_be_started_the_caller_does_the_job(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    threads = new_calls(2, 2)
    call = Call()
    call.end.set()
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Thread", Unstartable)
        threads.offer(Caller(), call)
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
    threads = new_calls(1, 1)
    call = Call()
    call.end.set()
    gone = threading.Event()
    weakref.finalize(call, gone.set)
    threads.offer(Caller(), call)
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
