"""The long parts of the suite, run while other tests run: `python -m tests.conformance.ahead PART...`.

They move gigabytes through compression, which takes a minute of two processors; most other tests leave one of them idle. This
takes only what they leave. Prints a JSON line for each part once it is done.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress

import msgspec

from tests.conformance.parts import run_part

_LEAST_PRIORITY = 19


async def main(parts: list[str]) -> None:
    """Run the parts in turn, until SIGTERM; what was started ends either way."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    for part in parts:
        outcome = await run_part(part)
        print(json.dumps(msgspec.to_builtins(outcome)), flush=True)  # noqa: T201 (the pipe is the interface)


if __name__ == "__main__":
    os.nice(_LEAST_PRIORITY)
    with suppress(asyncio.CancelledError):
        asyncio.run(main(sys.argv[1:]))
