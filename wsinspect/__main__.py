"""`python -m wsinspect` is the console script."""

from __future__ import annotations

import gc

_COLLECT_AFTER = 50_000


def main() -> None:
    """Run the program and exit."""
    # Starting makes some 50,000 objects and no garbage: with Python's own threshold of 700, looking for some takes a
    # tenth of the time until the first line is printed.
    gc.set_threshold(_COLLECT_AFTER, 20, 20)
    from wsinspect.cli import main as run

    try:
        run()
    finally:
        # What is left dies with the process; nobody needs to go through it once more.
        gc.freeze()


if __name__ == "__main__":
    main()
