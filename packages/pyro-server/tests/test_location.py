"""Where a daemon says that it is reached, when that is on the other side of a NAT."""

from __future__ import annotations

import ipaddress

import pytest

from pyro_server.location import nat_address, nat_location
from pyro_wire import Config

PLAIN = Config()
BEHIND_NAT = Config(NATHOST="nat.example.org", NATPORT=7777)


def test_without_any_wish_the_real_location_is_published() -> None:
    assert nat_address(None, None, True, PLAIN) is None
    assert nat_location(None, "localhost:4444") is None


def test_the_arguments_come_before_the_configuration() -> None:
    assert nat_address("other.example.org", 8888, True, BEHIND_NAT) == ("other.example.org", 8888)


def test_without_arguments_it_is_the_configuration() -> None:
    assert nat_address(None, None, True, BEHIND_NAT) == ("nat.example.org", 7777)


def test_a_port_that_is_not_given_is_that_of_the_configuration() -> None:
    assert nat_address("other.example.org", None, True, BEHIND_NAT) == ("other.example.org", 7777)


def test_a_port_of_zero_is_not_one_that_is_not_given() -> None:
    assert nat_address("other.example.org", 0, True, BEHIND_NAT) == ("other.example.org", 0)


def test_the_configuration_is_nothing_to_a_daemon_without_a_port() -> None:
    assert nat_address(None, None, False, BEHIND_NAT) is None


def test_a_host_may_be_an_address_object() -> None:
    host = ipaddress.ip_address("2001:db8::1")
    assert nat_address(host, 8888, True, PLAIN) == ("2001:db8::1", 8888)


def test_a_port_without_a_host_is_refused() -> None:
    with pytest.raises(ValueError, match="natport needs nathost"):
        nat_address(None, 8888, True, BEHIND_NAT)


def test_a_host_for_a_daemon_without_a_port_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be published"):
        nat_address("nat.example.org", 8888, False, PLAIN)


@pytest.mark.parametrize("location", ["localhost:4444", "[::1]:4444"])
def test_port_zero_stands_for_the_real_one(location: str) -> None:
    assert nat_location(("nat.example.org", 0), location) == "nat.example.org:4444"


def test_another_port_is_published_instead_of_the_real_one() -> None:
    assert nat_location(("nat.example.org", 8888), "localhost:4444") == "nat.example.org:8888"


def test_an_ipv6_address_is_published_in_brackets() -> None:
    assert nat_location(("2001:db8::1", 8888), "localhost:4444") == "[2001:db8::1]:8888"
