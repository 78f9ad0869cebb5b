"""What an address is, as text and in parts."""

import copy
import pickle

import pytest

from pyro_uri import DEFAULT_NS_PORT, URI, WIRE_NAME, PyroError


class SpecialURI(URI):
    """A uri of a class of its own."""


def parts(text: str) -> tuple[object, ...]:
    return URI(text).__getstate__()


# --- the three protocols -----------------------------------------------------------------------------------------


def test_an_object_on_a_host_has_protocol_object_host_and_port() -> None:
    uri = URI("PYRO:some_object@hostname:4444")
    assert (uri.protocol, uri.object, uri.sockname, uri.host, uri.port) == (
        "PYRO",
        "some_object",
        None,
        "hostname",
        4444,
    )


def test_a_name_needs_no_location() -> None:
    assert parts("PYRONAME:some.name") == ("PYRONAME", "some.name", None, None, None)


def test_a_name_may_say_where_its_name_server_is() -> None:
    assert parts("PYRONAME:some.name@hostname:4444") == ("PYRONAME", "some.name", None, "hostname", 4444)


def test_metadata_is_a_set_of_tags() -> None:
    assert parts("PYROMETA:printer,colour,printer") == ("PYROMETA", {"printer", "colour"}, None, None, None)


def test_metadata_may_say_where_its_name_server_is() -> None:
    assert parts("PYROMETA:printer@hostname:4444") == ("PYROMETA", {"printer"}, None, "hostname", 4444)


def test_a_comma_divides_tags_only() -> None:
    assert URI("PYRO:a,b@hostname:4444").object == "a,b"


@pytest.mark.parametrize("word", ["pyro", "Pyro", "pYrO"])
def test_the_protocol_may_be_written_in_any_case(word: str) -> None:
    assert str(URI(f"{word}:some_object@hostname:4444")) == "PYRO:some_object@hostname:4444"


@pytest.mark.parametrize("word", ["pyroname", "PyroName", "pyrometa", "PyroMeta"])
def test_the_magic_protocols_may_be_written_in_any_case(word: str) -> None:
    assert URI(f"{word}:x").protocol == word.upper()


def test_names_are_not_only_ascii() -> None:
    assert parts("PYRO:objéct-ţest@hostñame:4444") == ("PYRO", "objéct-ţest", None, "hostñame", 4444)


def test_the_object_ends_at_the_first_at_sign_that_something_follows() -> None:
    assert parts("PYRONAME:a@b@c:1") == ("PYRONAME", "a", None, "b@c", 1)
    assert parts("PYRO:@@hostname:1") == ("PYRO", "@", None, "hostname", 1)
    assert parts("PYRONAME:a@") == ("PYRONAME", "a@", None, None, None)


def test_the_line_break_at_the_end_of_a_line_is_ignored() -> None:
    assert URI("PYRO:a@hostname:4444\n") == URI("PYRO:a@hostname:4444")
    assert URI("PYRONAME:a\n") == URI("PYRONAME:a")


# --- ports -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["PYRONAME:a@hostname", "PYROMETA:a@hostname", "PYRONAME:a@hostname:"])
def test_a_name_server_without_port_has_the_default_one(text: str) -> None:
    assert URI(text).port == DEFAULT_NS_PORT == 9090


def test_the_default_port_of_the_name_server_can_be_given() -> None:
    assert URI("PYRONAME:a@hostname", ns_port=7777).port == 7777
    assert URI("PYRONAME:a@[::1]", ns_port=7777).port == 7777


def test_a_written_port_counts_more_than_the_given_default() -> None:
    assert URI("PYRONAME:a@hostname:4444", ns_port=7777).port == 4444


def test_without_a_location_there_is_no_port_either() -> None:
    assert URI("PYRONAME:a", ns_port=7777).port is None


@pytest.mark.parametrize("port", [-5, 0, 65536, 99999999])
def test_the_range_of_the_port_is_not_checked(port: int) -> None:
    assert URI(f"PYRO:a@hostname:{port}").port == port


# --- Unix sockets ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sockname", ["sockname", "/tmp/socket name", "../socket", "trailing space ", "@a"])
def test_a_unix_socket_has_a_name_and_neither_host_nor_port(sockname: str) -> None:
    assert parts(f"PYRO:a@./u:{sockname}") == ("PYRO", "a", sockname, None, None)


def test_a_name_server_may_be_on_a_unix_socket() -> None:
    assert parts("PYRONAME:a@./u:sockname") == ("PYRONAME", "a", "sockname", None, None)
    assert parts("PYROMETA:a@./u:sockname") == ("PYROMETA", {"a"}, "sockname", None, None)


def test_a_location_tells_whether_it_is_a_unix_socket() -> None:
    assert URI.isUnixsockLocation("./u:sockname")
    assert not URI.isUnixsockLocation("hostname:4444")


