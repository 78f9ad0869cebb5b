"""A test bench that tells its client about every step, by calling an object of the client."""

from collections.abc import Sequence

from pyro_client import Proxy, errors
from pyro_server import Daemon, expose

LIMITS = {"supply voltage": 5.2, "idle current": 0.1, "self test": 1.0, "noise": 0.02}
READINGS = {"supply voltage": 5.0, "idle current": 0.3, "self test": 1.0, "noise": 0.01}


class TestBench:
    """Runs test steps."""

    @expose
    def run(self, steps: Sequence[str], observer: Proxy) -> int:
        """Run the steps and return how many have failed; ``observer.step_done`` is called after each."""
        failures = 0
        for step in steps:
            passed = READINGS[step] <= LIMITS[step]
            failures += not passed
            try:
                observer.step_done(step, passed)
            except errors.CommunicationError:
                print("the observer is gone; going on without it")
        observer._pyroRelease()
        return failures


def main() -> None:
    """Serve a test bench until Ctrl-C."""
    with Daemon() as daemon:
        uri = daemon.register(TestBench(), "bench")
        print(f"the test bench is at {uri} until Ctrl-C")
        daemon.requestLoop()


if __name__ == "__main__":
    main()
