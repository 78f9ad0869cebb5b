"""Exceptions, and what must not be reachable."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, describe, error_of


def _caught(call: Any, *arguments: Any) -> BaseException:
    try:
        call(*arguments)
    except Exception as error:
        return error
    raise AssertionError("no exception was raised")


def builtin_exception(client: Client) -> Any:
    with client.proxy() as service:
        error: Any = _caught(service.fail_with_attributes)
        return {**describe(error), "code": error.code, "details": error.details, "then": service.add(1, 2)}


def exception_of_the_system(client: Client) -> Any:
    with client.proxy() as service:
        error: Any = _caught(service.fail_as_the_system)
        return {**describe(error), "number": error.errno}


def remote_traceback(client: Client) -> Any:
    with client.proxy() as service:
        error: Any = _caught(service.divide, 1, 0)
        formatted = client.library.errors.get_pyro_traceback(type(error), error, error.__traceback__)
        return {"class": type(error).__name__, "lines": error._pyroTraceback, "formatted": "".join(formatted)}


def error_of_the_library(client: Client) -> Any:
    errors = client.library.errors
    with client.proxy() as service:
        error = _caught(service.fail_to_name, "x")
        return {**describe(error), "is one": isinstance(error, errors.NamingError), "then": service.add(1, 2)}


def unknown_exception(client: Client) -> Any:
    with client.proxy() as service:
        return {**error_of(service.fail_strangely), "then": service.add(1, 2)}


def exception_that_closes(client: Client) -> Any:
    with client.proxy() as service:
        return {**error_of(service.fail_to_communicate), "then": service.add(1, 2)}


def security_error(client: Client) -> Any:
    with client.proxy() as service:
        return error_of(service.fail_securely)


def unknown_object(client: Client) -> Any:
    prefix, _, location = client.uris["service"].partition("@")
    with client.proxy_for(f"{prefix}x@{location}") as nothing, client.proxy() as service:
        error = _caught(nothing._pyroBind)
        service._pyroBind()
        return {
            "connect": describe(error),
            "is one": isinstance(error, client.library.errors.CommunicationError),
            "call": error_of(service._pyroInvoke, "add", (1, 2), {}, objectId="nobody"),
            "then": service.add(1, 2),
        }


def unreachable_methods(client: Client, names: list[str]) -> Any:
    with client.proxy() as service:
        local = error_of(getattr, service, "hidden")
        remote = {name: error_of(service._pyroInvoke, name, (), {})["class"] for name in names}
        return {"local": local, "remote": remote, "then": service.add(1, 2)}


def handshake(client: Client, data: Any) -> Any:
    with _greeting_proxy(client) as service:
        if data is not None:
            service._pyroHandshake = data
        answer = service.add(1, 2)
        return [answer, service.__dict__["greeting"]]


def refused_handshake(client: Client, data: Any) -> Any:
    with client.proxy("guarded") as service:
        service._pyroHandshake = data
        error = _caught(lambda: service.add(1, 2))  # the look at the method is what connects
        return {**describe(error), "is one": isinstance(error, client.library.errors.CommunicationError)}


def handshake_refused_by_the_client(client: Client) -> Any:
    with _greeting_proxy(client) as service:
        service._pyroHandshake = "unwelcome"
        return error_of(lambda: service.add(1, 2))


def _greeting_proxy(client: Client) -> Any:
    class GreetingProxy(client.library.Proxy):  # type: ignore[misc, name-defined]  # the base comes in as an argument
        def _pyroValidateHandshake(self, response: Any) -> None:
            if response == {"welcome": "unwelcome"}:
                raise ValueError("this greeting is not for me")
            self.__dict__["greeting"] = response

    return client.proxy_for(client.uris["guarded"], GreetingProxy)
