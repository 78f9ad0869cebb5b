"""What travels beside a call: annotations, correlation ids, blobs, and the resources that a client holds."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from pyro_client import Proxy, SerializedBlob, current_context, errors
from pyro_server import Daemon, expose, oneway

DEADLINE = 20.0


class Resource:
    """Something that a client holds on the server."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


@expose
class Thing:
    """Something that looks beside its calls."""

    def __init__(self) -> None:
        self.resources: list[Resource] = []
        self.heard: dict[str, Any] = {}
        self.noted = threading.Event()

    def context(self) -> dict[str, Any]:
        return {
            "annotations": {key: bytes(value).decode() for key, value in current_context.annotations.items()},
            "correlation_id": str(current_context.correlation_id),
            "seq": current_context.seq,
            "serializer_id": current_context.serializer_id,
            "has a client": current_context.client is not None,
        }

    @oneway
    def note_context(self) -> None:
        self.heard = self.context()
        self.noted.set()

    def annotate(self, key: str, value: str) -> None:
        current_context.response_annotations = {key: value.encode()}

    def annotate_and_fail(self) -> None:
        self.annotate("FAIL", "x")
        raise ValueError("wrong")

    def hold(self, count: int) -> None:
        for _ in range(count):
            resource = Resource()
            self.resources.append(resource)
            current_context.track_resource(resource)

    def let_go(self, number: int) -> None:
        current_context.untrack_resource(self.resources[number])

    def read_blob(self, blob: SerializedBlob) -> Any:
        return [blob.info, list(blob.deserialized())]

    def info_of(self, blob: SerializedBlob) -> Any:
        return blob.info

    def add(self, first: int, second: int) -> int:
        return first + second


@expose
class Relay:
    """Something that passes on what it gets to another object."""

    def __init__(self) -> None:
        self.target: Any = None

    def context(self) -> Any:
        return self.target.context()

    def read_blob(self, blob: SerializedBlob) -> Any:
        return self.target.read_blob(blob)


class Talkative(Daemon):
    """A daemon that adds something to every answer."""

    def annotations(self) -> Any:
        return {"DAEM": b"daemon"}


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def proxy(served, thing: Thing) -> Proxy:
    proxy: Proxy = served({"it": thing}).proxy()
    return proxy


def received() -> dict[str, bytes]:
    """The annotations of the last answer."""
    return {key: bytes(value) for key, value in current_context.response_annotations.items()}


# --------------------------------------------------------------------------------------------- annotations


def test_annotations_reach_the_method_at_every_call(proxy: Proxy) -> None:
    current_context.annotations = {"TEST": b"value", "MORE": b""}
    for _ in range(2):
        assert proxy.context()["annotations"] == {"TEST": "value", "MORE": ""}
    current_context.annotations = {}
    assert proxy.context()["annotations"] == {}


def test_annotations_reach_a_oneway_method_too(proxy: Proxy, thing: Thing) -> None:
    current_context.annotations = {"TEST": b"value"}
    proxy.note_context()
    assert thing.noted.wait(DEADLINE)
    assert thing.heard["annotations"] == {"TEST": "value"}
    assert thing.heard["has a client"]


def test_annotations_of_an_answer_come_back_once(proxy: Proxy) -> None:
    proxy.annotate("BACK", "value")
    assert received() == {"BACK": b"value"}
    proxy.add(1, 2)
    assert received() == {}


def test_annotations_of_a_method_that_failed_do_not_leak_into_later_answers(proxy: Proxy) -> None:
    with pytest.raises(ValueError, match="wrong"):
        proxy.annotate_and_fail()
    proxy.add(1, 2)
    assert received() == {}


def test_annotations_are_those_of_the_thread(proxy: Proxy) -> None:
    current_context.annotations = {"TEST": b"value"}
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(proxy.context()["annotations"]))
    thread.start()
    thread.join(DEADLINE)
    assert seen == [{}]


def test_annotations_of_the_daemon_come_with_every_answer(served, thing: Thing) -> None:
    proxy = served({"it": thing}, daemon_class=Talkative).proxy()
    proxy.add(1, 2)
    assert received() == {"DAEM": b"daemon"}
    proxy.annotate("BACK", "value")
    assert received() == {"DAEM": b"daemon", "BACK": b"value"}


def test_large_annotations_arrive(proxy: Proxy) -> None:
    proxy._pyroBind()
    current_context.annotations = {"BIGG": b"x" * 1_000_000}
    assert proxy.context()["annotations"] == {"BIGG": "x" * 1_000_000}


def test_annotations_that_are_too_large_for_a_stranger_are_refused_with_the_limit(listening, thing: Thing) -> None:
    current_context.annotations = {"BIGG": b"x" * 1_000_000}
    with pytest.raises(errors.CommunicationError, match="MAX_HANDSHAKE_SIZE"):
        listening({"it": thing}).proxy().add(1, 2)


