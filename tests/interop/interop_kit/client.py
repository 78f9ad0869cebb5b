"""A client program for either library: `python -m interop_kit.client ours|released`.

Each line of its standard input is a request as json: a step with its arguments, a serializer, addresses. Each line
of its output is the answer: what the step saw, or the traceback of the error that it did not expect.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from interop_kit import steps
from interop_kit.caller import DEADLINE, Client
from interop_kit.library import Library, load


def perform(library: Library, request: Mapping[str, Any]) -> dict[str, Any]:
    """Perform the step of a request in a thread of its own, so that it begins with an empty call context."""
    answer = {"error": f"no end within {2 * DEADLINE} seconds"}

    def work() -> None:
        client = Client(library, request["uris"], request["serializer"], request["items"])
        try:
            # Through json here too, so that both libraries are seen through the same glasses.
            answer["result"] = json.loads(json.dumps(steps.find(request["step"])(client, **request["arguments"])))
            del answer["error"]
        except Exception:  # a step is code that may fail in any way, and the test is to hear of it
            answer["error"] = traceback.format_exc()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(2 * DEADLINE)
    return dict(answer)


def main() -> None:
    """Answer requests until the standard input closes."""
    library = load(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(perform(library, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
