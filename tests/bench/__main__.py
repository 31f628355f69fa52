"""`python -m tests.bench` measures the installed program beside its peers and prints one Markdown table.

Words after it choose parts of it. The machine should have nothing else to do: how busy it was over
the last minute stands in the last column. Peers that are not installed are named on standard error.
"""

from __future__ import annotations

import compileall
import sys
import tempfile
from pathlib import Path

import wsinspect
from tests.bench import answer, connect, diagnosis, first_paint, ingest, memory, opening, search, startup, ui
from tests.bench.table import HEADING
from tests.peers.certificates import make_certificates

_PARTS = {
    "startup": startup.rows,
    "first-paint": first_paint.rows,
    "connect": connect.rows,
    "answer": answer.rows,
    "ingest": ingest.rows,
    "ui": ui.rows,
    "memory": memory.rows,
    "search": search.rows,
    "diagnosis": diagnosis.rows,
    "opening": opening.rows,
}


def main(wanted: list[str]) -> int:
    """Print the table, a row as soon as it is known."""
    unknown = [name for name in wanted if name not in _PARTS]
    if unknown:
        sys.stderr.write(f"nothing is called {unknown[0]!r}; there are {', '.join(_PARTS)}\n")
        return 2
    # As an installed package is: a checkout may not have been compiled yet.
    compileall.compile_dir(str(Path(wsinspect.__file__).parent), quiet=1)
    sys.stdout.write(f"{HEADING}\n")
    with tempfile.TemporaryDirectory() as folder:
        certificates = make_certificates(Path(folder))
        for name in wanted or _PARTS:
            for row in _PARTS[name](certificates, Path(folder)):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
