"""A proxy as a value: its documented attributes, copies, comparison and what of it travels."""

from __future__ import annotations

import copy
import pickle

import pytest

from pyro_client import URI, Proxy, current_context, errors
from pyro_wire import Config, config, serializers

ADDRESS = "PYRO:obj@example.org:4444"


@pytest.fixture
def proxy() -> Proxy:
    """A proxy that knows everything a proxy can know without being connected."""
    proxy = Proxy(ADDRESS, config=Config(COMMTIMEOUT=7.5, MAX_RETRIES=2))
    proxy._pyroMethods.add("method")
    proxy._pyroAttrs.add("attribute")
    proxy._pyroOneway.add("note")
    proxy._pyroHandshake = {"secret": 42}
    proxy._pyroSerializer = "json"
    proxy._pyroRawWireResponse = True
    proxy._pyroSeq = 99
    return proxy


class Special(Proxy):
    """A proxy of an application's own."""


# ------------------------------------------------------------------------------------------------- new


def test_a_new_proxy_is_not_connected_and_knows_nothing_yet() -> None:
    proxy = Proxy(ADDRESS)
    assert proxy._pyroUri == URI(ADDRESS)
    assert proxy._pyroConnection is None
    assert (proxy._pyroMethods, proxy._pyroAttrs, proxy._pyroOneway) == (set(), set(), set())
    assert proxy._pyroSeq == 0
    assert proxy._pyroSerializer is None
    assert proxy._pyroHandshake == "hello"
    assert proxy._pyroRawWireResponse is False
    assert proxy._pyroLocalSocket is None


def test_a_new_proxy_has_timeout_and_retries_of_its_config(proxy: Proxy) -> None:
    assert proxy._pyroTimeout == 7.5
    assert proxy._pyroMaxRetries == 2


def test_a_proxy_without_config_goes_by_that_of_the_process() -> None:
    assert Proxy(ADDRESS)._pyroConfig is config


def test_the_port_of_the_name_server_is_that_of_the_config() -> None:
    assert Proxy("PYRONAME:x@example.org", config=Config(NS_PORT=1234))._pyroUri.port == 1234


@pytest.mark.parametrize("uri", [None, 42, b"PYRO:obj@example.org:4444"])
def test_an_address_that_is_no_text_is_a_type_error(uri: object) -> None:
    with pytest.raises(TypeError, match="uri"):
        Proxy(uri)  # type: ignore[arg-type]  # that is the point


def test_an_address_that_cannot_be_read_is_a_pyro_error() -> None:
    with pytest.raises(errors.PyroError):
        Proxy("nonsense")


def test_an_unknown_serializer_in_the_config_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown serializer 'morse'"):
        Proxy(ADDRESS, config=Config(SERIALIZER="morse"))


def test_an_unknown_serializer_of_the_proxy_is_a_key_error_at_its_use() -> None:
    proxy = Proxy(ADDRESS)
    proxy._pyroSerializer = "morse"
    with pytest.raises(KeyError, match="morse"):
        proxy._pyroChosenSerializer()


def test_the_serializer_of_the_proxy_goes_before_that_of_the_config() -> None:
    proxy = Proxy(ADDRESS, config=Config(SERIALIZER="marshal"))
    assert proxy._pyroChosenSerializer().name == "marshal"
    proxy._pyroSerializer = "json"
    assert proxy._pyroChosenSerializer().name == "json"


def test_a_new_proxy_forgets_the_annotations_of_the_last_reply() -> None:
    current_context.response_annotations = {"TEST": b"old"}
    Proxy(ADDRESS)
    assert current_context.response_annotations == {}


# ---------------------------------------------------------------------------------------------- timeout


@pytest.mark.parametrize("seconds", [None, 0.0, 3.5])
def test_the_timeout_can_be_set_while_not_connected(seconds: float | None) -> None:
    proxy = Proxy(ADDRESS)
    proxy._pyroTimeout = seconds
    assert proxy._pyroTimeout == seconds


@pytest.mark.parametrize(("seconds", "on_socket"), [(None, None), (0.0, None), (3.5, 3.5)])
def test_a_new_timeout_holds_for_the_live_connection(daemon, seconds: float | None, on_socket: float | None) -> None:
    with daemon.proxy() as proxy:
        proxy._pyroTimeout = 9.0
        proxy._pyroTimeout = seconds
        assert proxy._pyroTimeout == seconds
        assert daemon.near.gettimeout() == on_socket


# ----------------------------------------------------------------------------------------------- copies


def test_a_copy_has_the_same_address_in_a_uri_of_its_own(proxy: Proxy) -> None:
    duplicate = copy.copy(proxy)
    assert duplicate._pyroUri == proxy._pyroUri
    assert duplicate._pyroUri is not proxy._pyroUri


def test_a_copy_has_metadata_of_its_own(proxy: Proxy) -> None:
    duplicate = copy.copy(proxy)
    duplicate._pyroMethods.add("another")
    duplicate._pyroAttrs.add("another")
    duplicate._pyroOneway.add("another")
    assert (proxy._pyroMethods, proxy._pyroAttrs, proxy._pyroOneway) == ({"method"}, {"attribute"}, {"note"})


