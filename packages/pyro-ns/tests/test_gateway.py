"""The HTTP gateway as an application of WSGI: what is asked, and what is answered."""

from __future__ import annotations

import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import Client, create_environ, run_wsgi_app
from werkzeug.test import TestResponse as Answer

from pyro_client import current_context, locate_ns
from pyro_ns import NameServerDaemon
from pyro_ns.gateway import Gateway, singlyfy_parameters
from pyro_ns.gateway.survey import survey
from pyro_server import Daemon, expose, oneway
from pyro_wire import Config
from pyro_wire.message import HEADER_SIZE, MSG_CONNECTOK, encode

DEADLINE = 20.0


@expose
class Thing:
    """What is called over HTTP."""

    def __init__(self) -> None:
        self.heard = threading.Event()
        self._secret = "never"

    def echo(self, **words: Any) -> Any:
        return words

    def fail(self) -> None:
        raise ValueError("on purpose")

    def count(self) -> Iterator[int]:
        yield 1

    @oneway
    def hear(self) -> None:
        self.heard.set()

    def hear_too(self) -> str:
        self.heard.set()
        return "heard"

    def correlation(self) -> str:
        return str(current_context.correlation_id)

    @property
    def level(self) -> int:
        return 3


@contextmanager
def loop_of(daemon: Daemon) -> Iterator[Daemon]:
    with daemon:
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        try:
            yield daemon
        finally:
            daemon.shutdown()
            thread.join(DEADLINE)


@pytest.fixture
def running() -> Iterator[Callable[[Daemon], Any]]:
    with ExitStack() as stack:
        yield lambda daemon: stack.enter_context(loop_of(daemon))


@pytest.fixture
def thing() -> Thing:
    return Thing()


@pytest.fixture
def nameserver(running: Callable[[Daemon], Any]) -> NameServerDaemon:
    daemon: NameServerDaemon = running(NameServerDaemon("127.0.0.1", 0))
    return daemon


@pytest.fixture
def config(nameserver: NameServerDaemon) -> Config:
    return Config(NS_HOST="127.0.0.1", NS_PORT=nameserver.sock.getsockname()[1], BROADCAST_ADDRS=[])


@pytest.fixture
def register(config: Config) -> Callable[[str, Any], None]:
    """Put a name into the name server."""

    def put(name: str, uri: Any) -> None:
        with locate_ns(config=config) as names:
            names.register(name, uri)

    return put


@pytest.fixture
def gateway(
    config: Config, running: Callable[[Daemon], Any], thing: Thing, register: Callable[[str, Any], None]
) -> Iterator[Gateway]:
    """A gateway to one object, http.thing; another one, other.thing, is not for it."""
    uri = running(Daemon(config=config)).register(thing, "thing")
    register("http.thing", uri)
    register("other.thing", uri)
    made = Gateway(gateway_key=None, config=config)
    yield made
    made.close()


@pytest.fixture
def client(gateway: Gateway) -> Client:
    return Client(gateway)


def described_error(answer: Answer) -> tuple[int, str, list[Any]]:
    value = json.loads(answer.data)
    assert value["__exception__"] is True
    return answer.status_code, value["__class__"], value["args"]


# ---------------------------------------------------------------------------------------------------- calls


def test_a_call_returns_its_result_as_json(client: Client) -> None:
    answer = client.get("/pyro/http.thing/echo?word=hello")
    assert (answer.status, answer.content_type) == ("200 OK", "application/json; charset=utf-8")
    assert answer.json == {"word": "hello"}


def test_a_parameter_with_several_values_is_a_list(client: Client) -> None:
    assert client.get("/pyro/http.thing/echo?a=1&b=2&a=3").json == {"a": ["1", "3"], "b": "2"}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_the_fields_of_a_form_are_parameters(client: Client, content_type: str) -> None:
    answer = client.post("/pyro/http.thing/echo", data={"word": "grün & blau"}, content_type=content_type)
    assert answer.json == {"word": "grün & blau"}


