"""The names under which programs use a daemon's ``transportServer``, beside those of ``base``."""

from __future__ import annotations

from pyro_server.servers.waker import Waker

__all__ = ["DocumentedNames"]


class DocumentedNames:
    """What each server has in addition for programs that know servers by their documented names."""

    location: str
    _waker: Waker

    @property
    def locationStr(self) -> str:
        """Where it listens; see ``Daemon.locationStr``."""
        return self.location

    def stop(self) -> None:
        """Have the loop return soon; each server does this in its own way."""
        raise NotImplementedError

    def shutdown(self) -> None:
        """End the request loop; the daemon is still to be closed."""
        self.stop()

    def wakeup(self) -> None:
        """Have the request loop look at its condition now."""
        self._waker.wake()
