"""Every documented public name of Pyro5 is where programs import it from, and of the kind that they expect."""

from __future__ import annotations

import importlib
import inspect
import socket
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import pyro_client
import pyro_server

Load = Callable[[str], ModuleType]

CLASS: Callable[[Any], bool] = inspect.isclass
CALL: Callable[[Any], bool] = callable
TEXT: Callable[[Any], bool] = lambda value: isinstance(value, str)  # noqa: E731 - one line of a table
NUMBER: Callable[[Any], bool] = lambda value: isinstance(value, int)  # noqa: E731 - the same
TABLE: Callable[[Any], bool] = lambda value: isinstance(value, dict)  # noqa: E731 - the same
THING: Callable[[Any], bool] = lambda value: value is not None  # noqa: E731 - the same

MAP: dict[str, dict[Callable[[Any], bool], str]] = {
    "Pyro5": {TEXT: "__version__ __author__", THING: "config"},
    "Pyro5.api": {
        TEXT: "__version__",
        THING: "config current_context",
        CLASS: "URI Proxy BatchProxy SerializedBlob SerializerBase Daemon DaemonObject",
        CALL: "locate_ns resolve type_meta callback expose behavior oneway start_ns start_ns_loop serve "
        "register_dict_to_class register_class_to_dict unregister_dict_to_class unregister_class_to_dict",
    },
    "Pyro5.core": {
        CLASS: "URI _ExceptionWrapper",
        TEXT: "DAEMON_NAME NAMESERVER_NAME",
        CALL: "resolve locate_ns type_meta",
    },
    "Pyro5.client": {CLASS: "Proxy BatchProxy SerializedBlob _RemoteMethod _StreamResultIterator _BatchedRemoteMethod"},
    "Pyro5.server": {
        CLASS: "Daemon DaemonObject",
        CALL: "callback expose behavior oneway serve is_private_attribute _get_attribute _get_exposed_members "
        "_reset_exposed_members _get_exposed_property_value _set_exposed_property_value _pyro_obj_to_auto_proxy "
        "_default_methodcall_error_handler",
    },
    "Pyro5.nameserver": {
        CLASS: "NameServer NameServerDaemon MemoryStorage SqlStorage AutoCleaner BroadcastServer",
        CALL: "start_ns start_ns_loop lookup yplookup main",
    },
    "Pyro5.nsc": {CALL: "handle_command main"},
    "Pyro5.errors": {
        CLASS: "PyroError NamingError DaemonError SecurityError CommunicationError ConnectionClosedError TimeoutError "
        "ProtocolError MessageTooLargeError SerializeError",
        CALL: "get_pyro_traceback format_traceback excepthook",
    },
    "Pyro5.callcontext": {THING: "current_context", CLASS: "_CallContext"},
    "Pyro5.serializers": {
        CLASS: "SerializerBase SerpentSerializer MarshalSerializer JsonSerializer MsgpackSerializer",
        TABLE: "serializers serializers_by_id all_exceptions",
        CALL: "pyro_class_serpent_serializer serialize_pyro_object_to_dict",
    },
    "Pyro5.protocol": {
        CLASS: "SendingMessage ReceivingMessage",
        CALL: "recv_stub log_wiredata",
        NUMBER: "PROTOCOL_VERSION MSG_CONNECT MSG_CONNECTOK MSG_CONNECTFAIL MSG_INVOKE MSG_RESULT MSG_PING "
        "FLAGS_EXCEPTION FLAGS_COMPRESSED FLAGS_ONEWAY FLAGS_BATCH FLAGS_ITEMSTREAMRESULT FLAGS_KEEPSERIALIZED "
        "FLAGS_CORR_ID _header_size",
    },
    "Pyro5.socketutil": {
        CALL: "get_ip_address get_interface create_socket create_bc_socket receive_data send_data set_reuseaddr "
        "set_nodelay set_keepalive set_noinherit find_probably_unused_port bind_unused_port interrupt_socket "
        "family_str get_ssl_context",
        CLASS: "SocketConnection",
        THING: "USE_MSG_WAITALL ERRNO_RETRIES ERRNO_BADF ERRNO_ENOTSOCK ERRNO_EADDRNOTAVAIL ERRNO_EADDRINUSE",
    },
    "Pyro5.configure": {CLASS: "Configuration", THING: "global_config", CALL: "dump"},
    "Pyro5.svr_threads": {
        CLASS: "SocketServer_Threadpool ClientConnectionJob Housekeeper Pool Worker PoolError NoFreeWorkersError"
    },
    "Pyro5.svr_multiplex": {CLASS: "SocketServer_Multiplex"},
    "Pyro5.svr_existingconn": {CLASS: "SocketServer_ExistingConnection"},
    "Pyro5.utils.echoserver": {CLASS: "EchoServer NameServer", CALL: "start_nameserver main"},
    "Pyro5.utils.httpgateway": {
        CALL: "pyro_app main get_nameserver singlyfy_parameters process_pyro_request return_homepage redirect "
        "not_found invalid_request option_request cors_response_header",
    },
    "Pyro5.compatibility.Pyro4": {THING: "config", CALL: "Proxy Daemon"},
}