# --- IPv6 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["::1", "2001:db8:85a3:8d3:1319:8a2e:370:7348", "fe80::1%0", "FE80::A"])
def test_an_ipv6_address_stands_in_brackets(host: str) -> None:
    assert parts(f"PYRO:a@[{host}]:4444") == ("PYRO", "a", None, host, 4444)


def test_a_name_server_with_an_ipv6_address_and_no_port_has_the_default_one() -> None:
    assert parts("PYRONAME:a@[::1]") == ("PYRONAME", "a", None, "::1", 9090)


def test_text_after_a_bracketed_port_is_ignored() -> None:
    assert URI("PYRO:a@[::1]:80 and more") == URI("PYRO:a@[::1]:80")


def test_an_ipv6_address_in_two_pairs_of_brackets_is_refused() -> None:
    with pytest.raises(PyroError) as raised:
        URI("PYRO:a@[[::1]]:4444")
    assert str(raised.value) == "invalid ipv6 address: enclosed in too many brackets"


@pytest.mark.parametrize("address", ["[localhost]:80", "[]:80", "[::1", "[::1%eth0]:80"])
def test_an_ipv6_address_that_is_not_numeric_is_refused(address: str) -> None:
    with pytest.raises(PyroError) as raised:
        URI(f"PYRO:a@{address}")
    sentence = "invalid ipv6 address: the part between brackets must be a numeric ipv6 address"
    assert str(raised.value) == sentence


def test_a_refused_ipv6_address_is_shown_in_a_note() -> None:
    with pytest.raises(PyroError) as raised:
        URI("PYRO:a@[localhost]:80")
    (note,) = raised.value.__notes__
    assert note == "in the uri 'PYRO:a@[localhost]:80'; a valid one looks like PYRO:objectid@[::1]:port"


# --- what is refused ---------------------------------------------------------------------------------------------

REFUSED = {
    "": "it does not begin with a protocol and a colon",
    " ": "it does not begin with a protocol and a colon",
    "PYRO": "it does not begin with a protocol and a colon",
    "bogus:a@hostname:4444": "it does not begin with a protocol and a colon",
    " PYRO:a@hostname:4444": "it does not begin with a protocol and a colon",
    "PYRO4:a@hostname:4444": "it does not begin with a protocol and a colon",
    "PYROLOC:a@hostname:4444": "the protocol PYROLOC is unknown",
    "pyroloc:a@hostname:4444": "the protocol pyroloc is unknown",
    "PYRO:": "the object after the colon is missing",
    "PYRONAME:": "the object after the colon is missing",
    "PYROMETA:\n": "the object after the colon is missing",
    "PYRO::": "the location after the object is missing",
    "PYRO:a": "the location after the object is missing",
    "PYRO:a@": "the location after the object is missing",
    "PYRO:@hostname:4444": "the location after the object is missing",
    "PYRO:@": "the location after the object is missing",
    "PYRO:a b@hostname:4444": "there is a space in the object",
    "PYRONAME:a b": "there is a space in the object",
    "PYROMETA:a, b": "there is a space in the object",
    "PYROMETA:,,": "there is no tag, only commas",
    "PYROMETA:b,a@": "there is an @ in a tag",
    "PYROMETA:@,a@hostname:4444": "there is an @ in a tag",
    "PYRO:a@hostname": "the port after the host is missing",
    "PYRO:a@hostname:": "the port after the host is missing",
    "PYRO:a@[::1]": "the port after the host is missing",
    "PYRO:a@hostname:http": "the port 'http' is not a number",
    "PYRO:a@hostname:4444:x": "the port '4444:x' is not a number",
    "PYRO:a@::1:4444": "the port ':1:4444' is not a number",
    "PYRO:a@host\nname:4444": "there is a line break in the location",
    "PYRO:a@./u:": "the name of the Unix socket is missing",
    "PYRONAME:a@./u": "the name of the Unix socket is missing",
    "PYRO:a@./u:sock:name": "there is a colon in the name of the Unix socket",
    "PYRO:a@./u:sockname:4444": "there is a colon in the name of the Unix socket",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_a_refusal_says_what_is_wrong_with_which_text_and_what_is_right(text: str, reason: str) -> None:
    with pytest.raises(PyroError) as raised:
        URI(text)
    examples = "PYRO:objectid@hostname:port, PYRONAME:name or PYROMETA:tag1,tag2"
    assert str(raised.value) == f"invalid uri {text!r}: {reason}; valid ones look like {examples}"


@pytest.mark.parametrize("text", ["x" * 1_000_000, "PYRO:a@hostname:" + "9" * 1_000_000])
def test_a_refusal_shows_the_beginning_of_a_long_text(text: str) -> None:
    with pytest.raises(PyroError) as raised:
        URI(text)
    assert len(str(raised.value)) < 1000


@pytest.mark.parametrize("value", [None, 4444, b"PYRO:a@hostname:4444", ["PYRONAME:a"]])
def test_only_a_text_or_a_uri_makes_a_uri(value: str) -> None:
    with pytest.raises(TypeError, match=f"not from {type(value).__name__}"):
        URI(value)


# --- text --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("PYRO:a@hostname:4444", "hostname:4444"),
        ("PYRO:a@:4444", ":4444"),
        ("PYRO:a@[::1]:4444", "[::1]:4444"),
        ("PYRO:a@./u:socket name ", "./u:socket name "),
        ("PYRONAME:a@hostname", "hostname:9090"),
        ("PYRONAME:a", None),
        ("PYROMETA:a,b", None),
    ],
)
def test_the_location_is_a_text_again(text: str, location: str | None) -> None:
    assert URI(text).location == location


