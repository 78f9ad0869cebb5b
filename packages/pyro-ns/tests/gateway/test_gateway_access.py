"""Who may call what over HTTP."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client, create_environ, run_wsgi_app

from pyro_ns.gateway import Gateway

DEADLINE = 20.0


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
def test_without_the_right_key_nothing_is_called(client: Client, gateway: Gateway, thing: Any, shown: str) -> None:
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
    thing: Any,
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
def test_a_gateway_without_a_key_is_not_called_by_other_names(client: Client, thing: Any, host: str) -> None:
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
def test_a_browser_makes_no_calls_for_other_web_pages(client: Client, thing: Any, headers: dict[str, str]) -> None:
    assert client.post("/pyro/http.thing/hear_too", headers=headers).status_code == 403
    assert not thing.heard.is_set()


@pytest.mark.parametrize("headers", OTHER_PAGES)
def test_a_browser_makes_calls_for_other_web_pages_that_are_let_in(
    client: Client, gateway: Gateway, headers: dict[str, str]
) -> None:
    gateway.cors = "*"
    assert client.post("/pyro/http.thing/hear_too", headers=headers).json == "heard"


def test_only_the_web_page_that_is_named_is_let_in(client: Client, gateway: Gateway, thing: Any) -> None:
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
