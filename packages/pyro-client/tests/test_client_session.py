"""What answers mean: what may be raised from afar, and what may not."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from pyro_client import errors
from pyro_client.session import ClientSession, Standing, raisable, result_of
from pyro_wire import Config, Message, SerializerBase, serializers
from pyro_wire.message import FLAGS_EXCEPTION, FLAGS_ITEMSTREAMRESULT, MSG_CONNECTFAIL, MSG_RESULT

serpent = serializers["serpent"]


@pytest.fixture
def session() -> ClientSession:
    """A session whose last request had number 7."""
    return ClientSession(Config(), serpent, 7, handshake=False)


def message(**fields: Any) -> Message:
    usual: dict[str, Any] = {
        "msgtype": MSG_RESULT,
        "flags": 0,
        "seq": 7,
        "serializer_id": serpent.serializer_id,
        "data": serpent.dumps(None),
        "annotations": {},
    }
    return Message(**{**usual, **fields})


def exception_message(data: Any) -> Message:
    return message(flags=FLAGS_EXCEPTION, data=serpent.dumps(data))


def test_the_answer_to_the_last_request_passes(session: ClientSession) -> None:
    session.check_reply(message())


def test_the_answer_to_another_request_does_not(session: ClientSession) -> None:
    with pytest.raises(errors.ProtocolError, match=r"sequence out of sync.*\b6\b.*\b7\b"):
        session.check_reply(message(seq=6))


def test_an_answer_in_another_serializer_does_not(session: ClientSession) -> None:
    with pytest.raises(errors.SerializeError, match=r"\b3\b.*\b1\b"):
        session.check_reply(message(serializer_id=3))


def test_a_message_that_is_no_answer_does_not(session: ClientSession) -> None:
    with pytest.raises(errors.ProtocolError, match="invalid msg type 2"):
        session.check_reply(message(msgtype=2))


def test_a_value_is_returned() -> None:
    assert result_of(message(data=serpent.dumps([1, 2])), serpent) == [1, 2]


def test_an_exception_that_is_no_failure_is_returned_like_any_value() -> None:
    result = result_of(message(data=serpent.dumps(ValueError("a value"))), serpent)
    assert isinstance(result, ValueError)


def test_a_failure_is_raised_with_arguments_attributes_and_remote_traceback() -> None:
    error = ValueError("wrong", 42)
    error.extra = "more"  # type: ignore[attr-defined]  # exceptions take attributes
    error._pyroTraceback = ["remote line\n"]  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="wrong") as caught:
        result_of(exception_message(error), serpent)
    assert caught.value.args == ("wrong", 42)
    assert vars(caught.value) == {"extra": "more", "_pyroTraceback": ["remote line\n"]}


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit("end")])
def test_nobody_ends_this_process_from_afar(error: BaseException) -> None:
    error._pyroTraceback = ["remote line\n"]  # type: ignore[attr-defined]
    with pytest.raises(errors.RemoteError) as caught:
        result_of(exception_message(error), serpent)
    assert caught.value.remote_class == f"builtins.{type(error).__name__}"
    assert caught.value.args == error.args
    assert caught.value._pyroTraceback == ["remote line\n"]  # type: ignore[attr-defined]


def test_a_remote_error_is_shown_with_the_name_of_the_remote_class() -> None:
    assert traceback.format_exception_only(raisable(SystemExit("stop"))) == ["SystemExit: stop\n"]


@pytest.mark.parametrize(
    ("error", "standing"),
    [
        (errors.SecurityError("refused"), Standing.DOUBTFUL),
        (errors.SerializeError("unsupported"), Standing.DOUBTFUL),
        (errors.MessageTooLargeError("too large"), Standing.DOUBTFUL),
        (errors.CommunicationError("failed"), Standing.DOUBTFUL),
        (errors.NamingError("unknown name"), Standing.GOOD),
        (errors.DaemonError("unknown object"), Standing.GOOD),
        (ValueError("wrong"), Standing.GOOD),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("serializer", serializers.values(), ids=lambda serializer: serializer.name)
def test_after_errors_with_which_servers_close_the_connection_is_doubtful(
    error: Exception, standing: Standing, serializer: SerializerBase
) -> None:
    session = ClientSession(Config(), serializer, 0, handshake=False)
    serializer_id = serializer.serializer_id
    session.check_reply(
        message(seq=0, flags=FLAGS_EXCEPTION, data=serializer.dumps(error), serializer_id=serializer_id)
    )
    assert session.standing is standing


def test_such_an_error_as_a_value_or_at_the_start_of_a_stream_is_no_reason_for_doubt() -> None:
    session = ClientSession(Config(), serpent, 0, handshake=False)
    data = serpent.dumps(errors.ProtocolError("result of call is an iterator"))
    for flags in (0, FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT):
        session.check_reply(message(seq=0, flags=flags, data=data))
        assert session.standing is Standing.GOOD


@pytest.mark.parametrize("value", [None, 42, "text", {"key": "value"}])
def test_a_failure_that_holds_no_exception_is_a_protocol_error(value: Any) -> None:
    with pytest.raises(errors.ProtocolError, match=f"holds a {type(value).__name__}"):
        result_of(exception_message(value), serpent)


def test_bytes_that_cannot_be_read_are_a_serialize_error() -> None:
    with pytest.raises(errors.SerializeError):
        result_of(message(data=b"(((("), serpent)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": serpent.dumps("the reason")}, "the reason"),
        ({"serializer_id": 2, "data": serializers["marshal"].dumps("the reason")}, "the reason"),
        ({"serializer_id": 99}, "unknown serializer 99"),
        ({"data": b"(((("}, "unreadable reason"),
    ],
)
def test_a_refusal_is_told_with_its_reason_whatever_it_is_written_in(fields: dict[str, Any], reason: str) -> None:
    session = ClientSession(Config(), serpent, 0)
    session.connect_request("hello", "obj")
    with pytest.raises(errors.CommunicationError, match=rf"rejected: .*{reason}"):
        session.connect_reply(message(msgtype=MSG_CONNECTFAIL, **fields), "example.org:4444")