def test_query_and_form_go_together(client: Client) -> None:
    answer = client.post("/pyro/http.thing/echo?a=1&b=2", data={"a": "3", "c": "4"})
    assert answer.json == {"a": ["1", "3"], "b": "2", "c": "4"}


def test_a_form_that_is_too_large_is_refused(client: Client) -> None:
    environ = {"CONTENT_LENGTH": str((16 << 20) + 1), "CONTENT_TYPE": "application/x-www-form-urlencoded"}
    answer = client.post("/pyro/http.thing/echo", input_stream=BytesIO(b"a=1"), environ_overrides=environ)
    assert answer.status_code == 413


@pytest.mark.parametrize("content_type", ["application/json", "text/plain; charset=utf-8"])
def test_a_body_that_is_no_form_is_refused(client: Client, thing: Thing, content_type: str) -> None:
    answer = client.post("/pyro/http.thing/hear_too", data=b'{"a": 1}', content_type=content_type)
    assert answer.status == "415 Unsupported Media Type"
    assert "a form" in answer.text
    assert not thing.heard.is_set()


def test_a_body_that_is_no_form_is_refused_in_chunks(client: Client) -> None:
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "CONTENT_TYPE": "application/json"}
    answer = client.post("/pyro/http.thing/echo", input_stream=BytesIO(b"{}"), environ_overrides=environ)
    assert answer.status_code == 415


@pytest.mark.parametrize("content_type", [None, "application/json"])
def test_without_a_body_the_content_type_is_nothing(client: Client, content_type: str | None) -> None:
    assert client.post("/pyro/http.thing/echo?a=1", content_type=content_type).json == {"a": "1"}


def test_an_error_of_the_method_comes_as_json(client: Client) -> None:
    answer = client.get("/pyro/http.thing/fail")
    assert answer.status == "500 Internal Server Error"
    assert described_error(answer) == (500, "builtins.ValueError", ["on purpose"])


def test_an_attribute_is_read(client: Client) -> None:
    assert client.get("/pyro/http.thing/level").json == 3


def test_an_attribute_takes_no_parameters(client: Client) -> None:
    status, kind, _ = described_error(client.get("/pyro/http.thing/level?x=1"))
    assert (status, kind) == (500, "builtins.TypeError")


def test_meta_tells_what_the_object_offers(client: Client) -> None:
    methods = ["correlation", "count", "echo", "fail", "hear", "hear_too"]
    assert client.get("/pyro/http.thing/$meta").json == {"methods": methods, "attributes": ["level"]}


@pytest.mark.parametrize("name", ["nothing", "_secret", "__init__", "_pyroRelease", "_pyroUri", "__class__", "heard"])
def test_what_is_not_exposed_is_not_there(client: Client, name: str) -> None:
    status, kind, _ = described_error(client.get(f"/pyro/http.thing/{name}"))
    assert (status, kind) == (500, "builtins.AttributeError")


def test_an_iterator_is_no_result_for_http(client: Client) -> None:
    status, kind, _ = described_error(client.get("/pyro/http.thing/count"))
    assert (status, kind) == (500, "Pyro5.errors.ProtocolError")


def test_an_unknown_name_is_an_error_of_the_name_server(client: Client) -> None:
    answer = described_error(client.get("/pyro/http.nobody/echo"))
    assert answer == (500, "Pyro5.errors.NamingError", ["unknown name: http.nobody"])


@pytest.mark.parametrize("ask", [Client.get, Client.post])
def test_an_object_that_is_gone_is_an_error_of_communication(
    client: Client, register: Callable[[str, Any], None], ask: Callable[..., Answer]
) -> None:
    register("http.gone", "PYRO:gone@localhost:1")
    status, kind, _ = described_error(ask(client, "/pyro/http.gone/echo"))
    assert (status, kind) == (500, "Pyro5.errors.CommunicationError")


