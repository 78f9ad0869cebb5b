"""What holds for every text: it is a uri that can be written and read again, or it is refused."""

from hypothesis import given
from hypothesis import strategies as st

from pyro_uri import URI, PyroError

PIECES = ["@", ":", ",", "./u:", "[", "]", "::1", "%", "hostname", "4444", "-1", "a", "é", " ", "\n", "\r", "\x1c"]

likely_texts = st.builds(
    "{}:{}".format,
    st.sampled_from(["PYRO", "pyroname", "PYROMETA", "PYROLOC"]),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join),
)


@given(st.text() | likely_texts)
def test_a_text_is_refused_or_says_the_same_when_written_again(text: str) -> None:
    try:
        uri = URI(text)
    except PyroError:
        return
    assert URI(str(uri)) == uri
    assert str(URI(str(uri))) == str(uri)


words = st.text(st.characters(exclude_characters="@,", exclude_categories=["Z", "C"]), min_size=1)


@given(words, st.integers(min_value=0, max_value=65535))
def test_any_object_without_spaces_can_be_named(name: str, port: int) -> None:
    uri = URI(f"PYRO:{name}@hostname:{port}")
    assert (uri.object, uri.port) == (name, port)


@given(st.sets(words, min_size=1))
def test_any_tags_without_commas_come_back(tags: set[str]) -> None:
    assert URI(f"PYROMETA:{','.join(tags)}").object == tags
