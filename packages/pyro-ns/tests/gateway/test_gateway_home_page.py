"""The home page of the HTTP gateway, which asks all the objects that it lists."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from werkzeug.test import Client

from pyro_ns.gateway import Gateway, singlyfy_parameters
from pyro_ns.gateway.survey import survey
from pyro_wire import Config
from pyro_wire.message import HEADER_SIZE, MSG_CONNECTOK, encode

DEADLINE = 20.0


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
