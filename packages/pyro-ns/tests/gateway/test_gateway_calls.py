"""The HTTP gateway as an application of WSGI: what is asked, and what is answered."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.test import TestResponse as Answer

from pyro_client import current_context
from pyro_ns.gateway import Gateway
from pyro_server import Daemon, expose
from pyro_wire import Config

DEADLINE = 20.0


def described_error(answer: Answer) -> tuple[int, str, list[Any]]:
    value = json.loads(answer.data)
    assert value["__exception__"] is True
    return answer.status_code, value["__class__"], value["args"]


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
def test_a_body_that_is_no_form_is_refused(client: Client, thing: Any, content_type: str) -> None:
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


def test_a_oneway_call_has_an_empty_answer(client: Client, thing: Any) -> None:
    answer = client.get("/pyro/http.thing/hear")
    assert (answer.status_code, answer.data) == (200, b"")
    assert thing.heard.wait(DEADLINE)


def test_an_option_makes_a_call_oneway(client: Client, thing: Any) -> None:
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
def test_other_methods_are_refused(client: Client, method: str, thing: Any) -> None:
    assert client.open("/pyro/http.thing/hear_too", method=method).status == "405 Method Not Allowed"
    assert not thing.heard.is_set()


def test_options_are_answered_without_a_call(client: Client, thing: Any) -> None:
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