def test_names_may_have_slashes(client: Client, gateway: Gateway, register: Callable[[str, Any], None]) -> None:
    register("http.a/b", gateway.nameserver().lookup("http.thing"))
    assert client.get("/pyro/http.a/b/level").json == 3


def test_a_oneway_call_has_an_empty_answer(client: Client, thing: Thing) -> None:
    answer = client.get("/pyro/http.thing/hear")
    assert (answer.status_code, answer.data) == (200, b"")
    assert thing.heard.wait(DEADLINE)


def test_an_option_makes_a_call_oneway(client: Client, thing: Thing) -> None:
    answer = client.get("/pyro/http.thing/hear_too", headers={"X-Pyro-Options": "other, oneway"})
    assert (answer.status_code, answer.data) == (200, b"")
    assert thing.heard.wait(DEADLINE)


def test_a_correlation_id_goes_along_and_comes_back(client: Client) -> None:
    text = str(uuid.uuid4())
    answer = client.get("/pyro/http.thing/correlation", headers={"X-Pyro-Correlation-Id": text})
    assert answer.json == answer.headers["X-Pyro-Correlation-Id"] == text


def test_a_call_without_a_correlation_id_gets_one(client: Client) -> None:
    answer = client.get("/pyro/http.thing/correlation")
    assert answer.json == str(uuid.UUID(answer.headers["X-Pyro-Correlation-Id"]))


@pytest.mark.parametrize("path", ["echo?value=1", "level", "$meta"])
@pytest.mark.parametrize("options", ["", "oneway"])
def test_every_answer_has_a_correlation_id(client: Client, path: str, options: str) -> None:
    answer = client.get(f"/pyro/http.thing/{path}", headers={"X-Pyro-Options": options})
    assert uuid.UUID(answer.headers["X-Pyro-Correlation-Id"])
    text = str(uuid.uuid4())
    answer = client.get(f"/pyro/http.thing/{path}", headers={"X-Pyro-Options": options, "X-Pyro-Correlation-Id": text})
    assert answer.headers["X-Pyro-Correlation-Id"] == text


def test_a_correlation_id_that_is_none_is_an_error(client: Client) -> None:
    answer = client.get("/pyro/http.thing/correlation", headers={"X-Pyro-Correlation-Id": "seven"})
    assert described_error(answer)[1] == "builtins.ValueError"


def test_nothing_of_a_request_stays_in_the_thread(client: Client) -> None:
    client.get("/pyro/http.thing/correlation", headers={"X-Pyro-Correlation-Id": str(uuid.uuid4())})
    assert current_context.correlation_id is None


def test_the_configuration_is_not_changed(client: Client, gateway: Gateway, config: Config) -> None:
    before = config.as_dict()
    gateway.comm_timeout = 5.0
    client.get("/pyro/http.thing/level")
    assert config.as_dict() == before


def test_the_timeout_holds_for_the_object(client: Client, gateway: Gateway, running: Any, register: Any) -> None:
    go_on = threading.Event()

    @expose
    class Slow:
        def wait(self) -> None:
            go_on.wait(DEADLINE)

    register("http.slow", running(Daemon(config=gateway.config)).register(Slow))
    gateway.comm_timeout = 0.1
    _, kind, _ = described_error(client.get("/pyro/http.slow/wait"))
    go_on.set()
    assert kind == "Pyro5.errors.TimeoutError"


# -------------------------------------------------------------------------------------- who may call what


def test_a_name_that_does_not_match_is_forbidden(client: Client) -> None:
    assert client.get("/pyro/other.thing/level").status == "403 Forbidden"


def test_the_regex_must_match_from_the_start(client: Client, register: Callable[[str, Any], None]) -> None:
    register("other.http.thing", "PYRO:a@localhost:1")
    assert client.get("/pyro/other.http.thing/level").status_code == 403


def test_another_regex_exposes_other_names(client: Client, gateway: Gateway) -> None:
    gateway.ns_regex = "other"
    assert client.get("/pyro/other.thing/level").json == 3
    assert client.get("/pyro/http.thing/level").status_code == 403


