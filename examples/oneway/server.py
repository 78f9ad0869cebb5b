"""A camera whose shutter is released without waiting for the picture."""

import threading
import time

from pyro_server import Daemon, behavior, expose, oneway


@behavior(instance_mode="single")
class Camera:
    """Takes its time for a picture."""

    def __init__(self) -> None:
        self._taken: list[str] = []
        self._changed = threading.Condition()

    @expose
    @oneway
    def shoot(self, title: str, seconds: float) -> None:
        """Take a picture, exposed for some seconds. The caller hears nothing: no result, and no error either."""
        if seconds <= 0:
            raise ValueError(f"{title} cannot be exposed for {seconds} s")
        time.sleep(seconds)
        with self._changed:
            self._taken.append(title)
            self._changed.notify_all()

    @expose
    def pictures(self, number: int) -> list[str]:
        """Wait until there are so many pictures, and return their titles."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._taken) >= number)
            return sorted(self._taken)


def main() -> None:
    """Serve a camera until Ctrl-C, and show the errors that no caller hears of."""
    with Daemon() as daemon:
        daemon.methodcall_error_handler = lambda *details: print(f"nobody hears of this: {details[-1]}")
        uri = daemon.register(Camera, "camera")
        print(f"the camera is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
