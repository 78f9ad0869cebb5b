"""Chapter "Servers": when instances of a registered class are made, how, and for how long they are kept."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyro_client import BatchProxy
from pyro_server import behavior, expose

DEADLINE = 20.0

PERCALL = """
    import Pyro5.server

    made = 0

    @Pyro5.server.behavior(instance_mode="percall")
    class Thing(object):
        def __init__(self):
            global made
            made += 1

        @Pyro5.server.expose
        def method(self):
            return made

    daemon = Pyro5.server.Daemon()
    uri = daemon.register(Thing)
    print(uri)
    daemon.requestLoop()
"""

every_mode = pytest.mark.parametrize("mode", ["session", "single", "percall"])


@expose
class Counter:
    """Something that counts its calls, and how many there are of it."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.count = 0

    def step(self) -> int:
        self.count += 1
        return self.count


@expose
class Empty(Counter):
    """Something that is falsy."""

    def __len__(self) -> int:
        return 0


@expose
class Meeting(Counter):
    """Something whose calls wait for each other, and that notices how many are in it at once."""

    together = threading.Barrier(2)

    def meet(self) -> int:
        return self.together.wait(DEADLINE)

    def alone(self) -> bool:
        self.count += 1
        others = self.count
        self.together.wait(DEADLINE)
        self.count -= 1
        return others == 1


def moded(mode: str, base: type = Counter, creator: Any = None) -> Any:
    """Return a class of its own with an instance mode."""
    return behavior(instance_mode=mode, instance_creator=creator)(type("Moded", (base,), {"made": 0}))


def at_once(*calls: Any) -> list[Any]:
    """Make calls in threads, all at the same time."""
    results: list[Any] = []
    threads = [threading.Thread(target=lambda call=call: results.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    return results


def test_percall_makes_an_instance_for_every_call_as_in_the_manual(program) -> None:
    uri = program(PERCALL).line()
    client = program(f"""
        import Pyro5.client
        with Pyro5.client.Proxy({uri!r}) as thing:
            print(thing.method(), thing.method(), thing.method())
    """)
    assert client.rest() == ["1 2 3"]


@every_mode
def test_an_instance_is_made_by_the_first_call_and_not_before(served, mode: str) -> None:
    cls = moded(mode)
    proxy = served({"it": cls}).proxy()
    proxy._pyroBind()
    assert cls.made == 0
    proxy.step()
    assert cls.made == 1


@every_mode
def test_nothing_is_made_for_those_who_call_another_object(served, mode: str) -> None:
    cls = moded(mode)
    assert served({"it": cls, "other": Counter()}).proxy("other").step() == 1
    assert cls.made == 0


@pytest.mark.parametrize(("mode", "made"), [("session", 2), ("single", 1), ("percall", 4)])
def test_two_clients_with_two_calls_each_meet_as_many_instances_as_there_are(listening, mode: str, made: int) -> None:
    cls = moded(mode)
    serving = listening({"it": cls})
    first, second = serving.proxy(), serving.proxy()
    for proxy in (first, second, first, second):
        proxy.step()
    assert cls.made == made


@pytest.mark.parametrize(("mode", "made"), [("session", 1), ("single", 1), ("percall", 3)])
def test_a_falsy_instance_is_not_made_again(served, mode: str, made: int) -> None:
    cls = moded(mode, Empty)
    proxy = served({"it": cls}).proxy()
    for _ in range(3):
        proxy.step()
    assert cls.made == made


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_a_batch_is_for_one_instance(served, mode: str) -> None:
    cls = moded(mode)
    batch = BatchProxy(served({"it": cls}).proxy())
    for _ in range(3):
        batch.step()
    assert list(batch()) == [1, 2, 3]  # type: ignore[arg-type]  # it is no oneway batch
    assert cls.made == 1


def test_single_is_like_registering_one_object(listening) -> None:
    serving = listening({"class": moded("single"), "object": Counter()})
    for name in ("class", "object"):
        assert [serving.proxy(name).step() for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("listening_kind", ["thread"])
@pytest.mark.parametrize("registered", [moded("single", Meeting), Meeting()], ids=["single", "object"])
def test_a_single_instance_may_be_called_by_several_threads_at_once(listening, registered: Any) -> None:
    serving = listening({"it": registered})
    first, second = serving.proxy(), serving.proxy()
    assert sorted(at_once(first.meet, second.meet)) == [0, 1]


@pytest.mark.parametrize("listening_kind", ["thread"])
@pytest.mark.parametrize("mode", ["session", "percall"])
def test_other_instances_are_called_by_one_thread_at_a_time(listening, mode: str) -> None:
    serving = listening({"it": moded(mode, Meeting)})
    first, second = serving.proxy(), serving.proxy()
    assert at_once(first.alone, second.alone) == [True, True]


@every_mode
def test_a_class_whose_constructor_needs_arguments_needs_a_creator(served, mode: str) -> None:
    class Named(Counter):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        @expose
        def whoami(self) -> str:
            return self.name

    given: list[tuple[Any, ...]] = []

    def creator(*args: Any) -> Any:
        given.append(args)
        return args[0]("created")

    without = behavior(mode)(Named)
    created = behavior(instance_mode=mode, instance_creator=creator)(type("Created", (Named,), {}))
    serving = served({"without": without, "with": created})
    with pytest.raises(TypeError, match="name"):
        serving.proxy("without").whoami()
    assert serving.proxy("with").whoami() == "created"
    assert given == [(created,)]