@pytest.mark.parametrize("key", [b"open sesame", "open sesame"])
def test_the_key_opens_by_header_query_and_form(client: Client, gateway: Gateway, key: bytes | str) -> None:
    gateway.gateway_key = key
    path = "/pyro/http.thing/echo"
    assert client.get(path, headers={"X-Pyro-Gateway-Key": "open sesame"}).json == {}
    assert client.get(path, query_string={"$key": "open sesame", "a": "1"}).json == {"a": "1"}
    assert client.post(path, data={"$key": "open sesame", "a": "1"}).json == {"a": "1"}


@pytest.mark.parametrize("shown", [None, "", "open", "open sesame ", "öffne dich"])
def test_without_the_right_key_nothing_is_called(client: Client, gateway: Gateway, thing: Thing, shown: str) -> None:
    gateway.gateway_key = b"open sesame"
    headers = {} if shown is None else {"X-Pyro-Gateway-Key": shown}
    assert client.get("/pyro/http.thing/hear_too", headers=headers).status_code == 403
    assert client.get("/pyro/http.thing/hear_too", query_string={"$key": shown or ""}).status_code == 403
    assert not thing.heard.is_set()


def test_the_key_is_no_argument_of_the_call(client: Client) -> None:
    assert client.get("/pyro/http.thing/echo?$key=whatever&a=1").json == {"a": "1"}


def test_a_gateway_without_a_key_has_to_be_asked_for() -> None:
    make: Any = Gateway
    with pytest.raises(TypeError, match="gateway_key"):
        make()


@pytest.mark.parametrize("key", ["", b""])
def test_an_empty_key_is_refused(key: bytes | str) -> None:
    with pytest.raises(ValueError, match="gateway_key is empty"):
        Gateway(gateway_key=key)


def test_a_regex_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="'\\(http' is no regular expression"):
        Gateway("(http", gateway_key=None)


WRONG_SETTINGS = [
    ("gateway_key", "", "gateway_key is empty"),
    ("gateway_key", b"", "gateway_key is empty"),
    ("ns_regex", "(http", "no regular expression"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG_SETTINGS)
@pytest.mark.parametrize("path", ["/pyro/http.thing/hear_too", "/pyro/"])
def test_a_setting_that_went_wrong_later_lets_in_nobody(
    client: Client,
    gateway: Gateway,
    thing: Thing,
    caplog: pytest.LogCaptureFixture,
    name: str,
    value: Any,
    reason: str,
    path: str,
) -> None:
    setattr(gateway, name, value)
    with caplog.at_level(logging.ERROR, logger="Pyro5.httpgateway"):
        answer = client.get(path)
    assert answer.status_code == 403
    assert "a setting of the gateway is wrong" in answer.text
    assert reason in caplog.text
    assert not thing.heard.is_set()


OWN_HOSTS = ["localhost", "LOCALHOST:8080", "localhost.", "127.0.0.1:8080", "[::1]:8080", "192.0.2.7"]
OTHER_HOSTS = ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "", "[", "[::1"]


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_a_gateway_without_a_key_is_called_by_localhost_or_an_address(client: Client, host: str) -> None:
    assert client.get("/pyro/http.thing/level", headers={"Host": host}).json == 3


@pytest.mark.parametrize("host", OTHER_HOSTS)
def test_a_gateway_without_a_key_is_not_called_by_other_names(client: Client, thing: Thing, host: str) -> None:
    marks = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/pyro/http.thing/hear_too", headers=marks).status_code == 403
    assert client.post("/pyro/http.thing/hear_too", headers={"Host": host}).status_code == 403
    assert not thing.heard.is_set()


def test_a_gateway_without_a_key_shows_its_list_to_no_other_names(client: Client) -> None:
    answer = client.get("/pyro/", headers={"Host": "evil.example"})
    assert answer.status_code == 403
    assert "http.thing" not in answer.text


