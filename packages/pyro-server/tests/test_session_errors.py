"""What goes wrong in a call, and what becomes of it: the table in the description of sessions, row by row."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyro_server import Daemon
from pyro_wire import register_dict_to_class, serializers, unregister_dict_to_class
from pyro_wire.errors import DaemonError, ProtocolError, PyroError, SecurityError, SerializeError
from pyro_wire.message import FLAGS_EXCEPTION, FLAGS_ONEWAY, MSG_CONNECT, MSG_INVOKE, MSG_RESULT, encode


def error_in(client, answer) -> Any:
    """The exception that an answer brings."""
    assert (answer.type, answer.flags & FLAGS_EXCEPTION) == (MSG_RESULT, FLAGS_EXCEPTION)
    return client.serializer.loads(answer.data)


def error_of(client, method: str, *args: Any, **fields: Any) -> Any:
    """The exception that a call ends with."""
    (answer,) = client.request(method, *args, **fields)
    return error_in(client, answer)


def assert_goes_on(client) -> None:
    """The conversation is not over."""
    assert not client.closed
    assert client.call("add", 1, 2) == 3


# ----------------------------------------------------------------- no Pyro message, too large, wrong type


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="http"),
        pytest.param(b"PYRO\x00\x30", id="another version"),
        pytest.param(b"".join(encode(MSG_CONNECT, 0, 0, 1, b"")), id="a second handshake"),
        pytest.param(b"".join(encode(MSG_RESULT, 0, 0, 1, b"")), id="an answer"),
        pytest.param(
            b"PYRO\x01\xf6\x04\x01\0\0\0\0\0\0\0\0\0\0\0\x04" + bytes(18) + b"\x4d\xc5TEST", id="half a chunk"
        ),
    ],
)
def test_what_is_no_request_closes_the_connection_without_a_word(serpent_client, data: bytes) -> None:
    assert serpent_client.feed(data) == []
    assert serpent_client.closed


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PYRO\x01\xf6\x04\x01\0\0\0\x07\xff\xff\xff\xff" + bytes(22) + b"\x4d\xc5", "too large"),
        (b"PYRO\x01\xf6\x04\x01\0\x02\0\x07\0\0\0\x04" + bytes(22) + b"\x4d\xc5zlib", "damaged"),
    ],
    ids=["too large", "damaged zlib"],
)
def test_a_call_that_is_too_large_or_damaged_is_an_error_and_closes(serpent_client, data: bytes, reason: str) -> None:
    [answer] = serpent_client.feed(data)
    assert answer.seq == 7
    with pytest.raises(ProtocolError, match=reason):
        serpent_client.result(answer)
    assert serpent_client.closed


def test_a_oneway_call_that_is_too_large_closes_the_connection_without_a_word(serpent_client) -> None:
    data = b"PYRO\x01\xf6\x04\x01\0\x04\0\x07\xff\xff\xff\xff" + bytes(22) + b"\x4d\xc5"
    assert serpent_client.feed(data) == []
    assert serpent_client.closed


# ---------------------------------------------------------------------------------- an unknown serializer


@pytest.mark.parametrize("serializer_id", [0, 5, 42, 255])
def test_an_unknown_serializer_is_told_in_marshal_and_closes(serpent_client, serializer_id: int) -> None:
    (answer,) = serpent_client.send(MSG_INVOKE, b"", seq=7, serializer_id=serializer_id)
    assert (answer.seq, answer.serializer_id) == (7, 2)
    assert str(serializer_id) in str(serializers["marshal"].loads(answer.data))
    assert serpent_client.closed


def test_an_unknown_serializer_of_a_oneway_call_closes(serpent_client) -> None:
    assert serpent_client.send(MSG_INVOKE, b"", serializer_id=42, flags=FLAGS_ONEWAY) == []
    assert serpent_client.closed


# ---------------------------------------------------- payload not readable, object or method not there


def test_an_unreadable_payload_is_the_callers_error(client) -> None:
    (answer,) = client.send(MSG_INVOKE, b"\xc1((((", seq=7)
    assert answer.seq == 7
    assert isinstance(error_in(client, answer), SerializeError)
    assert_goes_on(client)


@pytest.mark.parametrize("call", [None, 42, "text", [], ["service", "add", [1, 2]], ["service", "add", 5, {}]])
def test_what_is_no_call_is_the_callers_error(client, call: Any) -> None:
    (answer,) = client.send(MSG_INVOKE, client.serializer.dumps(call))
    assert isinstance(error_in(client, answer), SerializeError)
    assert_goes_on(client)


def test_an_unsupported_class_is_the_callers_error(client) -> None:
    strange = {"__class__": "somewhere.Strange", "x": 1}
    assert "unsupported serialized class: somewhere.Strange" in str(error_of(client, "echo", strange))
    assert_goes_on(client)


def test_an_error_of_the_programs_own_converter_is_the_callers_error(client) -> None:
    def converter(name: str, data: dict[str, Any]) -> Any:
        raise LookupError("converter failed")

    register_dict_to_class("somewhere.Known", converter)
    try:
        error = error_of(client, "echo", {"__class__": "somewhere.Known"})
    finally:
        unregister_dict_to_class("somewhere.Known")
    assert "converter failed" in str(error)
    assert_goes_on(client)


def test_a_dangerous_class_name_is_a_security_error_and_closes(client) -> None:
    error = error_of(client, "echo", {"__class__": "app__x.Strange"})
    assert isinstance(error, SecurityError)
    assert client.closed


def test_an_unknown_object_is_the_callers_error(client) -> None:
    error = error_of(client, "add", 1, 2, object_id="nobody")
    assert isinstance(error, DaemonError)
    assert str(error) == "unknown object"
    assert_goes_on(client)


@pytest.mark.parametrize(
    "name",
    ["nothing", "_private", "__init__", "__class__", "__reduce__", "add.__call__", "total", "notes", "", "plain"],
)
def test_a_method_that_is_not_exposed_is_the_callers_error(client, name: str) -> None:
    error = error_of(client, name)
    assert isinstance(error, AttributeError)
    assert name in str(error)
    assert_goes_on(client)


def test_an_unexposed_property_is_not_evaluated_by_a_call(client) -> None:
    assert isinstance(error_of(client, "hidden", object_id="guarded"), AttributeError)


@pytest.mark.parametrize("args", [(), (1,), (1, 2, 3)])
def test_wrong_arguments_are_the_callers_error(client, args: tuple[int, ...]) -> None:
    assert isinstance(error_of(client, "add", *args), TypeError)
    assert_goes_on(client)


# ------------------------------------------------------------------------------ the method raised something


def test_an_error_of_the_method_comes_with_arguments_attributes_and_traceback(client) -> None:
    error = error_of(client, "fail", "wrong", 42, seq=7)
    assert (type(error), list(error.args), error.extra) == (ValueError, ["wrong", 42], "more")
    assert any("in fail" in line for line in error._pyroTraceback)
    assert error._pyroTraceback[-1] == "ValueError: ('wrong', 42)\n"
    assert_goes_on(client)


def test_the_traceback_shows_variables_if_the_daemon_is_told_so(make_daemon, new_client) -> None:
    client = new_client(make_daemon(DETAILED_TRACEBACK=True))
    client.connect()
    text = "".join(error_of(client, "fail", "wrong")._pyroTraceback)
    assert "Extended stacktrace follows (most recent call last)" in text
    assert "args = ('wrong',)" in text


def test_a_method_does_not_end_the_server(client) -> None:
    error = error_of(client, "stop")
    assert isinstance(error, PyroError)
    assert "SystemExit" in str(error)
    assert_goes_on(client)


def test_an_error_that_cannot_be_serialized_is_told_in_words(client) -> None:
    error = error_of(client, "unserializable_error")
    assert type(error).__name__ == "PyroError"
    assert "ValueError" in str(error)
    assert "range(0, 3)" in str(error)
    assert any("in unserializable_error" in line for line in error._pyroTraceback)
    assert_goes_on(client)


@pytest.mark.parametrize("name", ["json", "serpent"])
def test_half_of_a_surrogate_pair_is_told_in_an_error_as_it_is(daemon, new_client, name: str) -> None:
    client = new_client(daemon, name)
    client.connect()
    payload = bytes(client.serializer.dumpsCall("service", "fail", ["HALF"], {})).replace(b"HALF", b"\\ud800")
    (answer,) = client.send(MSG_INVOKE, payload)
    assert "\ud800" in str(error_in(client, answer))
    assert_goes_on(client)


def test_the_handler_for_errors_in_methods_hears_of_them(client, daemon: Daemon, service) -> None:
    heard: list[Any] = []
    daemon.methodcall_error_handler = lambda *args: heard.append(args)
    error_of(client, "fail", "wrong", kwargs={})
    error_of(client, "<batch>", ["fail", ["wrong"], {}])
    ((whose, address, method, args, kwargs, error),) = heard
    assert whose is daemon
    assert (address, method, list(args), kwargs) == (("192.0.2.1", 4444), service.fail, ["wrong"], {})
    assert type(error) is ValueError


def test_a_handler_that_fails_itself_does_not_hide_the_error(client, daemon: Daemon, caplog) -> None:
    def handler(*_: Any) -> None:
        raise RuntimeError("handler failed")

    daemon.methodcall_error_handler = handler
    assert isinstance(error_of(client, "fail", "wrong"), ValueError)
    assert "methodcall_error_handler failed" in caplog.text
    assert_goes_on(client)


# -------------------------------------------------------------------------------- SecurityError, callbacks


def test_a_security_error_closes(client) -> None:
    assert isinstance(error_of(client, "refuse"), SecurityError)
    assert client.closed


def test_an_error_in_a_callback_goes_to_the_caller_and_to_the_log_and_closes(client, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        error = error_of(client, "failing_callback")
    assert (type(error), error.args[0]) == (ValueError, "in a callback")
    assert "failing_callback" in caplog.text
    assert client.closed


# ----------------------------------------------------------------------- result not serializable, too large


def test_a_result_that_cannot_be_serialized_is_an_error_for_the_caller(client) -> None:
    error = error_of(client, "unserializable")
    assert isinstance(error, TypeError | ValueError | SerializeError)
    assert_goes_on(client)


def test_a_result_over_the_limit_is_an_error_for_the_caller(make_daemon, new_client) -> None:
    client = new_client(make_daemon(MAX_MESSAGE_SIZE=5000))
    client.connect()
    error = error_of(client, "large", 6000)
    assert isinstance(error, ProtocolError)
    assert "MAX_MESSAGE_SIZE" in str(error)
    assert_goes_on(client)


def test_an_error_over_the_limit_is_told_in_short(make_daemon, new_client) -> None:
    client = new_client(make_daemon(MAX_MESSAGE_SIZE=5000))
    client.connect()
    error = error_of(client, "large_error", 6000)
    assert isinstance(error, PyroError)
    assert "ValueError" in str(error)
    assert_goes_on(client)


def test_annotations_of_the_daemon_that_cannot_be_sent_are_an_error_for_the_caller(make_daemon, new_client) -> None:
    class Confused(Daemon):
        confused = False

        def annotations(self) -> Any:
            return {"TOOLONG": b"x"} if self.confused else {}

    daemon: Any = make_daemon(Confused)
    client = new_client(daemon)
    client.connect()
    daemon.confused = True
    assert "TOOLONG" in str(error_of(client, "add", 1, 2))
    daemon.confused = False
    assert_goes_on(client)


def test_a_hook_for_annotations_that_fails_is_logged_and_the_answer_sent(make_daemon, new_client, caplog) -> None:
    class Broken(Daemon):
        def annotations(self) -> Any:
            raise LookupError("hook failed")

    client = new_client(make_daemon(Broken))
    client.connect()
    assert_goes_on(client)
    assert isinstance(error_of(client, "fail"), ValueError)
    assert "hook failed" in caplog.text


# ------------------------------------------------------------------------------------------- oneway calls


@pytest.mark.parametrize("method", ["fail", "nothing", "_private", "stop", "unserializable", "letters"])
def test_what_goes_wrong_in_a_oneway_call_is_not_told(client, method: str) -> None:
    assert client.request(method, flags=FLAGS_ONEWAY) == []
    assert_goes_on(client)


def test_a_oneway_call_to_nobody_is_not_told(client) -> None:
    assert client.request("add", object_id="nobody", flags=FLAGS_ONEWAY) == []
    assert_goes_on(client)


def test_an_unreadable_oneway_call_is_not_told(client) -> None:
    assert client.send(MSG_INVOKE, b"\xc1((((", flags=FLAGS_ONEWAY) == []
    assert_goes_on(client)


# ------------------------------------------------------------------------------------------ anything at all


def test_any_payload_at_all_is_answered(client) -> None:
    @given(st.binary(max_size=100))
    def check(payload: bytes) -> None:
        (answer,) = client.send(MSG_INVOKE, payload)
        assert answer.flags & FLAGS_EXCEPTION
        assert_goes_on(client)

    check()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "__class__", "state"]), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("name", sorted(serializers))
def test_any_values_as_a_call_are_answered(daemon: Daemon, new_client, name: str) -> None:
    serializer = serializers[name]

    @given(VALUES, VALUES, VALUES, VALUES)
    def check(obj: Any, method: Any, args: Any, kwargs: Any) -> None:
        client = new_client(daemon, name)
        client.connect()
        call: Any = (obj, method, args, kwargs)
        if name == "json":
            call = {"object": obj, "method": method, "params": args, "kwargs": kwargs}
        (answer,) = client.send(MSG_INVOKE, serializer.dumps(call))
        assert answer.flags & FLAGS_EXCEPTION

    check()
