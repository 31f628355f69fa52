"""A longer run: `python -m tests.fuzz [--seconds N] [PROPERTY...]`, then what was tried, and each fault with its data."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
import warnings

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.fuzz.machines import MACHINES
from tests.fuzz.properties import PROPERTIES

ROUND_EXAMPLES = 500


def endure(name: str, seconds: float, first_seed: int) -> tuple[int, bool]:
    """Try one property for that long; return how many cases were tried, and whether it held in all of them."""
    holds, strategies = PROPERTIES[name]
    tried = 0

    def counted(arguments: tuple[object, ...]) -> None:
        nonlocal tried
        tried += 1
        holds(*arguments)

    ends = time.monotonic() + seconds
    round_number = first_seed
    while time.monotonic() < ends:
        run = settings(
            max_examples=ROUND_EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
        )(seed(round_number)(given(st.tuples(*strategies))(counted)))
        round_number += 1
        try:
            run()
        except Exception:  # noqa: BLE001 (whatever it is, it is the result)
            traceback.print_exc(file=sys.stdout)
            return tried, False
    return tried, True


def endure_machine(name: str, seconds: float) -> tuple[int, bool]:
    """Run one state machine for that long; return how many sessions were begun, and whether all of them held."""
    machine = MACHINES[name]
    before = machine.tried
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        run = settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink),
            print_blob=False,
        )
        try:
            run_state_machine_as_test(machine, settings=run)
        except Exception:  # noqa: BLE001 (whatever it is, it is the result)
            traceback.print_exc(file=sys.stdout)
            return machine.tried - before, False
    return machine.tried - before, True


def main(arguments: list[str]) -> int:
    """Try the properties in turn; the exit code is the number of those that did not hold."""
    known = [*PROPERTIES, *MACHINES]
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="for all of them together (default 600)")
    parser.add_argument(
        "--seed", type=int, default=int(time.time()), help="of the first round; printed at the start"
    )
    parser.add_argument("properties", nargs="*", metavar="PROPERTY", help=", ".join(known))
    asked = parser.parse_args(arguments)
    unknown = set(asked.properties) - set(known)
    if unknown:
        parser.error(f"no property {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    names = asked.properties or known
    sys.stdout.write(f"seed {asked.seed}\n")
    warnings.simplefilter("error")
    broken = 0
    for name in names:
        began = time.monotonic()
        share_s = asked.seconds / len(names)
        tried, held = endure_machine(name, share_s) if name in MACHINES else endure(name, share_s, asked.seed)
        broken += not held
        state = "held" if held else "BROKEN"
        sys.stdout.write(f"{name:16} {state} in {tried} cases, {time.monotonic() - began:.0f} s\n")
        sys.stdout.flush()
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