@pytest.mark.parametrize("hosts", [["lab.example"], {"LAB.example."}, ["*"]])
def test_other_names_may_be_added(client: Client, gateway: Gateway, hosts: Any) -> None:
    gateway.hosts = hosts
    assert client.get("/pyro/http.thing/level", headers={"Host": "lab.example:8080"}).json == 3


def test_a_client_that_names_no_host_is_no_browser(gateway: Gateway) -> None:
    environ = create_environ("/pyro/http.thing/level", "http://lab.example")
    del environ["HTTP_HOST"]
    body, status, _ = run_wsgi_app(gateway, environ)
    assert (status, b"".join(body)) == ("200 OK", b"3")


def test_with_a_key_the_gateway_is_called_by_any_name(client: Client, gateway: Gateway) -> None:
    gateway.gateway_key = "open sesame"
    headers = {"Host": "lab.example", "X-Pyro-Gateway-Key": "open sesame"}
    assert client.get("/pyro/http.thing/level", headers=headers).json == 3


def test_a_gateway_for_all_web_pages_is_called_by_any_name(client: Client, gateway: Gateway) -> None:
    gateway.cors = "*"
    assert client.get("/pyro/http.thing/level", headers={"Host": "lab.example"}).json == 3


OTHER_PAGES = [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}]
OWN_PAGES = [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "http://localhost"}]


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_a_browser_makes_no_calls_for_other_web_pages(client: Client, thing: Thing, headers: dict[str, str]) -> None:
    assert client.post("/pyro/http.thing/hear_too", headers=headers).status_code == 403
    assert not thing.heard.is_set()


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_a_browser_makes_calls_for_other_web_pages_that_are_let_in(
    client: Client, gateway: Gateway, headers: dict[str, str]
) -> None:
    gateway.cors = "*"
    assert client.post("/pyro/http.thing/hear_too", headers=headers).json == "heard"


def test_only_the_web_page_that_is_named_is_let_in(client: Client, gateway: Gateway, thing: Thing) -> None:
    gateway.cors = "https://lab.example"
    there = {"Origin": "https://lab.example", "Sec-Fetch-Site": "cross-site"}
    assert client.post("/pyro/http.thing/hear_too", headers=there).json == "heard"
    thing.heard.clear()
    for headers in OTHER_PAGES:
        assert client.post("/pyro/http.thing/hear_too", headers=headers).status_code == 403
    assert not thing.heard.is_set()


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_a_web_page_that_knows_the_key_is_let_in(client: Client, gateway: Gateway, headers: dict[str, str]) -> None:
    gateway.gateway_key = b"open sesame"
    shown = {"X-Pyro-Gateway-Key": "open sesame", **headers}
    assert client.post("/pyro/http.thing/hear_too", headers=shown).json == "heard"


@pytest.mark.parametrize("headers", OWN_PAGES)
def test_a_browser_makes_calls_for_the_gateways_own_pages(client: Client, headers: dict[str, str]) -> None:
    assert client.post("/pyro/http.thing/hear_too", headers=headers).json == "heard"


# ------------------------------------------------------------------------------------------------ HTTP


def test_the_root_leads_to_the_home_page(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status, answer.headers["Location"]) == ("302 Found", "/pyro/")


def test_the_root_of_a_mounted_gateway_leads_below_its_own(client: Client) -> None:
    assert client.get("/", base_url="http://localhost/tools").headers["Location"] == "/tools/pyro/"


@pytest.mark.parametrize("path", ["/other", "/pyro/http.thing", "/pyro//echo", "/pyro/http.thing/", "/PYRO/"])
def test_there_is_nothing_else(client: Client, path: str) -> None:
    assert client.get(path).status == "404 Not Found"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH", "BREW"])
def test_other_methods_are_refused(client: Client, method: str, thing: Thing) -> None:
    assert client.open("/pyro/http.thing/hear_too", method=method).status == "405 Method Not Allowed"
    assert not thing.heard.is_set()


def test_options_are_answered_without_a_call(client: Client, thing: Thing) -> None:
    assert client.options("/pyro/http.thing/hear_too").status == "200 OK"
    assert not thing.heard.is_set()