ENTRIES = [
    (module, name, kind) for module, kinds in MAP.items() for kind, names in kinds.items() for name in names.split()
]

DOCUMENTED_API = (
    "config URI locate_ns resolve type_meta current_context Proxy BatchProxy SerializedBlob SerializerBase Daemon "
    "DaemonObject callback expose behavior oneway start_ns start_ns_loop serve register_dict_to_class "
    "register_class_to_dict unregister_dict_to_class unregister_class_to_dict"
)


@pytest.mark.parametrize(("module", "name", "kind"), ENTRIES, ids=[f"{entry[0]}.{entry[1]}" for entry in ENTRIES])
def test_a_documented_name_is_there_and_of_its_kind(
    load: Load, module: str, name: str, kind: Callable[[Any], bool]
) -> None:
    assert kind(getattr(load(module), name))


@pytest.mark.parametrize("module", MAP)
def test_all_is_sorted_and_has_the_public_names_of_the_map(load: Load, module: str) -> None:
    contents = load(module).__all__
    assert list(contents) == sorted(contents)
    public = {name for entry, name, _ in ENTRIES if entry == module and not name.startswith("_")}
    assert public <= set(contents)


def test_a_star_import_of_the_api_gives_what_the_manual_lists(load: Load) -> None:
    assert set(DOCUMENTED_API.split()) == set(load("Pyro5.api").__all__)


@pytest.mark.parametrize("name", sorted(name.partition(".")[2].partition(".")[0] for name in MAP if "." in name))
def test_a_module_comes_by_itself_when_it_is_used(load: Load, name: str) -> None:
    package = load("Pyro5")
    assert getattr(package, name) is importlib.import_module(f"Pyro5.{name}")


def test_the_classes_are_those_of_the_packages(load: Load) -> None:
    api = load("Pyro5.api")
    assert (api.Proxy, api.Daemon) == (pyro_client.Proxy, pyro_server.Daemon)


DAEMON_ATTRIBUTES = (
    "locationStr natLocationStr objectsById sock sockets transportServer streaming_responses housekeeper_lock "
    "create_single_instance_lock methodcall_error_handler"
)
CONNECTION_ATTRIBUTES = (
    "sock objectId pyroInstances tracked_resources keep_open send recv close fileno family timeout settimeout "
    "gettimeout getpeercert __enter__ __exit__"
)
PROXY_ATTRIBUTES = (
    "_pyroUri _pyroConnection _pyroOneway _pyroMethods _pyroAttrs _pyroSeq _pyroTimeout _pyroMaxRetries "
    "_pyroSerializer _pyroHandshake _pyroRawWireResponse _pyroLocalSocket _pyroBind _pyroRelease _pyroReconnect "
    "_pyroValidateHandshake _pyroGetMetadata _pyroClaimOwnership _pyroInvoke _pyroInvokeBatch"
)


@pytest.mark.parametrize("name", DAEMON_ATTRIBUTES.split())
def test_a_daemon_has_the_documented_attribute(load: Load, name: str) -> None:
    with load("Pyro5.server").Daemon() as daemon:
        assert hasattr(daemon, name)


@pytest.mark.parametrize("name", CONNECTION_ATTRIBUTES.split())
def test_a_connection_has_the_documented_attribute(load: Load, name: str) -> None:
    here, there = socket.socketpair()
    with there, load("Pyro5.socketutil").SocketConnection(here) as connection:
        assert hasattr(connection, name)


@pytest.mark.parametrize("name", PROXY_ATTRIBUTES.split())
def test_a_proxy_has_the_documented_attribute_without_a_connection(load: Load, name: str) -> None:
    proxy = load("Pyro5.client").Proxy("PYRO:thing@localhost:1")
    assert hasattr(proxy, name)
    assert proxy._pyroConnection is None
