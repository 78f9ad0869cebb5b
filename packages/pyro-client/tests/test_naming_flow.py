"""Finding names and name servers, driven by hand: where is looked, in which order, and for how long."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pytest

from pyro_client import URI, errors, naming
from pyro_client.commands import Bind, Call, Command, Flow, Release, Shout, Sleep
from pyro_client.naming import locate_flow, lookup_flow, resolve_flow, yplookup_flow
from pyro_wire import Config

FOUND = "PYRO:found@example.org:4444"
NAMESERVER = "the name server"
ELSEWHERE = Config(NS_HOST="ns.example.org", NS_PORT=7777, NS_BCPORT=8888, BROADCAST_ADDRS=["10.0.0.255"])
"""A configuration that does not look on this machine."""


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time that the flows go by; it stands still until a test says otherwise."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(naming, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture(autouse=True)
def own_name_has_an_address_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have one local address, as on most systems."""
    own_name_is("192.0.2.1", monkeypatch)


def own_name_is(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the own host name resolve to an address."""
    fake = SimpleNamespace(gethostname=lambda: "own", gethostbyname=lambda _: address)
    monkeypatch.setattr(naming, "socket", fake)


def run_with_clock(played: Any, flow: Flow[Any], clock: SimpleNamespace) -> Any:
    """Run a flow, letting the clock go on by the seconds that it sleeps."""

    def ticking() -> Flow[Any]:
        answer: Any = None
        step = flow.send
        while True:
            try:
                command: Command = step(answer)
            except StopIteration as end:
                return end.value
            if isinstance(command, Sleep):
                clock.now += command.seconds
            try:
                answer = yield command
                step = flow.send
            except Exception as error:
                answer, step = error, flow.throw

    return played.run(ticking())


def calls_in(played: Any) -> list[tuple[str, Any]]:
    return [(command.method, command.args) for command in played.commands if isinstance(command, Call)]


def places_in(played: Any) -> list[str]:
    return [str(command.uri) for command in played.commands if isinstance(command, Bind)]


# ----------------------------------------------------------------------------------------------- resolving


def test_an_address_stands_for_itself(script) -> None:
    played = script(None)
    assert played.run(resolve_flow(FOUND, Config())) == URI(FOUND)
    uri = URI(FOUND)
    assert played.run(resolve_flow(uri, Config())) is uri
    assert played.commands == []


@pytest.mark.parametrize("uri", [None, 42, b"PYRO:x@y:1"])
def test_only_texts_and_uris_are_resolved(script, uri: Any) -> None:
    with pytest.raises(TypeError, match="can only resolve"):
        script(None).run(resolve_flow(uri, Config()))


def test_a_name_is_looked_up_in_the_name_server_that_the_uri_says(script) -> None:
    played = script(None, NAMESERVER, URI(FOUND))
    assert played.run(resolve_flow("PYRONAME:name@ns.example.org:9999", Config())) == URI(FOUND)
    assert played.asked_for == [Bind, Call, Release]
    assert places_in(played) == ["PYRO:Pyro.NameServer@ns.example.org:9999"]
    assert calls_in(played) == [("lookup", ("name",))]
    assert played.commands[1].proxy is played.commands[2].proxy is NAMESERVER


def test_a_name_server_may_be_on_a_unix_socket(script) -> None:
    played = script(None, NAMESERVER, URI(FOUND))
    assert played.run(resolve_flow("PYRONAME:name@./u:/run/ns.sock", ELSEWHERE)) == URI(FOUND)
    assert places_in(played) == ["PYRO:Pyro.NameServer@./u:/run/ns.sock"]


def test_a_name_without_location_is_looked_up_where_the_config_says(script) -> None:
    played = script(None, None, None, None, NAMESERVER, FOUND)
    assert played.run(resolve_flow("PYRONAME:name", ELSEWHERE)) == URI(FOUND)
    assert places_in(played) == ["PYRO:Pyro.NameServer@ns.example.org:7777"]


def test_tags_are_looked_up_all_together_and_one_of_the_finds_is_taken(script) -> None:
    random.seed(5)
    finds = {"first": "PYRO:first@example.org:1", "second": "PYRO:second@example.org:2"}
    results = set()
    for _ in range(50):
        played = script(None, NAMESERVER, finds)
        results.add(str(played.run(resolve_flow("PYROMETA:a,b@ns.example.org", Config()))))
    assert results == set(finds.values())
    ((method, (tags, any_tags, with_metadata)),) = calls_in(played)
    assert (method, set(tags), any_tags, with_metadata) == ("yplookup", {"a", "b"}, None, False)


def test_tags_that_nobody_has_are_a_naming_error(script) -> None:
    played = script(None, NAMESERVER, {})
    with pytest.raises(errors.NamingError, match=r"a\W+b"):
        played.run(resolve_flow("PYROMETA:b,a@ns.example.org", Config()))


def test_the_name_server_is_released_after_an_error(script) -> None:
    played = script(None, NAMESERVER, errors.NamingError("unknown name: name"))
    with pytest.raises(errors.NamingError, match="unknown name: name"):
        played.run(resolve_flow("PYRONAME:name@ns.example.org", Config()))
    assert played.asked_for[-1] is Release


@pytest.mark.parametrize("answer", ["PYRONAME:another", "PYROMETA:tag"])
def test_a_name_that_stands_for_another_name_is_a_naming_error(script, answer: str) -> None:
    with pytest.raises(errors.NamingError, match="another name"):
        script(None, NAMESERVER, answer).run(resolve_flow("PYRONAME:name@ns.example.org", Config()))


# ------------------------------------------------------------------------------------------------- waiting


def test_without_a_delay_a_name_is_looked_up_once(script) -> None:
    played = script(None, NAMESERVER, errors.NamingError("not yet"))
    with pytest.raises(errors.NamingError, match="not yet"):
        played.run(resolve_flow("PYRONAME:name@ns.example.org", Config()))
    assert played.asked_for == [Bind, Call, Release]


def test_a_name_that_is_not_there_yet_is_looked_up_again(script, clock) -> None:
    missing = [errors.NamingError("not yet"), errors.TimeoutError("busy")]
    played = script(None, NAMESERVER, *missing, FOUND)
    flow = resolve_flow("PYRONAME:name@ns.example.org", Config(), delay_time=10.0)
    assert run_with_clock(played, flow, clock) == URI(FOUND)
    assert played.asked_for == [Bind, Call, Sleep, Call, Sleep, Call, Release]


def test_tags_that_nobody_has_yet_are_looked_up_again(script, clock) -> None:
    played = script(None, NAMESERVER, {}, {"name": FOUND})
    flow = resolve_flow("PYROMETA:tag@ns.example.org", Config(), delay_time=10.0)
    assert run_with_clock(played, flow, clock) == URI(FOUND)


@pytest.mark.parametrize(("delay", "pause"), [(10.0, 2.0), (0.5, 0.2)])
def test_the_pause_is_a_fifth_of_the_delay_but_not_too_short(script, clock, delay: float, pause: float) -> None:
    played = script(None, NAMESERVER, errors.NamingError("not yet"), FOUND)
    run_with_clock(played, resolve_flow("PYRONAME:name@ns.example.org", Config(), delay_time=delay), clock)
    assert [command.seconds for command in played.commands if isinstance(command, Sleep)] == [pause]


def test_after_the_delay_there_is_one_last_lookup_whose_error_counts(script, clock) -> None:
    failures = [errors.NamingError(f"attempt {number}") for number in range(1, 7)]
    played = script(None, NAMESERVER, *failures)
    with pytest.raises(errors.NamingError, match="attempt 6"):
        run_with_clock(played, resolve_flow("PYRONAME:name@ns.example.org", Config(), delay_time=5.0), clock)
    assert clock.now == 1005.0


def test_the_delay_is_that_of_the_config_unless_given(script, clock) -> None:
    played = script(None, NAMESERVER, errors.NamingError("not yet"), FOUND)
    config = Config(NS_LOOKUP_DELAY=10.0)
    assert run_with_clock(played, resolve_flow("PYRONAME:name@ns.example.org", config), clock) == URI(FOUND)


def test_a_lookup_gives_the_answer_as_it_is(script) -> None:
    answer = (URI(FOUND), {"tag"})
    played = script(None, answer)
    assert played.run(lookup_flow(NAMESERVER, "name", True, 0.0)) is answer
    assert calls_in(played) == [("lookup", ("name", True))]


def test_a_lookup_is_repeated_while_the_name_is_not_there_yet(script, clock) -> None:
    played = script(None, errors.NamingError("not yet"), errors.TimeoutError("busy"), FOUND)
    assert run_with_clock(played, lookup_flow(NAMESERVER, "name", False, 10.0), clock) == FOUND
    assert played.asked_for == [Call, Sleep, Call, Sleep, Call]


def test_a_search_for_tags_is_repeated_while_nothing_is_found(script, clock) -> None:
    played = script(None, {}, errors.NamingError("not yet"), {"name": FOUND})
    flow = yplookup_flow(NAMESERVER, {"a"}, None, True, 10.0)
    assert run_with_clock(played, flow, clock) == {"name": FOUND}
    assert calls_in(played) == [("yplookup", (["a"], None, True))] * 3


def test_a_search_that_finds_nothing_in_the_end_gives_nothing(script, clock) -> None:
    played = script(None, *[{}] * 6)
    assert run_with_clock(played, yplookup_flow(NAMESERVER, None, ["a"], True, 5.0), clock) == {}
    assert clock.now == 1005.0


def test_a_search_may_get_its_tags_from_an_iterator(script, clock) -> None:
    played = script(None, {}, {"name": FOUND})
    run_with_clock(played, yplookup_flow(NAMESERVER, iter("ab"), None, True, 5.0), clock)
    assert calls_in(played) == [("yplookup", (["a", "b"], None, True))] * 2


def test_a_broken_connection_is_not_waited_out(script, clock) -> None:
    played = script(None, NAMESERVER, errors.ConnectionClosedError("gone"))
    with pytest.raises(errors.ConnectionClosedError):
        run_with_clock(played, resolve_flow("PYRONAME:name@ns.example.org", Config(), delay_time=10.0), clock)


# ------------------------------------------------------------------------------------------------ locating


@pytest.mark.parametrize(
    ("host", "port", "place"),
    [
        ("ns.example.org", 1234, "PYRO:Pyro.NameServer@ns.example.org:1234"),
        ("ns.example.org", None, "PYRO:Pyro.NameServer@ns.example.org:7777"),
        ("2001:db8::1", 1234, "PYRO:Pyro.NameServer@[2001:db8::1]:1234"),
        ("./u:/run/ns.sock", None, "PYRO:Pyro.NameServer@./u:/run/ns.sock"),
    ],
)
def test_a_host_that_is_given_is_the_only_place(script, host: str, port: int | None, place: str) -> None:
    played = script(None, NAMESERVER)
    assert played.run(locate_flow(host, port, True, ELSEWHERE)) == NAMESERVER
    assert played.asked_for == [Bind]
    assert places_in(played) == [place]


def test_a_name_server_that_does_not_answer_is_a_naming_error_with_the_cause(script) -> None:
    cause = errors.CommunicationError("cannot connect")
    with pytest.raises(errors.NamingError, match="Failed to locate the nameserver") as caught:
        script(None, cause).run(locate_flow("ns.example.org", None, True, Config()))
    assert caught.value.__cause__ is cause


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.5.5.5", "::1"])
def test_without_a_host_this_machine_is_first_if_the_config_says_so(script, host: str) -> None:
    played = script(None, NAMESERVER)
    assert played.run(locate_flow("", None, True, Config(NS_HOST=host))) == NAMESERVER
    assert played.asked_for == [Bind]


def test_this_machine_may_have_two_local_addresses(script, monkeypatch: pytest.MonkeyPatch) -> None:
    own_name_is("127.0.1.1", monkeypatch)
    played = script(None, errors.CommunicationError("nobody"), NAMESERVER)
    played.run(locate_flow("", 1234, True, Config()))
    assert places_in(played) == ["PYRO:Pyro.NameServer@localhost:1234", "PYRO:Pyro.NameServer@127.0.1.1:1234"]


def test_the_system_is_asked_for_the_second_only_when_the_first_does_not_answer(
    script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "socket", None)
    played = script(None, NAMESERVER)
    assert played.run(locate_flow("", 1234, True, Config())) == NAMESERVER


def test_then_comes_a_broadcast(script) -> None:
    answer = b"PYRO:Pyro.NameServer@found.example.org:9090"
    played = script(None, errors.CommunicationError("nobody"), answer, NAMESERVER)
    config = Config(BROADCAST_ADDRS=["10.0.0.255", "10.1.0.255"])
    assert played.run(locate_flow("", None, True, config)) == NAMESERVER
    assert played.asked_for == [Bind, Shout, Bind]
    assert played.commands[1] == Shout(b"GET_NSURI", [("10.0.0.255", 9091), ("10.1.0.255", 9091)], 0.7)
    assert places_in(played)[1] == answer.decode()


def test_a_broadcast_goes_to_the_port_that_is_given(script) -> None:
    played = script(None, b"PYRO:Pyro.NameServer@found.example.org:9090", NAMESERVER)
    played.run(locate_flow("", 1234, True, ELSEWHERE))
    assert played.commands[0].addresses == [("10.0.0.255", 1234)]


def test_the_port_that_is_given_is_not_for_the_host_of_the_config(script) -> None:
    played = script(None, NAMESERVER)
    played.run(locate_flow("", 1234, False, ELSEWHERE))
    assert places_in(played) == ["PYRO:Pyro.NameServer@ns.example.org:7777"]


@pytest.mark.parametrize("answer", [b"", b"nonsense", b"\xff\xff", b"PYRONAME:Pyro.NameServer", b"PYROMETA:tag"])
def test_an_answer_that_is_no_address_is_a_naming_error(script, answer: bytes) -> None:
    with pytest.raises(errors.NamingError):
        script(None, answer).run(locate_flow("", None, True, ELSEWHERE))


def test_without_broadcast_addresses_nobody_is_shouted_at(script) -> None:
    config = ELSEWHERE.copy()
    config.BROADCAST_ADDRS = []
    played = script(None, NAMESERVER)
    played.run(locate_flow("", None, True, config))
    assert played.asked_for == [Bind]


def test_after_three_broadcasts_the_host_of_the_config_is_tried(script) -> None:
    played = script(None, None, None, None, NAMESERVER)
    played.run(locate_flow("", None, True, ELSEWHERE))
    assert played.asked_for == [Shout, Shout, Shout, Bind]
    assert places_in(played) == ["PYRO:Pyro.NameServer@ns.example.org:7777"]


def test_nobody_is_shouted_at_if_the_caller_says_so(script) -> None:
    played = script(None, NAMESERVER)
    played.run(locate_flow("", None, False, ELSEWHERE))
    assert played.asked_for == [Bind]


def test_nobody_is_shouted_at_over_ipv6(script) -> None:
    config = ELSEWHERE.copy()
    config.PREFER_IP_VERSION = 6
    played = script(None, NAMESERVER)
    played.run(locate_flow("", None, True, config))
    assert played.asked_for == [Bind]


# ---------------------------------------------------------------------------------------------------- tags


def test_the_tags_of_a_class_name_it_and_its_bases() -> None:
    class Base:
        pass

    class Derived(Base):
        pass

    tags = {f"class:{__name__}.Base", f"class:{__name__}.Derived"}
    assert naming.type_meta(Derived) == tags
    assert naming.type_meta(Derived()) == tags
    assert naming.type_meta(Base, prefix="kind=") == {f"kind={__name__}.Base"}


@pytest.mark.parametrize("thing", [42, "text", None, object(), list])
def test_builtins_have_no_tags(thing: object) -> None:
    assert naming.type_meta(thing) == frozenset()
