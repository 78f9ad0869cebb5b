"""Draws a spiral, line by line and then all lines in one message."""

import argparse
import math
from typing import Any

from pyro_client import BatchProxy, Proxy

SPIRAL = [(150 + turn * math.cos(turn), 105 + turn * math.sin(turn)) for turn in range(100)]


def main() -> None:
    """Draw the same thing in three ways, and one that does not fit on the paper."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri", help="the address that the server printed")
    options = parser.parse_args()
    with Proxy(options.uri) as plotter:
        for x, y in SPIRAL:
            plotter.line_to(x, y)
        print("call by call:", plotter.new_sheet())

        batch: Any = BatchProxy(plotter)
        for x, y in SPIRAL:
            batch.line_to(x, y)  # only noted down
        results = list(batch())  # and now sent
        print(f"in a batch: {plotter.new_sheet()}; the last result was {results[-1]}")

        for x in (100, 200, 300, 200):
            batch.line_to(x, 50)
        try:
            for number in batch():
                print(f"line {number} is drawn")
        except ValueError as error:
            print("the batch ends here:", error)
        print("with an error:", plotter.new_sheet())

        for x, y in SPIRAL:
            batch.line_to(x, y)
        batch(oneway=True)  # nobody waits for it, and nobody hears of an error
        print("sent without waiting")


if __name__ == "__main__":
    main()
