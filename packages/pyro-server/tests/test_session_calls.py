"""Calls, bytes in and steps out: with each serializer, what is called and what is answered."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pyro_server import Daemon
from pyro_wire import SerializedBlob, serializers
from pyro_wire.calls import pack_blob_address
from pyro_wire.exceptions import ExceptionWrapper
from pyro_wire.message import (
    FLAGS_BATCH,
    FLAGS_EXCEPTION,
    FLAGS_ITEMSTREAMRESULT,
    FLAGS_KEEPSERIALIZED,
    FLAGS_ONEWAY,
    MSG_INVOKE,
    MSG_PING,
    MSG_RESULT,
)

MANY = 20


# --------------------------------------------------------------------------------------------------- calls


def test_a_call_is_answered_with_its_number_and_in_its_serializer(client) -> None:
    (answer,) = client.request("add", 1, 2, seq=77)
    assert (answer.type, answer.flags, answer.seq) == (MSG_RESULT, 0, 77)
    assert answer.serializer_id == client.serializer.serializer_id
    assert client.result(answer) == 3


def test_keyword_arguments_arrive(client) -> None:
    assert client.call("add", 1, kwargs={"second": 2}) == 3


def test_no_keyword_arguments_are_none_or_empty(client) -> None:
    assert client.call("add", 1, 2, kwargs=None) == 3
    assert client.call("add", 1, 2, kwargs={}) == 3


def test_an_object_that_was_not_named_in_the_handshake_may_be_called(client) -> None:
    assert client.call("method", object_id="guarded") == 1


def test_a_dunder_method_that_is_exposed_may_be_called(client, daemon: Daemon) -> None:
    class Sequence:
        def __len__(self) -> int:
            return 3

        __len__._pyroExposed = True  # type: ignore[attr-defined]  # as @expose does

    daemon.register(Sequence(), "sequence")
    assert client.call("__len__", object_id="sequence") == 3


def test_one_client_may_change_its_serializer(client) -> None:
    for name in sorted(serializers):
        client.serializer = serializers[name]
        assert client.call("add", 1, 2) == 3


def test_many_calls_may_come_at_once(serpent_client) -> None:
    payload = serpent_client.serializer.dumpsCall("service", "add", (1, 2), {})
    answers = serpent_client.feed(
        b"".join(
            b"PYRO\x01\xf6\x04\x01\0\0\0\0" + len(payload).to_bytes(4, "big") + bytes(22) + b"\x4d\xc5" + payload
            for _ in range(MANY)
        )
    )
    assert [serpent_client.result(answer) for answer in answers] == [3] * MANY


# ---------------------------------------------------------------------------------------------- attributes


def test_an_attribute_is_read_and_written(client, service) -> None:
    assert client.call("__setattr__", "total", 42) is None
    assert service.total == 42
    assert client.call("__getattr__", "total") == 42


@pytest.mark.parametrize("name", ["nothing", "_private", "__class__", "__dict__", "plain", "add", "notes", "hidden"])
def test_what_is_no_exposed_property_is_neither_read_nor_written(client, service, name: str) -> None:
    before = dict(vars(service))
    for object_id in ("service", "guarded"):
        with pytest.raises(AttributeError, match=name):
            client.call("__getattr__", name, object_id=object_id)
        with pytest.raises(AttributeError, match=name):
            client.call("__setattr__", name, 1, object_id=object_id)
    assert vars(service) == before
    assert not client.closed


def test_a_property_without_setter_is_not_written(client) -> None:
    with pytest.raises(AttributeError, match="readonly"):
        client.call("__setattr__", "readonly", 1)


@pytest.mark.parametrize(
    ("method", "args"),
    [("__getattr__", ()), ("__getattr__", ("total", 1)), ("__setattr__", ("total",)), ("__setattr__", ())],
)
def test_attributes_need_the_right_arguments(client, method: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(Exception, match=method):
        client.call(method, *args)
    assert not client.closed


@pytest.mark.parametrize("name", [None, 42, ["total"], {"total": 1}])
def test_the_name_of_an_attribute_is_a_text(client, name: Any) -> None:
    with pytest.raises(AttributeError):
        client.call("__getattr__", name)
    with pytest.raises(AttributeError):
        client.call("__setattr__", name, 1)


# -------------------------------------------------------------------------------------------------- oneway


def test_a_oneway_call_is_made_and_not_answered(client, service) -> None:
    assert client.request("note", "x", flags=FLAGS_ONEWAY) == []
    assert service.notes == ["x"]
    assert len(client.detached) == 1, "nobody waits for it"


def test_the_flag_counts_and_not_the_mark_of_the_method(client, service) -> None:
    assert client.call("note", "x") == "nobody hears this"
    assert client.request("add", 1, 2, flags=FLAGS_ONEWAY) == []
    assert client.call("add", 1, 2) == 3


def test_oneway_attribute_access_and_batches_are_done_in_order(client, service) -> None:
    assert client.request("__setattr__", "total", 7, flags=FLAGS_ONEWAY) == []
    assert client.request("<batch>", ["note", ["x"], {}], flags=FLAGS_ONEWAY | FLAGS_BATCH) == []
    assert (service.total, service.notes) == (7, ["x"])
    assert client.detached == []


# --------------------------------------------------------------------------------------------------- batch


def batch(client, *calls: Any) -> Any:
    (answer,) = client.request("<batch>", *[list(call) for call in calls], flags=FLAGS_BATCH)
    assert answer.flags in (FLAGS_BATCH, FLAGS_EXCEPTION)
    return client.result(answer)


def test_the_calls_of_a_batch_are_made_in_order(client, service) -> None:
    assert batch(client, ("add", [1, 2], {}), ("note", ["x"], {}), ("add", [3], {"second": 4})) == [
        3,
        "nobody hears this",
        7,
    ]


def test_a_batch_ends_with_the_first_error_wrapped_at_its_place(client, service) -> None:
    results = batch(client, ("add", [1, 2], {}), ("fail", ["wrong"], {}), ("note", ["never"], {}))
    assert results[0] == 3
    assert len(results) == 2
    assert isinstance(results[1], ExceptionWrapper)
    error: Any = results[1].exception
    assert (type(error), error.args[0], error.extra) == (ValueError, "wrong", "more")
    assert any("in fail" in line for line in error._pyroTraceback)
    assert service.notes == []


def test_an_empty_batch_has_no_results(client) -> None:
    assert list(batch(client)) == []


@pytest.mark.parametrize("name", ["nothing", "_private", "total", "__getattr__", "hidden"])
def test_a_method_that_is_not_exposed_fails_the_whole_batch(client, name: str) -> None:
    with pytest.raises(AttributeError, match=name):
        batch(client, ("add", [1, 2], {}), (name, [], {}))
    assert not client.closed


@pytest.mark.parametrize("entry", [[], ["add"], ["add", [1, 2]], [42, [], {}], ["add", 5, {}], ["add", [], 5]])
def test_a_malformed_batch_is_refused(client, entry: list[Any]) -> None:
    with pytest.raises(Exception, match="batch"):
        batch(client, entry)
    assert not client.closed


def test_an_iterator_cannot_come_out_of_a_batch(client) -> None:
    with pytest.raises(Exception, match="iterator"):
        batch(client, ("letters", [], {}))


def test_a_batch_may_only_be_so_long(make_daemon, new_client) -> None:
    client = new_client(make_daemon(MAX_BATCH=2))
    client.connect()
    assert batch(client, *[("add", [1, 2], {})] * 2) == [3, 3]
    with pytest.raises(Exception, match="MAX_BATCH"):
        batch(client, *[("add", [1, 2], {})] * 3)


def test_nobody_works_on_for_a_client_that_has_left(serpent_client, daemon: Daemon) -> None:
    done: list[int] = []

    class Leaving:
        def step(self, number: int) -> None:
            done.append(number)
            serpent_client.session.left = True

        step._pyroExposed = True  # type: ignore[attr-defined]

    daemon.register(Leaving(), "leaving")
    calls = [["step", [number], {}] for number in range(5)]
    serpent_client.request("<batch>", *calls, object_id="leaving", flags=FLAGS_BATCH)
    assert done == [0]


# --------------------------------------------------------------------------------------------------- blobs


def test_a_blob_reaches_the_method_unread(client) -> None:
    address = pack_blob_address("info", "service", "blob")
    payload = client.serializer.dumpsCall("service", "blob", [1, "two"], {})
    answers = client.send(MSG_INVOKE, payload, flags=FLAGS_KEEPSERIALIZED, annotations={"BLBI": address})
    info, data = client.result(answers[0])
    assert (info, list(data)) == ("info", [1, "two"])


def test_a_blob_may_be_garbage_as_long_as_nobody_reads_it(serpent_client, daemon: Daemon) -> None:
    class Relay:
        def relay(self, blob: SerializedBlob) -> str:
            return str(blob.info)

        relay._pyroExposed = True  # type: ignore[attr-defined]

    daemon.register(Relay(), "relay")
    address = pack_blob_address("info", "relay", "relay")
    answers = serpent_client.send(MSG_INVOKE, b"((((", flags=FLAGS_KEEPSERIALIZED, annotations={"BLBI": address})
    assert serpent_client.result(answers[0]) == "info"


@pytest.mark.parametrize("address", [None, b"", b"((((", serializers["marshal"].dumps(("info", 42, "blob"))])
def test_a_blob_without_a_good_address_is_refused(serpent_client, address: Any) -> None:
    annotations = {} if address is None else {"BLBI": address}
    (answer,) = serpent_client.send(MSG_INVOKE, b"", flags=FLAGS_KEEPSERIALIZED, annotations=annotations)
    with pytest.raises(Exception, match="BLBI"):
        serpent_client.result(answer)
    assert not serpent_client.closed


def test_the_address_of_a_blob_means_nothing_without_the_flag(serpent_client) -> None:
    address = pack_blob_address("info", "nobody", "nothing")
    assert serpent_client.call("add", 1, 2, annotations={"BLBI": address}) == 3


# ------------------------------------------------------------------------------------------------- streams


def test_an_iterator_becomes_a_stream(client, daemon: Daemon) -> None:
    (answer,) = client.request("letters")
    assert answer.flags == FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT
    stream_id = bytes(answer.annotations["STRM"]).decode()
    assert list(daemon.streaming_responses) == [stream_id]
    fetch = ("get_next_stream_item", stream_id)
    assert [client.call(*fetch, object_id="Pyro.Daemon") for _ in range(3)] == ["a", "b", "c"]
    with pytest.raises(StopIteration):
        client.call(*fetch, object_id="Pyro.Daemon")
    with pytest.raises(Exception, match="item stream terminated"):
        client.call(*fetch, object_id="Pyro.Daemon")
    assert daemon.streaming_responses == {}


def test_the_error_that_starts_a_stream_has_no_traceback(client) -> None:
    (answer,) = client.request("letters")
    error = client.serializer.loads(answer.data)
    assert (type(error).__name__, error.args) == ("ProtocolError", ("result of call is an iterator",))
    assert error._pyroTraceback is None


def test_a_stream_can_be_closed(client, daemon: Daemon) -> None:
    (answer,) = client.request("letters")
    stream_id = bytes(answer.annotations["STRM"]).decode()
    assert client.request("close_stream", stream_id, object_id="Pyro.Daemon", flags=FLAGS_ONEWAY) == []
    assert daemon.streaming_responses == {}


def test_without_streaming_there_is_no_id(make_daemon, new_client) -> None:
    daemon = make_daemon(ITER_STREAMING=False)
    client = new_client(daemon)
    client.connect()
    (answer,) = client.request("letters")
    assert answer.flags == FLAGS_EXCEPTION | FLAGS_ITEMSTREAMRESULT
    assert "STRM" not in answer.annotations
    assert daemon.streaming_responses == {}


def test_too_many_streams_are_an_error_for_the_caller(make_daemon, new_client) -> None:
    client = new_client(make_daemon(MAX_STREAMS=1))
    client.connect()
    client.request("letters")
    with pytest.raises(Exception, match="MAX_STREAMS"):
        client.call("letters")
    assert not client.closed


# ---------------------------------------------------------------------------------------------------- ping


@pytest.mark.parametrize("serializer_id", [1, 2, 3, 4, 42])
def test_a_ping_is_answered_whatever_is_in_it(client, serializer_id: int) -> None:
    (answer,) = client.send(MSG_PING, b"((((", seq=999, serializer_id=serializer_id)
    assert (answer.type, answer.flags, answer.seq) == (MSG_PING, 0, 999)
    assert answer.serializer_id == serializer_id
    assert bytes(answer.data) == b"pong"
    assert client.call("add", 1, 2) == 3


# ------------------------------------------------------------------------------------- context, annotations


def test_a_method_sees_the_context_of_its_call(client) -> None:
    correlation_id = uuid.uuid4()
    context = client.call(
        "context", seq=77, annotations={"TEST": b"value"}, correlation_id=correlation_id.bytes, kwargs={}
    )
    assert context == {
        "seq": 77,
        "msg_flags": 1 << 6,
        "serializer_id": client.serializer.serializer_id,
        "client_sock_addr": ["192.0.2.1", 4444],
        "annotations": {"TEST": "value"},
        "correlation_id": str(correlation_id),
        "object": "service",
    }


def test_a_call_without_correlation_id_gets_one_of_its_own(client) -> None:
    first, second = (uuid.UUID(client.call("context")["correlation_id"]) for _ in range(2))
    assert first.version == 4
    assert first != second


def test_the_answer_carries_the_correlation_id(client) -> None:
    correlation_id = uuid.uuid4().bytes
    for method in ("add", "fail"):
        (answer,) = client.request(method, 1, 2, correlation_id=correlation_id)
        assert answer.correlation_id == correlation_id


def test_annotations_of_one_call_are_not_those_of_the_next(client) -> None:
    client.call("context", annotations={"TEST": b"value"})
    assert client.call("context")["annotations"] == {}


def test_a_method_may_annotate_its_answer_and_no_other(client) -> None:
    (answer,) = client.request("annotate", {"TEST": "value"})
    assert {key: bytes(value) for key, value in answer.annotations.items()} == {"TEST": b"value"}
    (answer,) = client.request("add", 1, 2)
    assert answer.annotations == {}


def test_the_annotations_of_the_daemon_go_with_every_answer_and_before_those_of_methods(
    make_daemon, new_client
) -> None:
    class Talkative(Daemon):
        def annotations(self) -> Any:
            return {"DAEM": b"daemon", "TEST": b"daemon"}

    client = new_client(make_daemon(Talkative))
    client.connect()
    answers = [
        *client.request("annotate", {"TEST": "method", "METH": "method"}),
        *client.request("fail"),
        *client.request("letters"),
        *client.send(MSG_PING, b""),
    ]
    kept = [{key: bytes(value) for key, value in answer.annotations.items() if key != "STRM"} for answer in answers]
    own = {"DAEM": b"daemon", "TEST": b"daemon"}
    assert kept == [{**own, "METH": b"method"}, own, own, own]


@pytest.mark.parametrize("annotations", [{"TOOLONG": "x"}, {"ÄÖÜß": "x"}])
def test_annotations_that_cannot_be_sent_are_an_error_for_the_caller(client, annotations: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"annotation|ascii"):
        client.call("annotate", annotations)
    assert not client.closed