@pytest.mark.parametrize("annotations", [{"LONGER": b"x"}, {"TEST": "text"}, {5: b"x"}, {"TEST": None}])
def test_annotations_that_cannot_be_sent_are_an_error_here(proxy: Proxy, annotations: Any) -> None:
    proxy._pyroBind()
    current_context.annotations = annotations
    with pytest.raises(errors.ProtocolError, match="annotation"):
        proxy.add(1, 2)
    current_context.annotations = {}
    assert proxy.add(1, 2) == 3


# ------------------------------------------------------------------------------------------- correlation id


def test_a_correlation_id_reaches_the_method(proxy: Proxy, thing: Thing) -> None:
    current_context.correlation_id = correlation_id = uuid.uuid4()
    assert proxy.context()["correlation_id"] == str(correlation_id)
    proxy.note_context()
    assert thing.noted.wait(DEADLINE)
    assert thing.heard["correlation_id"] == str(correlation_id)
    assert current_context.correlation_id == correlation_id


def test_without_one_each_call_has_its_own(proxy: Proxy) -> None:
    first, second = proxy.context()["correlation_id"], proxy.context()["correlation_id"]
    assert uuid.UUID(first) != uuid.UUID(second)
    assert current_context.correlation_id is None


def test_the_context_of_a_call_is_passed_on_to_the_calls_that_it_makes(served, listening, thing: Thing) -> None:
    relay = Relay()
    relay.target = listening({"it": thing}).proxy()
    current_context.correlation_id = correlation_id = uuid.uuid4()
    current_context.annotations = {"TEST": b"value"}
    context = served({"it": relay}).proxy().context()
    assert context["correlation_id"] == str(correlation_id)
    assert context["annotations"] == {"TEST": "value"}


# --------------------------------------------------------------------------------------------- the call itself


def test_a_method_knows_the_number_and_the_serializer_of_its_call(proxy: Proxy, serializer: str) -> None:
    proxy._pyroBind()
    numbers = [proxy.context()["seq"] for _ in range(2)]
    assert numbers == [proxy._pyroSeq - 1, proxy._pyroSeq]
    assert proxy.context()["serializer_id"] == ["", "serpent", "marshal", "json", "msgpack"].index(serializer)


def test_a_method_knows_the_address_of_its_client(listening) -> None:
    @expose
    class Asking:
        def address(self) -> Any:
            return list(current_context.client_sock_addr)

    proxy = listening({"it": Asking()}).proxy()
    assert proxy.address()[:2] == list(proxy._pyroConnection.sock.getsockname()[:2])


# -------------------------------------------------------------------------------------------------- blobs


def test_a_blob_is_read_by_the_method_that_wants_to(proxy: Proxy) -> None:
    assert proxy.read_blob(SerializedBlob("info", [1, "two", [3]])) == ["info", [1, "two", [3]]]


def test_the_info_of_a_blob_can_be_read_without_its_contents(proxy: Proxy) -> None:
    assert proxy.info_of(SerializedBlob("info", [1])) == "info"


def test_a_blob_can_be_passed_on_unread(served, listening, thing: Thing, serializer: str) -> None:
    relay = Relay()
    relay.target = listening({"it": thing}).proxy(SERIALIZER=serializer)
    proxy = served({"it": relay}, COMPRESSION=True).proxy(COMPRESSION=True)
    text = "x" * 1000
    assert proxy.read_blob(SerializedBlob("info", [1, text])) == ["info", [1, text]]


def test_a_blob_must_be_the_only_argument(proxy: Proxy) -> None:
    with pytest.raises(errors.SerializeError, match="only argument"):
        proxy.add(SerializedBlob("info", [1]), 2)
    assert proxy.add(1, 2) == 3


# ----------------------------------------------------------------------------------------------- resources


def test_the_resources_of_a_client_are_closed_when_it_leaves(listening, thing: Thing) -> None:
    with listening({"it": thing}).proxy() as proxy:
        proxy.hold(3)
        proxy.let_go(1)
        assert not any(resource.closed.is_set() for resource in thing.resources)
    assert thing.resources[0].closed.wait(DEADLINE)
    assert thing.resources[2].closed.wait(DEADLINE)
    assert not thing.resources[1].closed.is_set()


def test_the_resources_of_a_client_are_closed_when_the_daemon_ends(served, thing: Thing) -> None:
    serving = served({"it": thing})
    serving.proxy().hold(1)
    serving.daemon.shutdown()
    assert thing.resources[0].closed.is_set()


def test_outside_of_a_call_nobody_holds_resources() -> None:
    with pytest.raises(errors.PyroError):
        current_context.track_resource(Resource())
    with pytest.raises(errors.PyroError):
        current_context.untrack_resource(Resource())
