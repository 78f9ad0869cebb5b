"""Looks at samples as they come, and stops when it has seen enough."""

import argparse
from contextlib import closing

from pyro_client import Proxy


def main() -> None:
    """Take a burst, and then look for the first peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as scope:
        print("a burst:", list(scope.burst(4, rate=600)))
        # This one has no end: nothing is computed before it is asked for, and `closing` tells the server to stop.
        with closing(scope.samples(rate=1000)) as samples:
            for number, sample in enumerate(samples):
                print(f"sample {number}: {sample}")
                if sample == 1.0:
                    print("that is the peak")
                    break


if __name__ == "__main__":
    main()
