"""Iterators as results, and payloads that are passed on unread."""

from __future__ import annotations

from typing import Any

from interop_kit.caller import Client, describe, error_of, recalled


def whole_stream(client: Client) -> Any:
    with client.proxy() as service:
        stream = service.count_to(3)
        return {
            "items": list(stream),
            "after the end": [next(stream, "nothing"), next(stream, "nothing")],
            "empty": list(service.count_to(0)),
            "then": service.add(1, 2),
        }


def two_streams(client: Client) -> Any:
    with client.proxy() as service:
        return list(zip(service.count_to(3), service.count_to(3), strict=True))


def stream_of_an_attribute(client: Client) -> Any:
    with client.proxy() as service:
        return list(service.letters)


def stream_with_an_exception(client: Client) -> Any:
    with client.proxy() as service:
        stream = service.count_and_fail(2)
        seen = [next(stream), next(stream)]
        try:
            next(stream)
        except ValueError as error:
            return {"seen": seen, "error": describe(error), "then": service.add(1, 2)}
    return seen


def stream_closed_early(client: Client, token: str) -> Any:
    with client.proxy() as service:
        stream = service.count_and_remember_the_end(token)
        seen = [next(stream), next(stream)]
        stream.close()
        return [seen, recalled(service, token), next(stream, "nothing")]


def stream_closed_after_other_calls(client: Client, token: str) -> Any:
    with client.proxy() as service:
        stream = service.count_and_remember_the_end(token)
        seen = [next(stream), service.add(1, 2), next(stream), service.add(3, 4)]
        stream.close()
        return [seen, recalled(service, token)]


def stream_over_a_lost_connection(client: Client) -> Any:
    with client.proxy() as service:
        stream = service.count_to(3)
        seen = [next(stream)]
        service._pyroRelease()
        error = error_of(next, stream)["class"]
        service._pyroBind()
        return [seen, error, list(stream)]


def stream_of_which_an_item_cannot_travel(client: Client) -> Any:
    with client.proxy() as service:
        stream = service.unserializable_stream()
        return [error_of(next, stream)["class"], next(stream)]


def stream_that_nobody_holds(client: Client, token: str) -> Any:
    with client.proxy() as service:
        stream = service.count_and_remember_the_end(token)
        seen = next(stream)
        del stream
        return [seen, recalled(service, token)]


def stream_whose_time_is_over(client: Client, token: str) -> Any:
    with client.proxy() as service, client.proxy("guarded") as other:
        stream = service.count_and_remember_the_end(token)
        seen = next(stream)
        return [seen, recalled(other, token), error_of(next, stream)]


def stream_whose_client_has_left(client: Client, token: str) -> Any:
    with client.proxy() as service, client.proxy("guarded") as other:
        stream = service.count_and_remember_the_end(token)
        seen = next(stream)
        service._pyroRelease()
        ended = recalled(other, token)
        service._pyroBind()
        return [seen, ended, error_of(next, stream)]


def no_stream(client: Client) -> Any:
    with client.proxy() as service:
        return service.some_list()


def refused_stream(client: Client) -> Any:
    with client.proxy() as service:
        return error_of(service.count_to, 3)["class"]


def open_blob(client: Client) -> Any:
    with client.proxy() as service:
        blob = client.library.SerializedBlob({"about": "this"}, ["a", {"b": 2}])
        return service.open_blob(blob)


def info_of_blob(client: Client) -> Any:
    with client.proxy() as service:
        return service.blob_info(client.library.SerializedBlob({"about": ["this", 1]}, ["unread"]))


def forward_blob(client: Client) -> Any:
    with client.proxy() as service:
        info = {"to": client.uris["guarded"], "serializer": client.serializer}
        info_seen, data = service.forward_blob(client.library.SerializedBlob(info, ["a", {"b": 2}]))
        return [info_seen == info, data]


def blob_among_other_arguments(client: Client) -> Any:
    with client.proxy() as service:
        blob = client.library.SerializedBlob("info", ["a"])
        return [error_of(service.arguments, blob, 2)["class"], service.add(1, 2)]
