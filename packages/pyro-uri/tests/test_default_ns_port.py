"""Who decides on which port a name server is, when the uri does not say."""

from collections.abc import Iterator

import pytest

from pyro_uri import URI, set_default_ns_port


@pytest.fixture
def configuration() -> Iterator[dict[str, int]]:
    """Something that knows the port and changes, as the configuration of the packages above does."""
    values = {"port": 5555}
    previous = set_default_ns_port(lambda: values["port"])
    yield values
    set_default_ns_port(previous)


def test_the_source_decides_the_port(configuration: dict[str, int]) -> None:
    assert URI("PYRONAME:a@hostname").port == 5555


def test_the_source_is_asked_at_each_parse(configuration: dict[str, int]) -> None:
    before = URI("PYRONAME:a@hostname")
    configuration["port"] = 6666
    assert URI("PYRONAME:a@hostname").port == 6666
    assert before.port == 5555


def test_a_port_given_with_the_uri_counts_more_than_the_source(configuration: dict[str, int]) -> None:
    assert URI("PYRONAME:a@hostname", ns_port=7777).port == 7777
