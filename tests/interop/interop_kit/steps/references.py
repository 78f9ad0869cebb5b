"""Addresses and proxies as values."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client


def uri_as_result(client: Client) -> Any:
    with client.proxy() as service:
        uri = service.own_uri()
        return [isinstance(uri, client.library.URI), str(uri) == client.uris["service"]]


def uri_as_argument(client: Client, text: str) -> Any:
    with client.proxy() as service:
        uri = service.echo(client.library.URI(text))
        return [isinstance(uri, client.library.URI), str(uri), [uri.protocol, uri.object, uri.host, uri.port]]


def object_as_proxy(client: Client) -> Any:
    with client.proxy() as service, service.make_child("a child") as child:
        methods = sorted(child._pyroMethods)
        return [isinstance(child, client.library.Proxy), methods, child.greet()]


def objects_in_a_list(client: Client) -> Any:
    with client.proxy() as service:
        greetings = []
        for child in service.make_children("one", "two"):
            with child:
                greetings.append(child.greet())
        return greetings


def objects_in_a_dictionary(client: Client) -> Any:
    with client.proxy() as service:
        found = [item["first"] for item in service.family("one", "two")["children"]]
        return [child.greet() for child in found if isinstance(child, client.library.Proxy)]


def proxy_as_argument(client: Client) -> Any:
    with client.proxy() as service, client.proxy("guarded") as other:
        return service.ask(other, 1, 2)


def proxy_there_and_back(client: Client) -> Any:
    with client.proxy() as service, client.proxy("guarded") as other, service.echo(other) as returned:
        return [isinstance(returned, client.library.Proxy), returned == other, returned.add(1, 2)]