def test_a_copy_has_the_settings(proxy: Proxy) -> None:
    proxy._pyroTimeout = 1.25
    proxy._pyroMaxRetries = 5
    duplicate = copy.copy(proxy)
    assert duplicate._pyroTimeout == 1.25
    assert duplicate._pyroMaxRetries == 5
    assert duplicate._pyroHandshake == {"secret": 42}
    assert duplicate._pyroSerializer == "json"
    assert duplicate._pyroRawWireResponse is True
    assert duplicate._pyroConfig is proxy._pyroConfig


def test_a_copy_begins_to_count_anew(proxy: Proxy) -> None:
    assert copy.copy(proxy)._pyroSeq == 0


def test_a_copy_of_a_connected_proxy_is_not_connected(daemon) -> None:
    with daemon.proxy() as proxy:
        assert copy.copy(proxy)._pyroConnection is None
        assert proxy._pyroConnection is not None


def test_a_deep_copy_asks_nobody_either() -> None:
    proxy = Proxy("PYRO:it@localhost:1")  # nobody is there
    twin = copy.deepcopy(proxy)
    assert twin == proxy
    assert twin._pyroConnection is None


def test_a_copy_of_a_subclass_is_of_that_subclass() -> None:
    assert type(copy.copy(Special(ADDRESS))) is Special


# ------------------------------------------------------------------------------------------- comparison


def test_proxies_of_the_same_address_are_equal() -> None:
    assert Proxy(ADDRESS) == Proxy(ADDRESS)
    assert hash(Proxy(ADDRESS)) == hash(Proxy(ADDRESS))
    assert Proxy(ADDRESS) == Special(ADDRESS)


def test_proxies_of_different_addresses_are_not() -> None:
    assert Proxy(ADDRESS) != Proxy("PYRO:other@example.org:4444")


def test_a_proxy_equals_nothing_but_proxies() -> None:
    assert Proxy(ADDRESS) != URI(ADDRESS)
    assert Proxy(ADDRESS) != ADDRESS


def test_a_proxy_changes_with_its_address() -> None:
    proxy = Proxy(ADDRESS)
    proxy._pyroUri.object = "other"
    assert proxy == Proxy("PYRO:other@example.org:4444")


# ------------------------------------------------------------------------------------ what of it travels


def test_the_state_of_a_proxy_has_six_items(proxy: Proxy) -> None:
    state = (ADDRESS, ("note",), ("method",), ("attribute",), {"secret": 42}, "json")
    assert proxy.__getstate__() == state


def test_a_restored_proxy_has_timeout_and_retries_of_the_local_config(proxy: Proxy) -> None:
    restored = pickle.loads(pickle.dumps(proxy))
    assert restored._pyroTimeout == config.COMMTIMEOUT
    assert restored._pyroMaxRetries == config.MAX_RETRIES


def test_a_pickled_proxy_comes_back_with_all_it_knew(proxy: Proxy) -> None:
    restored = pickle.loads(pickle.dumps(proxy))
    assert type(restored) is Proxy
    assert restored.__getstate__() == proxy.__getstate__()
    assert restored._pyroSeq == 0
    assert restored._pyroConnection is None


@pytest.mark.parametrize("name", sorted(serializers))
def test_every_serializer_carries_a_proxy(proxy: Proxy, name: str) -> None:
    restored = serializers[name].loads(serializers[name].dumps(proxy))
    assert type(restored) is Proxy
    assert restored.__getstate__() == proxy.__getstate__()


@pytest.mark.parametrize("name", sorted(serializers))
def test_a_subclass_travels_as_a_plain_proxy(name: str) -> None:
    assert type(serializers[name].loads(serializers[name].dumps(Special(ADDRESS)))) is Proxy


def test_a_connected_proxy_travels_unconnected(daemon) -> None:
    with daemon.proxy() as proxy:
        restored = serializers["serpent"].loads(serializers["serpent"].dumps(proxy))
        assert restored._pyroConnection is None
        assert restored == proxy


@pytest.mark.parametrize("state", ["()", "('PYRO:obj@example.org:4444', (), ())", "42"])
def test_a_proxy_with_a_wrong_state_is_refused(state: str) -> None:
    text = f"{{'__class__': 'Pyro5.client.Proxy', 'state': {state}}}"
    with pytest.raises(errors.SerializeError):
        serializers["serpent"].loads(text.encode())


# ------------------------------------------------------------------------------------------------ words


def test_the_text_of_a_proxy_says_that_it_is_not_connected() -> None:
    text = repr(Proxy(ADDRESS))
    assert text.startswith("<Pyro5.client.Proxy at 0x")
    assert text.endswith(f"; not connected; for {ADDRESS}>")
    assert str(Proxy(ADDRESS)).endswith(f"; for {ADDRESS}>")


def test_the_text_of_a_proxy_says_how_it_is_connected(daemon) -> None:
    with daemon.proxy() as proxy:
        assert "; connected Unix; for PYRO:obj@<<connected-socket>>:0>" in repr(proxy)


def test_a_proxy_is_true_without_asking_anybody() -> None:
    assert Proxy(ADDRESS)
