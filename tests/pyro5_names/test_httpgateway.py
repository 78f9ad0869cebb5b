"""The HTTP gateway by its names in Pyro5: for programs that put ``pyro_app`` into a server of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from werkzeug.test import Client, create_environ

from pyro_ns import NameServerDaemon
from pyro_wire import config

Load = Callable[[str], ModuleType]


class StartResponse:
    """Takes what an application of WSGI says first."""

    def __call__(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status = status
        self.headers = dict(headers)


@pytest.fixture
def httpgateway(load: Load, nameserver: NameServerDaemon) -> Iterator[ModuleType]:
    """The module, with a name server to be found by the process-wide configuration, and itself in that."""
    config.NS_HOST, config.NS_PORT, config.BROADCAST_ADDRS = "127.0.0.1", nameserver.sock.getsockname()[1], []
    names: Any = nameserver.nameserver
    names.register("http.names", nameserver.uriFor("Pyro.NameServer"))
    module = load("Pyro5.utils.httpgateway")
    yield module
    module.pyro_app.close()


@pytest.fixture
def start() -> StartResponse:
    return StartResponse()


def test_the_application_has_the_documented_settings(httpgateway: ModuleType) -> None:
    app = httpgateway.pyro_app
    assert (app.ns_regex, app.cors, app.gateway_key, app.comm_timeout) == (r"http\.", "", None, 0.0)


def test_the_application_runs_in_a_server_of_the_program(httpgateway: ModuleType) -> None:
    assert Client(httpgateway.pyro_app).get("/pyro/http.names/count").json == 2


def test_the_settings_of_the_application_can_be_changed(httpgateway: ModuleType) -> None:
    httpgateway.pyro_app.gateway_key = b"open sesame"
    client = Client(httpgateway.pyro_app)
    assert client.get("/pyro/http.names/count").status_code == 403
    assert client.get("/pyro/http.names/count?$key=open+sesame").json == 2


@pytest.mark.parametrize("key", ["", b""])
def test_an_empty_key_of_the_application_lets_in_nobody(httpgateway: ModuleType, key: bytes | str) -> None:
    httpgateway.pyro_app.gateway_key = key
    assert Client(httpgateway.pyro_app).get("/pyro/http.names/count").status_code == 403


def test_the_application_is_called_by_the_names_that_the_program_gives_it(httpgateway: ModuleType) -> None:
    client = Client(httpgateway.pyro_app)
    assert client.get("/pyro/http.names/count", headers={"Host": "lab.example"}).status_code == 403
    httpgateway.pyro_app.hosts = ["lab.example"]
    assert client.get("/pyro/http.names/count", headers={"Host": "lab.example"}).json == 2


def test_the_configuration_of_the_process_stays_as_it_is(httpgateway: ModuleType) -> None:
    before = config.as_dict()
    httpgateway.pyro_app.comm_timeout = 7.0
    Client(httpgateway.pyro_app).get("/pyro/http.names/count")
    assert config.as_dict() == before


def test_the_name_server_is_that_of_the_application(httpgateway: ModuleType) -> None:
    assert httpgateway.get_nameserver().count() == 2
    assert httpgateway.get_nameserver() is httpgateway.pyro_app.nameserver()


def test_a_program_reads_the_request_itself(httpgateway: ModuleType, start: StartResponse) -> None:
    environ = create_environ("/anywhere")
    body = httpgateway.process_pyro_request(environ, "http.names/list", {"prefix": "http."}, start)
    assert start.status == "200 OK"
    assert list(json.loads(b"".join(body))) == ["http.names"]


def test_a_path_of_nothing_is_the_home_page(httpgateway: ModuleType, start: StartResponse) -> None:
    page = b"".join(httpgateway.process_pyro_request(create_environ("/"), "", {}, start))
    assert page.startswith(b"<!DOCTYPE html>")


def test_the_home_page(httpgateway: ModuleType, start: StartResponse) -> None:
    page = b"".join(httpgateway.return_homepage(create_environ("/"), start))
    assert start.status == "200 OK"
    assert page.startswith(b"<!DOCTYPE html>")
    assert len(page) > 1000
    assert b"http.names" in page


def test_a_redirection(httpgateway: ModuleType, start: StartResponse) -> None:
    assert b"".join(httpgateway.redirect(start, "/elsewhere/")) == b""
    assert (start.status, start.headers["Location"]) == ("302 Found", "/elsewhere/")


@pytest.mark.parametrize(
    ("name", "status"),
    [("not_found", "404 Not Found"), ("invalid_request", "405 Method Not Allowed"), ("option_request", "200 OK")],
)
def test_the_short_answers(httpgateway: ModuleType, start: StartResponse, name: str, status: str) -> None:
    body = b"".join(getattr(httpgateway, name)(start))
    assert start.status == status
    assert status.encode() in body.replace(b":", b"").removeprefix(b"Error ")


def test_the_headers_for_other_web_pages_are_added_to_a_list(httpgateway: ModuleType) -> None:
    header = [("Content-Type", "text/plain")]
    assert httpgateway.cors_response_header(header, "*") == [
        ("Content-Type", "text/plain"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET, POST, OPTIONS"),
        ("Access-Control-Allow-Headers", "Content-Type, X-Pyro-Correlation-Id, X-Pyro-Gateway-Key, X-Pyro-Options"),
        ("Access-Control-Expose-Headers", "X-Pyro-Correlation-Id"),
    ]


def test_no_headers_are_added_for_nobody(httpgateway: ModuleType) -> None:
    assert httpgateway.cors_response_header([], "") == []


def test_single_parameters_are_unwrapped(httpgateway: ModuleType) -> None:
    parameters: dict[str, Any] = {"a": ["1"], "b": ["1", "2"]}
    assert httpgateway.singlyfy_parameters(parameters) == {"a": "1", "b": ["1", "2"]}
