"""Objects: how they come into a daemon and out of it, how many there are of a class, and how they travel."""

from __future__ import annotations

import gc
import threading
from typing import Any

import pytest

from pyro_client import URI, Proxy, errors
from pyro_server import Daemon, DaemonObject, behavior, expose, oneway

DEADLINE = 20.0


@expose
class Counter:
    """Something that counts its calls."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.count = 0

    def step(self) -> int:
        self.count += 1
        return self.count


def counter(mode: str, creator: Any = None) -> Any:
    """Return a class of counters with an instance mode."""
    return behavior(mode, creator)(type("Moded", (Counter,), {"made": 0}))


@expose
class Factory:
    """Something that hosts and hands out other objects."""

    def __init__(self) -> None:
        self.daemon: Any = None
        self.handed_out: list[Any] = []

    def make(self) -> Any:
        counter = Counter()
        self.daemon.register(counter)
        self.handed_out.append(counter)
        return counter

    def make_many(self) -> Any:
        return {"counters": [self.make(), self.make()]}

    def call(self, remote: Any) -> Any:
        with remote:
            return remote.step()

    def uri(self) -> URI:
        uri: URI = self.daemon.uriFor(self)
        return uri

    def proxy(self) -> Any:
        return self.daemon.proxyFor(self)

    def echo(self, value: Any) -> Any:
        return value


@pytest.fixture
def factory() -> Factory:
    return Factory()


@pytest.fixture
def with_factory(listening, factory: Factory) -> Any:
    serving = listening({"it": factory})
    factory.daemon = serving.daemon
    return serving


AUTOPROXY = pytest.mark.parametrize("name", ["serpent", "json", "msgpack"])


# ---------------------------------------------------------------------------------------- coming and going


def test_an_object_can_be_called_from_when_it_is_registered_until_it_is_not(served) -> None:
    serving = served({"it": Counter()})
    proxy = serving.proxy()
    later = Counter()
    with pytest.raises(errors.DaemonError, match="unknown object"):
        proxy._pyroInvoke("step", (), {}, objectId="later")
    serving.daemon.register(later, "later")
    assert proxy._pyroInvoke("step", (), {}, objectId="later") == 1
    serving.daemon.unregister(later)
    with pytest.raises(errors.DaemonError, match="unknown object"):
        proxy._pyroInvoke("step", (), {}, objectId="later")
    assert proxy.step() == 1


def test_by_force_an_object_takes_the_place_of_another(served) -> None:
    serving = served({"it": Counter()})
    proxy = serving.proxy()
    assert [proxy.step(), proxy.step()] == [1, 2]
    serving.daemon.register(Counter(), "it", force=True)
    assert proxy.step() == 1


def test_a_weakly_held_object_is_gone_when_nobody_else_holds_it(served) -> None:
    serving = served({})
    weak = Counter()
    serving.daemon.register(weak, "weak", weak=True)
    proxy = serving.proxy("weak")
    assert proxy.step() == 1
    del weak
    gc.collect()
    with pytest.raises(errors.DaemonError, match="unknown object"):
        proxy.step()


def test_the_address_of_an_object_leads_to_it(with_factory, factory: Factory) -> None:
    for address in (factory.daemon.uriFor(factory), str(factory.daemon.uriFor("it"))):
        with Proxy(address) as proxy:
            assert proxy.echo(1) == 1


def test_a_proxy_made_by_the_daemon_leads_to_the_object(with_factory, factory: Factory) -> None:
    with factory.daemon.proxyFor(factory) as proxy:
        assert proxy.echo(1) == 1


# --------------------------------------------------------------------------------------------- instance modes


def test_single_has_one_instance_for_all(listening) -> None:
    cls = counter("single")
    serving = listening({"it": cls})
    assert cls.made == 0
    first, second = serving.proxy(), serving.proxy()
    assert [first.step(), second.step(), first.step()] == [1, 2, 3]
    assert cls.made == 1


def test_a_oneway_call_and_the_next_call_of_a_session_meet_the_same_instance(served) -> None:
    makers: list[str] = []
    told = threading.Event()

    @behavior("session")
    @expose
    class Slow(Counter):
        def __init__(self) -> None:
            makers.append(threading.current_thread().name)
            super().__init__()

        @oneway
        def tell(self) -> None:
            self.step()
            told.set()

        def ask(self) -> int:
            return self.count

    proxy = served({"it": Slow}).proxy()
    proxy.tell()
    assert told.wait(DEADLINE)
    assert proxy.ask() == 1
    assert len(makers) == 1
    assert makers != ["oneway-call"], "it would be made while the next call makes another"


@pytest.mark.parametrize("cls", [counter("session"), type("Unmarked", (Counter,), {})])
def test_session_has_an_instance_for_each_connection(listening, cls: Any) -> None:
    cls.made = 0
    serving = listening({"it": cls})
    first, second = serving.proxy(), serving.proxy()
    assert [first.step(), first.step(), second.step()] == [1, 2, 1]
    first._pyroRelease()
    assert first.step() == 1
    assert cls.made == 3


def test_percall_has_an_instance_for_each_call(served) -> None:
    cls = counter("percall")
    proxy = served({"it": cls}).proxy()
    assert [proxy.step(), proxy.step(), proxy.step()] == [1, 1, 1]
    assert cls.made == 3


def test_single_instances_belong_to_their_daemon(listening) -> None:
    cls = counter("single")
    first, second = listening({"it": cls}).proxy(), listening({"other": cls}).proxy("other")
    assert [first.step(), second.step()] == [1, 1]


def test_many_clients_at_once_get_one_single_instance(listening) -> None:
    made: list[Any] = []
    proceed = threading.Event()

    def slowly(cls: Any) -> Any:
        made.append(cls)
        proceed.wait(DEADLINE)
        return cls()

    serving = listening({"it": counter("single", slowly)})
    proxies = [serving.proxy() for _ in range(8)]
    for proxy in proxies:
        proxy._pyroBind()
    results: list[int] = []
    threads = [threading.Thread(target=lambda proxy=proxy: results.append(proxy.step())) for proxy in proxies]
    for thread in threads:
        thread.start()
    proceed.set()
    for thread in threads:
        thread.join(DEADLINE)
    assert len(made) == 1
    assert len(results) == 8


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_a_creator_makes_the_instances(served, mode: str) -> None:
    def creator(cls: Any) -> Any:
        instance = cls()
        instance.count = 100
        return instance

    assert served({"it": counter(mode, creator)}).proxy().step() == 101


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_an_error_of_a_creator_is_an_error_of_the_call(served, mode: str) -> None:
    proxy = served({"it": counter(mode, lambda _: None)}).proxy()
    for _ in range(2):
        with pytest.raises(TypeError, match="NoneType"):
            proxy.step()


# ------------------------------------------------------------------------------------------- travelling objects


@AUTOPROXY
def test_a_hosted_object_is_handed_out_as_a_proxy(with_factory, name: str) -> None:
    factory = with_factory.proxy(SERIALIZER=name)
    with factory.make() as counter:
        assert isinstance(counter, Proxy)
        assert [counter.step(), counter.step()] == [1, 2]


@AUTOPROXY
def test_also_inside_of_other_values(with_factory, name: str) -> None:
    result = with_factory.proxy(SERIALIZER=name).make_many()
    for counter in result["counters"]:
        with counter:
            assert counter.step() == 1


@AUTOPROXY
def test_an_instance_of_a_hosted_class_is_handed_out_as_a_proxy(with_factory, factory: Factory, name: str) -> None:
    uri = with_factory.daemon.register(Counter, "counters")
    try:
        factory.handed_out.append(Counter())
        proxy = with_factory.proxy(SERIALIZER=name)
        factory.make = Counter  # type: ignore[method-assign]
        factory.make._pyroExposed = True  # type: ignore[attr-defined]
        with proxy.make() as counter:
            assert counter._pyroUri == uri
    finally:
        with_factory.daemon.unregister(Counter)


@AUTOPROXY
def test_a_proxy_can_be_given_to_a_method_which_calls_it(with_factory, listening, name: str) -> None:
    elsewhere = listening({"counter": Counter()}).proxy("counter")
    assert with_factory.proxy(SERIALIZER=name).call(elsewhere) == 1


@AUTOPROXY
def test_an_object_hosted_here_can_be_given_to_a_method_there_which_calls_back(with_factory, listening, name) -> None:
    counter = Counter()
    listening({"counter": counter})
    assert with_factory.proxy(SERIALIZER=name).call(counter) == 1
    assert counter.count == 1


@AUTOPROXY
def test_an_object_that_is_no_longer_hosted_is_not_handed_out(with_factory, factory: Factory, name: str) -> None:
    counter = Counter()
    factory.daemon.register(counter)
    factory.daemon.unregister(counter)
    proxy = with_factory.proxy(SERIALIZER=name)
    with pytest.raises(errors.PyroError, match="unsupported serialized class"):
        proxy.echo(counter)


@pytest.mark.parametrize("name", ["serpent", "json", "msgpack", "marshal"])
def test_addresses_and_proxies_travel(with_factory, name: str) -> None:
    proxy = with_factory.proxy(SERIALIZER=name)
    uri = with_factory.daemon.uriFor("it")
    assert proxy.uri() == uri
    assert proxy.echo(uri) == uri
    with proxy.proxy() as another:
        assert another.echo(5) == 5
    with proxy.echo(another) as yet_another:
        assert yet_another == another
        assert yet_another.echo(6) == 6


# ------------------------------------------------------------------------------------------ the daemon's own


def test_the_daemon_object_can_be_asked(served) -> None:
    proxy = served({"it": Counter()}).proxy("Pyro.Daemon")
    assert sorted(proxy.registered()) == ["Pyro.Daemon", "it"]
    assert proxy.ping() is None
    assert "2 objects registered" in proxy.info()
    metadata = {key: set(names) for key, names in proxy.get_metadata("it").items()}
    assert metadata == {"methods": {"step"}, "oneway": set(), "attrs": set()}
    with pytest.raises(errors.DaemonError, match="unknown object"):
        proxy.get_metadata("nobody")


def test_the_daemon_object_offers_nothing_else(served) -> None:
    proxy = served({}).proxy("Pyro.Daemon")
    proxy._pyroBind()
    methods = {"get_metadata", "get_next_stream_item", "close_stream", "info", "ping", "registered"}
    assert (proxy._pyroMethods, proxy._pyroAttrs, proxy._pyroOneway) == (methods, set(), set())


def test_the_daemon_object_can_be_of_an_own_class(listening) -> None:
    class More(DaemonObject):
        @expose
        def where(self) -> str:
            return self.daemon.locationStr

    class Own(Daemon):
        def __init__(self, **options: Any) -> None:
            super().__init__(interface=More, **options)

    serving = listening({}, daemon_class=Own)
    assert serving.proxy("Pyro.Daemon").where() == serving.daemon.locationStr