@pytest.mark.parametrize("path", ["/pyro/", "/pyro/http.thing/level", "/pyro/http.thing/fail", "/other", "/"])
def test_no_other_web_page_may_read_an_answer(client: Client, path: str) -> None:
    assert not [name for name, _ in client.get(path).headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", ["/pyro/", "/pyro/http.thing/level", "/pyro/http.thing/fail", "/other"])
def test_other_web_pages_may_if_the_gateway_is_told_so(client: Client, gateway: Gateway, path: str) -> None:
    gateway.cors = "https://lab.example"
    headers = client.get(path).headers
    assert headers["Access-Control-Allow-Origin"] == "https://lab.example"
    assert headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
    assert headers["Access-Control-Expose-Headers"] == "X-Pyro-Correlation-Id"


DOCUMENTED = {"Content-Type", "X-Pyro-Correlation-Id", "X-Pyro-Gateway-Key", "X-Pyro-Options"}


@pytest.mark.parametrize("key", [None, "open sesame"])
def test_web_pages_that_are_let_in_may_set_the_documented_headers(
    client: Client, gateway: Gateway, key: str | None
) -> None:
    gateway.cors, gateway.gateway_key = "*", key
    answer = client.options("/pyro/http.thing/level", headers={"Access-Control-Request-Headers": "X-Pyro-Gateway-Key"})
    assert answer.status_code == 200
    assert set(answer.headers["Access-Control-Allow-Headers"].split(", ")) == DOCUMENTED


def test_answers_are_not_kept_and_not_taken_for_something_else(client: Client) -> None:
    headers = client.get("/pyro/http.thing/level").headers
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")


# ---------------------------------------------------------------------------------------- the name server


def test_the_name_server_is_found_again_when_it_was_lost(client: Client, gateway: Gateway) -> None:
    assert client.get("/pyro/http.thing/level").json == 3
    connection = gateway.nameserver()._pyroConnection
    assert connection is not None
    connection.interrupt()
    assert client.get("/pyro/http.thing/level").json == 3


def test_the_name_server_is_found_once_for_many_requests(client: Client, gateway: Gateway) -> None:
    first = gateway.nameserver()
    client.get("/pyro/http.thing/level")
    assert gateway.nameserver() is first


def test_without_a_name_server_the_caller_is_told() -> None:
    gateway = Gateway(gateway_key=None, config=Config(NS_HOST="127.0.0.1", NS_PORT=1, BROADCAST_ADDRS=[]))
    assert described_error(Client(gateway).get("/pyro/http.thing/level"))[1] == "Pyro5.errors.NamingError"


def test_a_gateway_that_was_closed_can_be_used_again(client: Client, gateway: Gateway) -> None:
    gateway.close()
    assert client.get("/pyro/http.thing/level").json == 3


# ------------------------------------------------------------------------------------------- the home page


def test_the_home_page_lists_what_can_be_called(client: Client) -> None:
    answer = client.get("/pyro/")
    assert answer.status == "200 OK"
    assert answer.text.startswith("<!DOCTYPE html>")
    assert "http.thing" in answer.text
    assert "echo, fail, hear" in answer.text
    assert "other.thing" not in answer.text


def test_the_home_page_lists_ten_objects_in_order(client: Client, register: Callable[[str, Any], None]) -> None:
    for number in range(12):
        register(f"http.{number:02}", "PYRO:a@localhost:1")
    page = client.get("/pyro/").text
    assert [number for number in range(12) if f"http.{number:02}" in page] == list(range(10))
    assert "10 of 13" in page


def test_an_object_that_cannot_be_reached_does_not_spoil_the_home_page(
    client: Client, register: Callable[[str, Any], None]
) -> None:
    register("http.gone", "PYRO:gone@localhost:1")
    page = client.get("/pyro/").text
    assert "cannot be reached" in page
    assert "http.thing" in page


LARGE = b"".join(encode(MSG_CONNECTOK, 0, 0, 0, bytes(1 << 20)))[:HEADER_SIZE]
"""The beginning of an answer to a handshake, which lacks a megabyte."""


@pytest.fixture
def silent() -> Iterator[str]:
    """The uri of an object whose server takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"PYRO:silent@127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def dripping() -> Iterator[str]:
    """The uri of an object whose server announces a large answer and sends it byte by byte."""
    hung_up = threading.Event()

    def drip() -> None:
        sock, _ = listener.accept()
        with sock, suppress(OSError):
            sock.sendall(LARGE)
            while not hung_up.wait(0.02):
                sock.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip)
        thread.start()
        yield f"PYRO:dripping@127.0.0.1:{listener.getsockname()[1]}"
        hung_up.set()
        thread.join(DEADLINE)


def test_an_object_that_never_answers_does_not_hold_up_the_home_page(
    client: Client, gateway: Gateway, register: Callable[[str, Any], None], silent: str
) -> None:
    register("http.silent", silent)
    assert not gateway.config.COMMTIMEOUT
    page = client.get("/pyro/").text
    assert "cannot be reached" in page
    assert "http.thing" in page


def test_an_object_that_never_answers_is_waited_for_in_vain(silent: str) -> None:
    (listing,) = survey({"http.silent": silent}, Config(), each=0.1)
    assert listing.trouble.startswith("cannot be reached: ")


def test_an_object_that_answers_byte_by_byte_is_not_waited_for(dripping: str) -> None:
    (listing,) = survey({"http.dripping": dripping}, Config(), each=0.3)
    assert listing.trouble.startswith("cannot be reached: ")


def test_a_registered_name_that_is_looked_up_elsewhere_is_waited_for_in_vain(silent: str) -> None:
    uri = f"PYRONAME:anything@{silent.partition('@')[2]}"
    (listing,) = survey({"http.elsewhere": uri}, Config(NS_LOOKUP_DELAY=DEADLINE), each=0.1)
    assert listing.trouble.startswith("cannot be reached: ")


def test_objects_that_never_answer_use_up_the_time_of_all(silent: str) -> None:
    first, second = survey({"http.a": silent, "http.b": silent}, Config(), each=0.1, together=0.1)
    assert first.trouble.startswith("cannot be reached: ")
    assert second.trouble == "cannot be reached: those before it took too long"


def test_the_home_page_escapes_what_comes_from_elsewhere(
    client: Client, gateway: Gateway, register: Callable[[str, Any], None]
) -> None:
    register("<script>http.evil", "PYRO:<b>evil@localhost:1")
    gateway.ns_regex = "<script>|&nothing"
    page = client.get("/pyro/").text
    assert "<script>" not in page
    assert "<b>" not in page
    assert "&lt;script&gt;http.evil" in page
    assert "&amp;nothing" in page


def test_the_home_page_may_run_no_scripts(client: Client) -> None:
    assert "default-src 'none'" in client.get("/pyro/").headers["Content-Security-Policy"]


def test_the_home_page_lists_nothing_for_those_without_the_key(client: Client, gateway: Gateway) -> None:
    gateway.gateway_key = b"open sesame"
    assert "http.thing" not in client.get("/pyro/").text
    assert "http.thing" in client.get("/pyro/", headers={"X-Pyro-Gateway-Key": "open sesame"}).text


def test_the_home_page_says_that_there_is_no_name_server() -> None:
    gateway = Gateway(gateway_key=None, config=Config(NS_HOST="127.0.0.1", NS_PORT=1, BROADCAST_ADDRS=[]))
    answer = Client(gateway).get("/pyro/")
    assert answer.status_code == 200
    assert "name server cannot be asked" in answer.text


def test_single_values_are_unwrapped() -> None:
    assert singlyfy_parameters({"a": ["1"], "b": ["1", "2"], "c": "text", "d": []}) == {
        "a": "1",
        "b": ["1", "2"],
        "c": "text",
        "d": [],
    }
