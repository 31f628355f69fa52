"""The project's own checks, in turn: `python -m tests` runs them all, and hands its arguments on to pytest."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

PROJECT_FOLDER = Path(__file__).parents[1]

# import-linter has no module that `python -m` runs, only the script beside this Python.
LINT_IMPORTS = str(Path(sysconfig.get_path("scripts")) / "lint-imports")

CHECKS = (
    ("ruff check", (sys.executable, "-m", "ruff", "check", ".")),
    ("ruff format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    ("mypy", (sys.executable, "-m", "mypy")),
    ("import-linter", (LINT_IMPORTS,)),
    ("pytest", (sys.executable, "-m", "pytest")),
)


def main(pytest_arguments: list[str]) -> int:
    """Run every check from the project's folder; the exit code of the first that fails, 0 if none does."""
    for name, command in CHECKS:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        arguments = pytest_arguments if name == "pytest" else ()
        finished = subprocess.run((*command, *arguments), cwd=PROJECT_FOLDER, check=False)
        if finished.returncode:
            sys.stdout.write(f"== {name} failed\n")
            return finished.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
