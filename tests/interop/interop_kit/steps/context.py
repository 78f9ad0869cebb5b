"""Annotations, correlation ids, metadata, the daemon object."""

from __future__ import annotations

import uuid
from typing import Any

from interop_kit.caller import Client, error_of, recalled


def _text(annotations: Any) -> dict[str, str]:
    return {key: bytes(value).decode() for key, value in annotations.items()}


def annotations_of_a_request(client: Client, annotations: dict[str, str]) -> Any:
    context = client.library.current_context
    with client.proxy() as service:
        service._pyroBind()  # our servers take only small annotations from a stranger
        context.annotations = {key: text.encode() for key, text in annotations.items()}
        return service.annotations_seen()


def annotations_of_a_oneway_call(client: Client, annotations: dict[str, str], token: str) -> Any:
    context = client.library.current_context
    with client.proxy() as service:
        service._pyroBind()
        context.annotations = {key: text.encode() for key, text in annotations.items()}
        service.remember_annotations(token)
        context.annotations = {}
        return recalled(service, token)


def annotations_of_the_handshake(client: Client, annotations: dict[str, str], token: str) -> Any:
    context = client.library.current_context
    with client.proxy("guarded") as guarded:
        guarded._pyroHandshake = {"token": token}
        context.annotations = {key: text.encode() for key, text in annotations.items()}
        guarded._pyroBind()
        back = _text(context.response_annotations)
        context.annotations = {}
        return [recalled(guarded, f"{token}-annotations"), back]


def about_the_call(client: Client) -> Any:
    with client.proxy() as service:
        service._pyroBind()
        number, serializer_id, address = service.about_the_call()
        own = list(service._pyroConnection.sock.getsockname())[:2]
        return [number == service._pyroSeq, serializer_id, address == own]


def annotations_of_a_reply(client: Client, text: str) -> Any:
    context = client.library.current_context
    with client.proxy() as service:
        answer = service.answer_annotated("RPLY", text)
        seen = _text(context.response_annotations)
        service.add(1, 2)
        return [answer, seen, _text(context.response_annotations)]


def annotations_of_the_daemon(client: Client) -> Any:
    context = client.library.current_context
    with client.proxy("guarded") as service:
        service.answer_annotated("RPLY", "text")
        seen = [_text(context.response_annotations)]
        error_of(service.divide, 1, 0)
        return [*seen, _text(context.response_annotations)]


def correlation_id(client: Client) -> Any:
    context = client.library.current_context
    with client.proxy() as service:
        context.correlation_id = uuid.UUID(int=12345)
        seen = [service.correlation_id(), service.correlation_id_elsewhere(client.uris["guarded"])]
        context.correlation_id = None
        made = uuid.UUID(service.correlation_id())
        return {"seen": seen, "sent": str(uuid.UUID(int=12345)), "version of one that was made": made.version}


def metadata(client: Client) -> Any:
    with client.proxy() as service:
        before = [len(names) for names in (service._pyroMethods, service._pyroAttrs, service._pyroOneway)]
        bound = [service._pyroBind(), service._pyroBind()]
        return {
            "before": before,
            "bound": bound,
            "methods": sorted(service._pyroMethods),
            "attributes": sorted(service._pyroAttrs),
            "oneway": sorted(service._pyroOneway),
        }


def metadata_again(client: Client) -> Any:
    with client.proxy() as service:
        service._pyroBind()
        methods = set(service._pyroMethods)
        service._pyroMethods = set()
        service._pyroGetMetadata()
        return service._pyroMethods == methods


def daemon_object(client: Client) -> Any:
    with client.proxy("daemon") as daemon:
        return {
            "ping": daemon.ping(),
            "registered": sorted(daemon.registered()),
            "information": daemon.info(),
            "methods": sorted(daemon._pyroMethods),
            "metadata": {kind: sorted(names) for kind, names in daemon.get_metadata("created").items()},
            "metadata of nothing": error_of(daemon.get_metadata, "nobody"),
        }
