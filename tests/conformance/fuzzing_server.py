"""The Autobahn suite's fuzzing server: `python -m tests.conformance.fuzzing_server PATTERN...`.

Prints its port, then, once a client has asked it to update its reports, a JSON line for each case that ran. A process
of its own because kosoku changes `binascii` and `sys.path` for the cases that it imports.
"""

from __future__ import annotations

import asyncio
import json
import sys

from kosoku import FailureError, run_fuzzingserver


async def serve(patterns: list[str]) -> None:
    """Serve the cases that match and print what came of them."""
    async with run_fuzzingserver(patterns, port=0) as server:
        print(server.port, flush=True)  # noqa: T201 (the pipe is the interface)
        try:
            results = await server.get_result()
        except FailureError as failure:
            results = failure.results
    for result in results:
        line = {
            "case": result.case_id,
            "behavior": result.behavior.value,
            "close": result.behavior_close.value,
            "duration_ms": result.duration,
            "result": result.result,
            "result_close": result.result_close,
        }
        print(json.dumps(line), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1:]))