@pytest.mark.parametrize(
    "text",
    [
        "PYRO:some_object@hostname:4444",
        "PYRO:some_object@[::1]:4444",
        "PYRO:some_object@./u:/tmp/socket name",
        "PYRONAME:some.name",
        "PYRONAME:some.name@hostname:9090",
        "PYROMETA:blue,red@hostname:9090",
    ],
)
def test_the_text_of_a_uri_is_the_text_it_was_made_from(text: str) -> None:
    assert str(URI(text)) == text


def test_the_text_says_the_default_port() -> None:
    assert str(URI("PYRONAME:a@hostname")) == "PYRONAME:a@hostname:9090"


def test_tags_are_written_sorted() -> None:
    assert str(URI("PYROMETA:c,a,b")) == "PYROMETA:a,b,c"


def test_the_repr_has_the_name_that_peers_know_and_the_text() -> None:
    uri = URI("PYRO:a@hostname:4444")
    assert repr(uri) == f"<Pyro5.core.URI at {id(uri):#x}; PYRO:a@hostname:4444>"
    assert WIRE_NAME == "Pyro5.core.URI"


def test_the_repr_of_a_subclass_has_its_own_name() -> None:
    assert ".SpecialURI at 0x" in repr(SpecialURI("PYRO:a@hostname:4444"))


# --- copies and comparison ---------------------------------------------------------------------------------------


def test_a_uri_made_from_a_uri_is_an_independent_copy() -> None:
    first = URI("PYROMETA:a@hostname:4444")
    second = URI(first)
    assert second == first
    assert isinstance(second.object, set)
    second.object.add("b")
    assert first.object == {"a"}


@pytest.mark.parametrize("text", ["PYRO:a@hostname:4444", "PYRO:a@./u:sockname", "PYRONAME:a", "PYROMETA:a,b"])
def test_copying_and_pickling_keep_parts_and_class(text: str) -> None:
    uri = SpecialURI(text)
    for twin in (copy.copy(uri), copy.deepcopy(uri), pickle.loads(pickle.dumps(uri))):
        assert twin == uri
        assert type(twin) is SpecialURI


def test_the_state_is_five_parts() -> None:
    assert URI("PYRO:a@hostname:4444").__getstate__() == ("PYRO", "a", None, "hostname", 4444)


def test_the_state_can_be_put_in() -> None:
    uri = URI("PYRO:a@hostname:4444")
    uri.__setstate__(("PYRONAME", "b", "sockname", None, None))
    assert str(uri) == "PYRONAME:b@./u:sockname"


def test_tags_that_come_as_a_list_become_a_set() -> None:
    uri = URI("PYRONAME:a")
    uri.__setstate__(("PYROMETA", ["b", "a"], None, None, None))
    assert uri == URI("PYROMETA:a,b")


def test_uris_with_the_same_parts_are_equal_and_have_one_hash() -> None:
    first, second = URI("PYRO:a@hostname:4444"), URI("pyro:a@hostname:4444")
    assert first == second
    assert hash(first) == hash(second)


def test_a_subclass_can_equal_its_base() -> None:
    assert SpecialURI("PYRO:a@hostname:4444") == URI("PYRO:a@hostname:4444")


@pytest.mark.parametrize(
    "other", ["PYRO:b@hostname:4444", "PYRO:a@host:4444", "PYRO:a@hostname:1", "PYRO:a@./u:x", "PYRONAME:a"]
)
def test_uris_with_another_part_are_not_equal(other: str) -> None:
    assert URI("PYRO:a@hostname:4444") != URI(other)


def test_a_uri_does_not_equal_its_text() -> None:
    assert URI("PYRO:a@hostname:4444") != "PYRO:a@hostname:4444"


def test_a_changed_part_shows_in_text_and_comparison() -> None:
    uri = URI("PYRO:a@hostname:4444")
    uri.object, uri.host, uri.port = "b", "::1", 5555
    assert str(uri) == "PYRO:b@[::1]:5555"
    assert uri == URI("PYRO:b@[::1]:5555")
    assert uri != URI("PYRO:a@hostname:4444")


def test_a_set_of_tags_cannot_be_hashed() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(URI("PYROMETA:a,b"))
