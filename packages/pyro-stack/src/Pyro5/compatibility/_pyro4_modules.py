"""The modules of Pyro4: what is provided of each, and a refusal for those that are not there."""

from __future__ import annotations

import ipaddress
from types import ModuleType
from typing import Any

import Pyro5
from Pyro5 import errors
from pyro_client import socketutil
from pyro_wire import DAEMON_NAME, NAMESERVER_NAME, PROTOCOL_VERSION, SerializerBase

__all__ = ["MODULES"]


def _get_ip_version(address: str) -> int:
    """Return 4 or 6 for an IP address. Raises ``ValueError`` for anything else, such as the name of a host."""
    return ipaddress.ip_address(address).version


def _get_ip_address(hostname: str, workaround127: bool = False, ipVersion: int | None = None) -> str:
    """Return the address of a host as text."""
    return str(socketutil.get_ip_address(hostname, workaround127, ipVersion))


def _get_interface_address(ip_address: str) -> str:
    """Return the address, as text, of this machine's interface that leads to another one."""
    return str(socketutil.get_interface(ip_address).ip)


_PROVIDED: dict[str, dict[str, Any]] = {
    "constants": {
        "DAEMON_NAME": DAEMON_NAME,
        "NAMESERVER_NAME": NAMESERVER_NAME,
        "PROTOCOL_VERSION": PROTOCOL_VERSION,
        "VERSION": Pyro5.__version__,
    },
    "socketutil": {
        "createBroadcastSocket": socketutil.create_bc_socket,
        "createSocket": socketutil.create_socket,
        "getInterfaceAddress": _get_interface_address,
        "getIpAddress": _get_ip_address,
        "getIpVersion": _get_ip_version,
        "receiveData": socketutil.receive_data,
        "sendData": socketutil.send_data,
    },
    "util": {
        "SerializerBase": SerializerBase,
        "excepthook": errors.excepthook,
        "formatTraceback": errors.format_traceback,
        "getPyroTraceback": errors.get_pyro_traceback,
    },
}

_ABSENT = {
    "core": "use what the package Pyro4 itself has, such as Pyro4.Daemon and Pyro4.Proxy",
    "message": "it is another protocol; see Pyro5.protocol",
    "naming": "use Pyro4.locateNS and Pyro4.resolve, and Pyro5.nameserver for the server",
}


class _Absent(ModuleType):
    """A module that can be imported and has nothing in it: programs often import more than they use."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(
            f"there is no {self.__name__}.{name} here: {_ABSENT[self.__name__.partition('.')[2]]}"
        )


def _module(name: str, contents: dict[str, Any]) -> ModuleType:
    module = ModuleType(f"Pyro4.{name}", f"What is provided of the module {name} of Pyro4.")
    vars(module).update(contents)
    return module


MODULES: dict[str, ModuleType] = {
    "errors": errors,
    **{name: _module(name, contents) for name, contents in _PROVIDED.items()},
    **{name: _Absent(f"Pyro4.{name}", "Not provided.") for name in _ABSENT},
}
"""By their names in the package Pyro4."""
