"""What `nox -s dist` runs: the built releases, and environments in which they are installed far from any sources.

The first argument is the name of the check. Nothing but the standard library is imported at the top, because each check
has an environment of its own.
"""

import importlib
import importlib.util
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_string
from email.message import Message
from pathlib import Path
from typing import Any

DEADLINE = 60.0
"""Seconds for a command, and for a server to end."""

PACKAGES = 6
COMMANDS = tuple(
    f"{prefix}-{name}"
    for prefix in ("pyro", "pyro5")
    for name in ("ns", "nsc", "echoserver", "check-config", "httpgateway")
)


class Greeter:
    """The object that is called."""

    def greet(self, name: str) -> str:
        """Say hello."""
        return f"hello, {name}"


def check_releases(folder: str) -> None:
    """What is to be published asks for its siblings by version, not by a folder of this machine."""
    releases = [_read_sdist(path) for path in Path(folder).glob("*.tar.gz")]
    releases += [_read_wheel(path) for path in Path(folder).glob("*.whl")]
    assert len(releases) == 2 * PACKAGES, f"an sdist and a wheel of each package are not in {folder}"
    for metadata in releases:
        requirements = metadata.get_all("Requires-Dist", [])
        assert not any("@" in requirement for requirement in requirements), f"{metadata['Name']}: {requirements}"
        siblings = [requirement for requirement in requirements if requirement.startswith("pyro-")]
        assert all("<" in sibling and ">=" in sibling for sibling in siblings), f"{metadata['Name']}: {siblings}"


def check_call() -> None:
    """An object is found by name and called, with the new imports and with those of Pyro5; the commands answer."""
    call_with(_installed("pyro_client"), _installed("pyro_server"), _installed("pyro_ns"))
    pyro5 = _installed("Pyro5.api")
    call_with(pyro5, pyro5, pyro5)
    for command in COMMANDS:
        program = shutil.which(command, path=str(Path(sys.executable).parent))
        assert program, f"the command {command} is not installed"
        subprocess.run([program, "--help"], check=True, timeout=DEADLINE, stdout=subprocess.DEVNULL)


def check_client() -> None:
    """The client came without a server."""
    _installed("pyro_client")
    for name in ("pyro_server", "pyro_ns", "Pyro5"):
        assert importlib.util.find_spec(name) is None, f"{name} came with the client"


def call_with(client: Any, server: Any, nameserver: Any) -> None:
    """Run a name server, a daemon and a proxy of these modules."""
    ns_uri, ns_daemon, _ = nameserver.start_ns(host="localhost", port=0, enableBroadcast=False)
    with ns_daemon, server.Daemon() as daemon, serving(ns_daemon), serving(daemon):
        uri = daemon.register(server.expose(Greeter))
        with client.Proxy(ns_uri) as names:
            names.register("dist.greeter", uri)
        with client.Proxy(f"PYRONAME:dist.greeter@{ns_uri.location}") as greeter:
            assert greeter.greet("world") == "hello, world"


@contextmanager
def serving(daemon: Any) -> Iterator[None]:
    """Let a daemon answer from a thread of its own."""
    thread = threading.Thread(target=daemon.requestLoop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        daemon.shutdown()
        thread.join(DEADLINE)
    assert not thread.is_alive(), f"the daemon did not end in {DEADLINE} seconds"


def _installed(name: str) -> Any:
    module = importlib.import_module(name)
    assert module.__file__
    assert Path(module.__file__).is_relative_to(sys.prefix), f"{name} is not installed here, but in {module.__file__}"
    return module


def _read_sdist(path: Path) -> Message:
    with tarfile.open(path) as archive:
        file = archive.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert file
        return message_from_string(file.read().decode())


def _read_wheel(path: Path) -> Message:
    with zipfile.ZipFile(path) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


if __name__ == "__main__":
    checks: dict[str, Callable[..., None]] = {
        "releases": check_releases,
        "call": check_call,
        "client": check_client,
    }
    checks[sys.argv[1]](*sys.argv[2:])
