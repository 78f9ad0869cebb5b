"""A client program for either library: `python -m interop_kit.client ours|released`.

Each line of its standard input is a request as json: a step with its arguments, a serializer, addresses. Each line
of its output is the answer: what the step saw, or the traceback of the error that it did not expect.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from interop_kit import steps
from interop_kit.caller import DEADLINE, Client
from interop_kit.door import hand_over_an_end
from interop_kit.library import Library, load
from interop_kit.tls import with_client_tls


def perform(library: Library, request: Mapping[str, Any]) -> dict[str, Any]:
    """Perform the step of a request in a thread of its own, so that it begins with an empty call context."""
    answer = {"error": f"no end within {2 * DEADLINE} seconds"}

    def work() -> None:
        try:
            with _connected_socket(request["uris"], request["items"]) as sock:
                client = Client(library, request["uris"], request["serializer"], request["items"], sock)
                result = steps.find(request["step"])(client, **request["arguments"])
            # Through json here too, so that both libraries are seen through the same glasses.
            answer["result"] = json.loads(json.dumps(result))
            del answer["error"]
        except Exception:  # a step is code that may fail in any way, and the test is to hear of it
            answer["error"] = traceback.format_exc()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(2 * DEADLINE)
    return dict(answer)


def _connected_socket(
    uris: Mapping[str, str], items: Mapping[str, Any]
) -> contextlib.AbstractContextManager[socket.socket | None]:
    """The client's end of a new socket pair, if the server has a door for the other end."""
    return with_client_tls(hand_over_an_end(uris["door"]), items) if "door" in uris else contextlib.nullcontext()


def main() -> None:
    """Answer requests until the standard input closes."""
    library = load(sys.argv[1])
    for line in sys.stdin:
        print(json.dumps(perform(library, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
